"""Faces at doors, the hub's side: questions, tracks, challenges, words, and what is told."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import pytest
from sqlalchemy import select

from devices.messages import ClockQuality, Event, Outcome
from hub.acts.events import Heard
from hub.acts.faces import FaceDoor, set_door
from hub.core.cameras import CameraSettings
from hub.core.effects import SendFace, SendIndicate
from hub.core.errors import DomainError
from hub.face_doors import FaceDoors
from hub.faces.camera import Gone, Ready, Seen
from hub.faces.doorway import LOOK_S, TRIES_MOST
from hub.faces.geometry import Box, Points
from hub.faces.process import CameraEnded
from hub.store import tables as t
from tests.faces.desk import Faces, lived_in
from tests.unit.hub_bench import HubBench

CAMERA = CameraSettings("d-1", "pushed", tailgating=True)
BOX = Box(0, 0, 99, 99)


class Process:
    """A face process that only writes down what it is asked."""

    def __init__(self) -> None:
        self.cameras: dict[str, Any] = {}
        self.looked_again: list[tuple[str, int]] = []
        self.pushed: list[tuple[str, bytes]] = []
        self.looked_for: list[str] = []

    def push(self, camera: str, content: bytes, at_s: float) -> str | None:
        assert at_s > 0
        if camera not in self.cameras:
            return "not_found"
        self.pushed.append((camera, content))
        return None

    def add(self, camera: str, source: Any) -> bool:
        self.cameras[camera] = source
        return True

    def forget(self, camera: str) -> None:
        del self.cameras[camera]

    def again(self, camera: str, track: int) -> None:
        self.looked_again.append((camera, track))

    def look(self, camera: str, for_s: float) -> None:
        assert for_s > 0
        self.looked_for.append(camera)

    async def scene(self, camera: str) -> bytes:
        return b"\xff\xd8\xff" + camera.encode()


class Gate:
    """A door with a camera: the person 0 lives here, and everybody is enrolled."""

    def __init__(
        self, bench: HubBench, faces: Faces, more: dict[str, CameraSettings] | None = None, *,
        coin: bool = True,
    ) -> None:  # fmt: skip
        self.bench, self.faces = bench, faces
        self.process: Any = cast("Any", Process())
        hub = bench.hub
        hub.recognising.process = self.process
        self.doors = FaceDoors(
            hub.engines, hub.writer, hub.memory, hub.recognising, {"cam": CAMERA} | (more or {}),
            lambda: bench.now.timestamp(),  # noqa: PLW0108 - the bench's time moves
            coin=lambda: coin,
        )  # fmt: skip
        self.said: list[SendFace] = []
        self.shown: list[Any] = []
        self.doors.speak = self.shown.extend
        speak = hub.writer.speak

        def listen(effects: Any) -> None:
            told = list(effects)
            self.said += [one for one in told if isinstance(one, SendFace)]
            speak(told)

        hub.writer.speak = listen
        self.doors.settle()

    def told(self, kind: str, **changes: Any) -> None:
        event = Event(
            "b", 1, self.bench.now.timestamp(), ClockQuality.SIGNED, kind, door=1, **changes
        )
        self.doors.told(Heard("gate", event, "d-1", None))

    def ask(self, people: str = "r-0", ask: str = "q-1") -> None:
        self.told("face_asked", content={"ask": ask, "people": people})

    def ready(self, person: int, track: int = 1) -> None:
        self.doors.heard("cam", Ready(track, self.faces.probe(person), 0.1))

    def stranger(self, track: int = 1) -> None:
        self.doors.heard("cam", Ready(track, self.faces.stranger(), 0.1))

    def turn(self, *offsets: float, track: int = 1) -> None:
        """Looks at a head: the nose so far from between the eyes."""
        for offset in offsets:
            for _ in range(2):
                self.bench.pass_s(0.2)
                points = Points((0.0, 0.0), (10.0, 0.0), (5.0 + 10 * offset, 6.0))
                self.doors.heard("cam", Seen(track, BOX, 1, None, points))

    async def words(self) -> list[tuple[str, str | None, str | None]]:
        """(question, person, reason) of the words so far."""
        while self.doors._tasks:
            await asyncio.gather(*list(self.doors._tasks))
        return [(one.ask, one.shown.person if one.shown else None, one.reason) for one in self.said]

    def rows(self, table: Any) -> list[Any]:
        with self.bench.hub.engines.read.connect() as connection:
            return list(connection.execute(select(table)).all())

    async def later(self, seconds: float) -> None:
        self.bench.pass_s(seconds)
        for held in self.doors._doors.values():
            self.doors._step(held)


@asynccontextmanager
async def gate(
    folder: Path, *, mode: str = "claim", turn: bool = False, people: int = 60, coin: bool = True,
    more: dict[str, CameraSettings] | None = None,
) -> AsyncIterator[Gate]:  # fmt: skip
    """A site that knows its residents, and a door that takes faces."""
    faces = Faces()
    async with lived_in(folder, faces, people) as bench:
        wish = FaceDoor("d-1", mode, "entrance", "hands full", turn=turn, by="staff:test")
        await bench.hub.writer.submit(set_door, wish)
        await bench.hub.recognising.audit()
        yield Gate(bench, faces, more, coin=coin)


AHEAD, LEFT, RIGHT = 0.0, -0.35, 0.35
TURNS = (AHEAD, -0.2, LEFT, -0.15, AHEAD, 0.2, RIGHT)  # the coin says left first


async def test_the_face_of_a_claim_is_told_once_and_logged(tmp_path: Path) -> None:
    async with gate(tmp_path) as at:
        at.ask()
        at.ready(0)
        at.ready(0, track=2)
        assert await at.words() == [("q-1", "r-0", None)]
        (match,) = at.rows(t.face_matches)
        assert (match.way, match.person_id, match.reason, match.door_id) == (
            "claim", "r-0", None, "d-1"
        )  # fmt: skip


async def test_who_stood_there_before_the_card_is_seen(tmp_path: Path) -> None:
    async with gate(tmp_path) as at:
        at.ready(0)
        assert await at.words() == []
        assert at.rows(t.face_matches) == []  # nobody is compared before a claim
        at.ask()
        assert await at.words() == [("q-1", "r-0", None)]


async def test_who_stood_there_long_before_the_card_is_looked_at_anew(tmp_path: Path) -> None:
    """Somebody may have stepped into their place: an old look is nobody's."""
    async with gate(tmp_path) as at:
        at.ready(0)
        for _ in range(3):
            at.bench.pass_s(1)
            at.doors.heard("cam", Seen(1, BOX, 0, None, None))
        at.ask()
        assert await at.words() == []
        assert at.process.looked_again == [("cam", 1)]
        at.ready(5)
        assert await at.words() == [("q-1", None, "face_not_matched")]


async def test_somebody_else_is_nobody_of_the_claim(tmp_path: Path) -> None:
    async with gate(tmp_path) as at:
        at.ask("r-1 r-2")
        at.ready(0)
        assert await at.words() == [("q-1", None, "face_not_matched")]
        (match,) = at.rows(t.face_matches)
        assert (match.person_id, match.reason) == (None, "face_not_matched")


async def test_another_person_in_the_picture_does_not_spoil_a_claim(tmp_path: Path) -> None:
    async with gate(tmp_path) as at:
        at.ask()
        at.doors.heard("cam", Seen(2, BOX, 1, None, None))
        at.ready(5, track=1)
        assert await at.words() == []
        at.ready(0, track=2)
        assert await at.words() == [("q-1", "r-0", None)]


async def test_nobody_comes(tmp_path: Path) -> None:
    async with gate(tmp_path) as at:
        at.ask()
        await at.later(LOOK_S - 1)
        assert await at.words() == []
        at.doors.heard("cam", Seen(1, BOX, 0, "face_dark", None))
        await at.later(1)
        assert await at.words() == [("q-1", None, "face_dark")]
        at.ready(0)
        assert len(await at.words()) == 1
        assert at.rows(t.face_matches) == []  # nobody was compared


async def test_a_withdrawal_a_second_ago_is_no_word(tmp_path: Path) -> None:
    async with gate(tmp_path) as at:
        at.ready(0)
        await at.bench.hub.recognising.withdraw("r-0", "staff:test")
        at.ask()
        assert await at.words() == [("q-1", None, "face_not_enrolled")]


async def test_the_store_has_the_last_word_on_consent(tmp_path: Path) -> None:
    async with gate(tmp_path) as at:
        at.ask()
        verify = at.bench.hub.recognising.verify(["r-0"], at.faces.probe(0))
        await at.bench.hub.recognising.withdraw("r-0", "staff:test")
        lagging: Any = at.bench.hub.recognising
        lagging.verify = lambda *_: verify  # a memory that lags behind
        at.ready(0)
        assert await at.words() == [("q-1", None, "face_no_consent")]
        (match,) = at.rows(t.face_matches)
        assert match.person_id is None


async def test_a_challenge_and_a_second_look_come_before_the_word(tmp_path: Path) -> None:
    async with gate(tmp_path, turn=True) as at:
        at.ask()
        at.ready(0)
        assert at.doors.asked_to_turn("d-1") is None  # ahead first
        at.turn(AHEAD)
        assert at.doors.asked_to_turn("d-1") == "left"
        at.turn(*TURNS[1:])
        assert await at.words() == []
        assert at.process.looked_again == [("cam", 1)]
        at.ready(0)
        assert await at.words() == [("q-1", "r-0", None)]


async def test_a_picture_first_and_ones_own_head_then(tmp_path: Path) -> None:
    async with gate(tmp_path, turn=True) as at:
        at.ask()
        at.ready(0)
        at.turn(*TURNS)
        at.ready(7)
        assert await at.words() == [("q-1", None, "face_not_matched")]


@pytest.mark.parametrize("coin", [True, False])
async def test_the_doors_screen_is_told_each_step_once_and_from_the_persons_side(
    tmp_path: Path, coin: bool
) -> None:
    async with gate(tmp_path, turn=True, coin=coin) as at:
        at.ask()
        at.ready(0)
        at.turn(*(offset if coin else -offset for offset in TURNS))
        await at.later(0.1)
        first, second = ("right", "left") if coin else ("left", "right")  # no mirror
        steps = ("ahead", first, "ahead", second, "ahead")
        assert at.shown == [SendIndicate("gate", "q-1", f"face_ask_{step}", 1) for step in steps]
        at.ready(0)
        assert await at.words() == [("q-1", "r-0", None)]
        await at.later(1)
        assert len(at.shown) == len(steps)
        at.ask(ask="q-2")
        at.ready(0)
        assert at.shown[len(steps) :] == [SendIndicate("gate", "q-2", "face_ask_ahead", 1)]


async def test_no_screen_is_told_where_nobody_is_challenged(tmp_path: Path) -> None:
    async with gate(tmp_path) as at:
        at.ask()
        at.ready(0)
        at.turn(*TURNS)
        assert at.shown == []


async def test_a_face_alone_is_told_without_a_question(tmp_path: Path) -> None:
    async with gate(tmp_path, mode="alone", people=110) as at:
        at.ready(0)
        assert at.shown == [SendIndicate("gate", "", "face_ask_ahead", 1)]


@pytest.mark.parametrize(
    ("looks", "why"),
    [((AHEAD, 0.2, RIGHT), "face_turn_other"), ((AHEAD, 0.18, -0.18), None)],
)
async def test_a_print_does_not_turn(
    tmp_path: Path, looks: tuple[float, ...], why: str | None
) -> None:
    async with gate(tmp_path, turn=True) as at:
        at.ask()
        at.ready(0)
        at.turn(*looks)
        if why is None:
            assert await at.words() == []
            await at.later(LOOK_S)
        assert (await at.words())[0] == ("q-1", None, why or "face_none")


async def test_alone_is_always_challenged_and_names_nobody_else(tmp_path: Path) -> None:
    async with gate(tmp_path, mode="alone", people=110) as at:
        audit = at.bench.hub.recognising.search("d-1", at.faces.probe(0))
        assert audit.person == "r-0", audit
        at.ready(0)
        assert await at.words() == []
        at.turn(*TURNS)
        at.ready(0)
        (word,) = await at.words()
        assert word == ("", "r-0", None)
        at.stranger(track=2)
        assert len(await at.words()) == 1
        assert [one.person_id for one in at.rows(t.face_matches)] == ["r-0", None]


async def test_alone_opens_nothing_where_the_audit_does_not_allow_it(tmp_path: Path) -> None:
    async with gate(tmp_path, mode="alone", people=10) as at:
        at.ready(0)
        at.turn(*TURNS)
        at.ready(0)
        assert await at.words() == []
        (match, *_) = at.rows(t.face_matches)
        assert match.reason == "face_audit_few"


async def test_a_door_without_faces_is_answered_at_once(tmp_path: Path) -> None:
    async with gate(tmp_path) as at:
        off = FaceDoor("d-1", None, "entrance", "-", turn=False, by="staff:test")
        await at.bench.hub.writer.submit(set_door, off)
        at.doors.settle()
        assert at.process.cameras == {}
        at.ask()
        assert await at.words() == [("q-1", None, "face_off")]


async def test_starting_faces_are_away_and_old_questions_nobodys(tmp_path: Path) -> None:
    async with gate(tmp_path) as at:
        at.bench.hub.recognising.portraits = None
        at.ask()
        assert await at.words() == [("q-1", None, "face_away")]
        at.told("face_asked", content={"ask": "q-2", "people": "r-0"}, late=True)
        at.told("face_asked", content={"ask": "q" * 99, "people": "r-0"})
        assert len(await at.words()) == 1


async def test_a_crowd_is_no_claim(tmp_path: Path) -> None:
    async with gate(tmp_path) as at:
        at.ask("r-0 r-1 r-2 r-3 r-4")
        at.ready(0)
        assert await at.words() == [("q-1", None, "face_away")]


async def test_nobody_stays_in_memory(tmp_path: Path) -> None:
    async with gate(tmp_path) as at:
        passers = at.doors._doors["d-1"].way.passers
        at.stranger()
        at.stranger(track=2)
        at.doors.heard("cam", Gone(1, True, None))
        assert set(passers) == {("cam", 2)}
        for _ in range(40):  # somebody who never goes
            at.bench.pass_s(1.0)
            at.doors.heard("cam", Seen(3, BOX, 1, None, None))
        assert {key for key, one in passers.items() if one.probe} == set()
        at.stranger(track=4)
        at.doors.heard("cam", CameraEnded("camera_silent"))
        assert passers == {}


async def test_again_and_again_is_told_to_people(tmp_path: Path) -> None:
    async with gate(tmp_path) as at:
        for number in range(TRIES_MOST):
            assert at.rows(t.alerts) == []
            at.ask(ask=f"q-{number}")
            at.stranger(track=number)
            at.doors.heard("cam", Gone(number, True, None))
            await at.words()
        (alert,) = at.rows(t.alerts)
        assert (alert.kind, alert.subject) == ("face_tried", "door:d-1")


@pytest.mark.parametrize(("people", "alerts"), [(1, 0), (2, 1)])
async def test_more_people_than_grants(tmp_path: Path, people: int, alerts: int) -> None:
    async with gate(tmp_path) as at:
        at.told("access", outcome=Outcome.GRANTED)
        for track in range(people):
            at.doors.heard("cam", Seen(track, BOX, 0, None, None))
        await at.later(10)
        await at.words()
        assert [one.kind for one in at.rows(t.alerts)] == ["tailgate"] * alerts


async def test_two_grants_are_two_people(tmp_path: Path) -> None:
    async with gate(tmp_path) as at:
        for _ in range(2):
            at.told("access", outcome=Outcome.GRANTED)
        for track in range(2):
            at.doors.heard("cam", Seen(track, BOX, 0, None, None))
        await at.later(10)
        await at.words()
        assert at.rows(t.alerts) == []


async def test_the_watch_list_sees_every_passer_when_it_is_on(tmp_path: Path) -> None:
    async with gate(tmp_path) as at:
        seen: list[tuple[str, str, bytes]] = []

        async def watch(door: str, track: str, probe: Any, scene: bytes) -> str | None:
            del probe
            seen.append((door, track, scene))
            raise DomainError("picture_unfit")

        on = False
        at.doors._watch, at.doors._watches = watch, lambda: on
        at.stranger()
        await at.words()
        assert seen == []
        on = True
        at.stranger(track=2)
        await at.words()
        assert seen == [("d-1", f"{at.doors.boot}-cam-2", b"\xff\xd8\xffcam")]
