"""The story of the town's page when its facts do not come, and its last step."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from simulators.panel import cast, story


class FakeScene:
    """A scene in which a card does what the test says."""

    def __init__(self, outcomes: list[str]) -> None:
        self.cuts: list[bool] = []
        self.mended = 0
        self.outcomes = outcomes
        self.hands = self
        self.doors = self
        self.parts = self
        self.held = asyncio.Event()
        self.journal = SimpleNamespace(last=0, known=[])
        self.staff = self
        self.receipts: list[list[float | None]] = []  # of each look; the last one stays
        self.blocked: list[str] = []

    def mend(self) -> None:
        self.mended += 1

    async def doors_ready(self, within_s: float) -> bool:
        return True

    async def cards(self, query: str) -> list[dict[str, Any]]:
        after: list[float | None] = []
        if self.blocked:
            after = self.receipts.pop(0) if len(self.receipts) > 1 else self.receipts[0]
        doors = [{"gone_after_s": after_s} for after_s in after]
        revocation = {"told": True, "doors": doors} if self.blocked else None
        other = {"id": "c-0", "person": "somebody else", "blocked_at": None}
        return [other, {"id": "c-1", "person": cast.LOST_CARD, "blocked_at": None,
                        "revocation": revocation}]  # fmt: skip

    def phone(self, person: str) -> FakeScene:
        return self

    async def send(self, method: str, path: str, body: dict[str, Any] | None) -> Any:
        self.blocked.append(path)
        return SimpleNamespace(status=200, body={})

    def cut(self, is_cut: bool) -> None:
        self.cuts.append(is_cut)

    async def shut(self, door: str, within_s: float) -> bool:
        return True

    async def tap(self, card: str, reader: str) -> dict[str, Any]:
        self.held.set()
        outcome = self.outcomes.pop(0)
        if outcome == "never":
            await asyncio.Event().wait()
        return {"outcome": outcome, "reason": "granted", "ms": 3.5}


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LOOK_S", "WALK_S", "SETTLE_S"):
        monkeypatch.setattr(story, name, 0.0)


def a_story(scene: FakeScene) -> tuple[story.Story, list[dict[str, Any]]]:
    told: list[dict[str, Any]] = []
    return story.Story(scene, told.append), told  # type: ignore[arg-type]


async def settled(playing: story.Story) -> None:
    assert playing._task is not None
    await playing._task


async def test_a_door_that_does_not_open_fails_the_step_and_joins_the_network(
    quick: None, caplog: pytest.LogCaptureFixture
) -> None:
    scene = FakeScene(["refused"] * story.TAPS_MAX)
    playing, told = a_story(scene)
    await playing.play(2)
    await settled(playing)
    assert (told[-1]["state"], told[-1]["beat"]) == ("failed", "tap_cut")
    assert scene.cuts == [False, True, False]
    assert "step 2" in caplog.text


async def test_a_badly_read_card_is_held_again(quick: None) -> None:
    scene = FakeScene(["refused", "opened"])
    playing, told = a_story(scene)
    await playing.play(1)
    await settled(playing)
    assert told[-1] == {"step": 1, "beat": "opened", "state": "done", "facts": {"ms": 3.5}}


async def test_a_door_that_still_knows_the_lost_card_fails_the_step(
    quick: None, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(story, "GONE_WAIT_S", 0.3)
    monkeypatch.setattr(story, "GONE_LOOK_S", 0.01)
    scene = FakeScene(["refused"])
    scene.receipts = [[None, None], [0.1, None]]
    playing, told = a_story(scene)
    await playing.play(5)
    await settled(playing)
    assert (told[-1]["state"], told[-1]["beat"]) == ("failed", "gone")
    assert told[-1]["facts"] == {"gone": 1, "doors": 2, "seconds": 0.1}
    assert "still knows" in caplog.text


async def test_a_lost_card_is_gone_with_its_last_receipt(
    quick: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(story, "GONE_LOOK_S", 0.0)
    scene = FakeScene(["refused"])
    scene.receipts = [[0.1, None], [0.1, 0.25]]
    playing, told = a_story(scene)
    await playing.play(5)
    await settled(playing)
    assert (told[-1]["state"], told[-1]["beat"]) == ("done", "kept_out")
    assert told[-1]["facts"] == {"gone": 2, "doors": 2, "seconds": 0.25}
    assert scene.blocked == ["/api/v1/me/cards/c-1/block"]


async def test_a_found_card_that_opens_fails_the_step(
    quick: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = FakeScene(["opened"])
    scene.receipts = [[0.1]]
    playing, told = a_story(scene)
    await playing.play(5)
    await settled(playing)
    assert (told[-1]["state"], told[-1]["beat"]) == ("failed", "found")


async def test_a_new_step_ends_the_one_before(quick: None) -> None:
    scene = FakeScene(["never", "opened"])
    playing, told = a_story(scene)
    await playing.play(1)
    await scene.held.wait()
    await playing.play(1)
    await settled(playing)
    assert told[-1]["state"] == "done"
    assert scene.outcomes == []


async def test_stopping_forgets_the_step(quick: None) -> None:
    scene = FakeScene(["never"])
    playing, told = a_story(scene)
    await playing.play(1)
    await scene.held.wait()
    assert await playing.stop() == story.IDLE
    assert told[-1] == story.IDLE
    assert scene.cuts[-1] is False
