"""A device that lost its hub says so by another path: once, and once when it is back."""

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices import wire
from devices.lifeline import LOST_S, TRIES_MAX, Lifeline, Outage, Tell, keep_lifeline, read_path
from devices.messages import Life, StateNote
from devices.mistake import Mistake
from devices.outlets import NotTaken, WebOutlet
from devices.setup import Wires
from drivers.webhook import Words
from simulators.receivers.web import Receivers
from tests.unit.door_bench import HUB, SITE, Bench, Bus


class Line:
    """A bench's device with a lifeline in our hand."""

    def __init__(self, folder: Path) -> None:
        self.device = Bench(folder).device
        self.said: list[Words] = []
        self.fault: NotTaken | None = None
        self.now_s = 0.0
        body = {"alert": {"kind": "webhook", "url": "https://x.invalid", "name": "南门"}}
        path = read_path(Wires(body, folder / "device.toml"), folder, "gate")
        assert path is not None
        self.path = path
        self.lifeline = Lifeline(self.device, path, self.deliver)

    async def deliver(self, outlet: WebOutlet, words: Words) -> None:
        if self.fault is not None:
            raise self.fault
        self.said.append(words)

    def hub(self, life: Life) -> None:
        topic = wire.Topics(SITE, HUB).of(wire.STATE)
        self.device.on_message(topic, wire.encode_state(StateNote(life, "b", "c", 1.0)))

    async def wait(self, seconds: float) -> None:
        end_s = self.now_s + seconds
        while self.now_s < end_s:
            self.now_s += 5
            await self.lifeline.look(self.now_s)

    def again(self) -> None:
        """The device restarts: only its disk remembers."""
        self.lifeline = Lifeline(self.device, self.path, self.deliver)


async def test_an_outage_is_told_once_and_its_end_once(tmp_path: Path) -> None:
    line = Line(tmp_path)
    line.device.connected(Bus())
    line.hub(Life.READY)
    await line.wait(1_000)
    assert line.said == []
    line.hub(Life.LOST)
    await line.wait(LOST_S - 10)
    assert line.said == []
    await line.wait(3_600)
    assert [words.title for words in line.said] == ["【邻里】南门 联系不上服务器"]
    assert "5 分钟" in line.said[0].text
    line.hub(Life.READY)
    await line.wait(3_600)
    assert [words.title for words in line.said][1:] == ["【邻里】南门 和服务器又连上了"]
    line.device.disconnected()
    await line.wait(3_600)
    assert len(line.said) == 3
    assert len({words.key for words in line.said[:2]}) == 2


async def test_a_restart_in_the_middle_tells_nothing_twice(tmp_path: Path) -> None:
    line = Line(tmp_path)
    await line.wait(400)
    line.again()
    await line.wait(2_000)
    assert len(line.said) == 1
    line.device.connected(Bus())
    line.hub(Life.READY)
    line.again()
    await line.wait(100)
    assert len(line.said) == 2
    line.again()
    await line.wait(100)
    assert len(line.said) == 2
    line.device.disconnected()


async def test_a_path_that_is_shut_is_tried_with_patience_and_not_for_ever(tmp_path: Path) -> None:
    line = Line(tmp_path)
    tries = 0

    async def shut(outlet: WebOutlet, words: Words) -> None:
        nonlocal tries
        tries += 1
        raise NotTaken("timeout", again=True)

    line.lifeline = Lifeline(line.device, line.path, shut)
    await line.wait(86_400)
    assert tries == TRIES_MAX
    line.lifeline = Lifeline(line.device, line.path, line.deliver)
    line.fault = NotTaken("code 310000", again=False)
    await line.wait(86_400)
    line.fault = None
    await line.wait(86_400)
    assert line.said == []  # refused for good; the next outage is another


@given(st.lists(st.tuples(st.booleans(), st.floats(0, 400)), max_size=50))
def test_lost_and_back_take_turns(day: list[tuple[bool, float]]) -> None:
    outage, now_s, told = Outage(""), 0.0, []
    for here, seconds in day:
        now_s += seconds
        tell = outage.look(here, now_s)
        if tell is not None:
            told.append(tell)
            outage.told = "x" if tell is Tell.LOST else ""
    expected = [Tell.LOST, Tell.BACK] * len(told)
    assert told == expected[: len(told)]


@pytest.mark.parametrize(
    ("section", "told"),
    [
        ({"kind": "pigeon", "url": "https://x.invalid"}, "kind in"),
        ({"url": "x.invalid"}, "url begins"),
        ({}, "url = "),
        ({"url": "secret:absent"}, "secret is missing"),
        ({"url": "https://x.invalid", "language": "fr"}, "language in"),
        ("text", "is a section"),
    ],
)
def test_a_wrong_path_is_told_at_the_start(tmp_path: Path, section: Any, told: str) -> None:
    with pytest.raises(Mistake, match=told):
        read_path(Wires({"alert": section}, tmp_path / "device.toml"), tmp_path, "gate")
    assert read_path(Wires({}, tmp_path / "device.toml"), tmp_path, "gate") is None


async def test_the_words_arrive_at_a_robot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import time  # noqa: PLC0415 (beside its one use)

    receivers = Receivers(time.time)
    real = httpx.AsyncClient
    transport = httpx.ASGITransport(receivers.application())
    monkeypatch.setattr(httpx, "AsyncClient", lambda **_more: real(transport=transport))
    monkeypatch.setattr("devices.lifeline.LOST_S", 0.0)
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    for name, text in (("url", "http://r.invalid/robot/send?access_token=simulated"),
                       ("sign", "SEC-simulated")):  # fmt: skip
        (secrets / name).write_text(text)
        (secrets / name).chmod(0o600)
    body = {"alert": {"kind": "dingtalk", "url": "secret:url", "secret": "secret:sign"}}
    device = Bench(tmp_path).device
    arrived = asyncio.Event()
    receivers.on_taken = lambda _taken: arrived.set()
    work = asyncio.ensure_future(
        keep_lifeline(device, Wires(body, tmp_path / "device.toml"), tmp_path)
    )
    async with asyncio.timeout(20):
        await arrived.wait()
    work.cancel()
    await asyncio.gather(work, return_exceptions=True)
    assert "gate" in receivers.taken[0].text
