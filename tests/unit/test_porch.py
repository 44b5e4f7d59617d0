"""A scanner before a door and its call buttons: what is shown, what is told, and how often."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from devices import passes
from devices.access import Visit
from devices.jws import Signer
from devices.messages import Outcome
from devices.porch import REFUSED_MAX, SAME_S, Porch
from tests.unit.door_bench import NOW_S, SITE, Bench

VISIT = passes.Pass(
    "v-0011223344556677",
    (passes.PassDoor("gate", 1), passes.PassDoor("stair", 2)),
    int(NOW_S),
    int(NOW_S) + 7200,
    "p1",
)
HERE = Visit(VISIT.id, (1,), VISIT.from_s, VISIT.to_s, "p1")


class Scanner:
    """People hold codes before it."""

    def __init__(self) -> None:
        self.shown: asyncio.Queue[str] = asyncio.Queue(maxsize=16)

    async def texts(self) -> AsyncIterator[str]:
        while True:
            yield await self.shown.get()

    async def close(self) -> None:
        return None


class Scene:
    """A controller with a porch before door 1 and somebody who notes what is let through."""

    def __init__(self, folder: Path) -> None:
        self.bench = Bench(folder, call_inputs=(1, 2))
        self.let: list[tuple[int, Visit]] = []
        self.scanner = Scanner()
        self.porch = Porch(
            self.bench.device, {1: self.scanner}, lambda *said: self.let.append(said)
        )

    def text(self, signer: Signer | None = None, site: str = SITE) -> str:
        return passes.sign(VISIT, site, signer or self.bench.hub.signer("pass"))


@asynccontextmanager
async def before_the_door(tmp_path: Path) -> AsyncIterator[Scene]:
    made = Scene(tmp_path)
    await made.bench.ready()
    yield made
    await made.bench.close()


async def test_a_pass_of_this_site_goes_on_to_the_controller(tmp_path: Path) -> None:
    async with before_the_door(tmp_path) as scene:
        serving = asyncio.ensure_future(scene.porch.run())
        scene.scanner.shown.put_nowait(scene.text())
        await scene.bench.turns()
        assert scene.let == [(1, HERE)]
        assert scene.bench.events() == []
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)


async def test_what_is_no_pass_or_a_forged_one_is_refused_and_told(tmp_path: Path) -> None:
    async with before_the_door(tmp_path) as scene:
        scene.porch.on_text(1, "https://weixin.qq.com/r/abc")
        scene.porch.on_text(1, scene.text(site="liuxi-2"))
        scene.porch.on_text(1, scene.text(Signer("pass-1", scene.bench.hub.keys["command"])))
        assert scene.let == []
        told = [
            (event.door, event.outcome, event.reason, event.via) for event in scene.bench.events()
        ]
        assert told == [
            (1, Outcome.REFUSED, "pass_form", "pass"),
            (1, Outcome.REFUSED, "pass_forged", "pass"),
            (1, Outcome.REFUSED, "pass_forged", "pass"),
        ]


async def test_a_code_held_before_the_scanner_is_one_showing(tmp_path: Path) -> None:
    async with before_the_door(tmp_path) as scene:
        for _ in range(20):
            scene.porch.on_text(1, scene.text())
        assert len(scene.let) == 1
        scene.porch._last[1] = (scene.text(), asyncio.get_running_loop().time() - SAME_S)
        scene.porch.on_text(1, scene.text())
        assert len(scene.let) == 2


async def test_a_thousand_forgeries_do_not_fill_the_log(tmp_path: Path) -> None:
    async with before_the_door(tmp_path) as scene:
        for number in range(1_000):
            scene.porch.on_text(1, f"X{number}")
        assert len(scene.bench.events()) == REFUSED_MAX
        assert scene.bench.device.counters["pass_form"] == 1_000


async def test_a_call_button_is_told_once_for_each_press(tmp_path: Path) -> None:
    async with before_the_door(tmp_path) as scene:
        bench = scene.bench
        hardware = bench.door.hardware[1]
        for inputs in (
            (False, True, False),  # held while the controller started: no press
            (False, False, False),
            (False, False, True),
            (False, False, True),
            (False, False, False),
            (False, True, False),
        ):
            bench.door.inputs.on_inputs(hardware, inputs)
        told = [(event.kind, event.door, dict(event.content)) for event in bench.events()]
        assert told == [("call", 1, {"button": 2}), ("call", 1, {"button": 1})]
        assert bench.strike.pulses == []
