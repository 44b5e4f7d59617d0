"""`PROTOCOL+sim://NAME`: every device without hardware, in the program that asks for it."""

import asyncio
import contextlib
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from devices.pairing import pair
from devices.wiring import secrets_of
from drivers import simulated
from drivers.catalogue import CatalogueError
from drivers.identify import identify
from drivers.kinds import Secrets
from drivers.watch import watch
from simulators.ends import played
from tests.drivers.kinds import METER_645, PROTOCOLS, SETTINGS, secrets
from tests.drivers.waiting import until

LIVELY = {  # what is heard of each without a hand
    "cjt188": "reading",
    "dlt645": "reading",
    "escpos": "printer",
    "modbus-relay": "input",
    "osdp": "card",
    "pn532": "card",
    "qr": "code",
    "rdm6300": "card",
    "wiegand": "card",
}


@pytest.fixture(autouse=True)
def _own_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(played, "place", lambda: tmp_path)


@asynccontextmanager
async def stage() -> AsyncIterator[None]:
    try:
        yield
    finally:
        played.ended()


def url_of(protocol: str) -> str:
    return f"{protocol}+sim://gate?{SETTINGS[protocol]}"


@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_every_device_is_there_and_does_something(
    protocol: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told: list[dict[str, Any]] = []
    keys: Secrets = secrets
    async with stage():
        if protocol == "osdp":  # as from its box: nobody speaks with it before it is paired
            (tmp_path / "door").mkdir()
            assert "vendor" in await pair(tmp_path / "door", url_of("osdp"), bytes, again=False)
            keys = secrets_of(tmp_path / "door")
        assert await identify(url_of(protocol), keys)
        watching = asyncio.ensure_future(
            watch(url_of(protocol), keys, lambda one: told.append(dict(one)))
        )
        try:
            wanted = LIVELY.get(protocol, "online")
            await until(lambda: any(one["event"] == wanted for one in told))
        finally:
            watching.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await watching
    assert capsys.readouterr().out == ""  # which is the program's own


async def test_meters_of_a_name_hang_on_one_line_and_others_on_another() -> None:
    async with stage():
        power, water = played.play("dlt645", "gate"), played.play("cjt188", "gate")
        assert power == water != played.play("dlt645", "cellar")
        assert played.play("pn532", "gate") not in (power, None)


async def test_what_nobody_plays_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    assert played.play("abacus", "gate") is None
    monkeypatch.setattr(simulated, "GROUP", "linli.nobody")
    with pytest.raises(CatalogueError, match="nothing here plays qr; write serial://"):
        await identify("qr+sim://gate", secrets)


async def test_the_verb_needs_no_hardware() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "devices.cli", "device", "identify",
        f"dlt645+sim://cellar?meter={METER_645}", stdout=PIPE, stderr=PIPE,
    )  # fmt: skip
    out, said = await process.communicate()
    assert (process.returncode, said) == (0, b"")
    assert f"meter {METER_645}: energy" in out.decode()
