"""Races of withdrawal: with an audit, another audit, a start; what is told of who left."""

import asyncio
import threading
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from hub.core.errors import DomainError
from hub.core.evidence import PICTURE_BYTES_MAX
from hub.store import tables as t
from tests.faces.desk import Faces, asked, enrol_all, face_desk, judge_here, move_in
from tests.faces.test_watching import LISTED, SCENE, in_force, kept, measured, wish
from tests.unit.hub_bench import HubBench

WEBP = b"RIFF\x00\x00\x00\x00WEBPVP8 of 119"
LARGE = LISTED.replace(b" ", bytes(PICTURE_BYTES_MAX) + b" ")


def documents(bench: HubBench) -> list[Any]:
    with bench.hub.engines.read.connect() as connection:
        return list(connection.execute(select(t.face_audits.c.document)).scalars())


def open_consents(bench: HubBench) -> set[str]:
    person = t.face_consents.c.open_person
    with bench.hub.engines.read.connect() as connection:
        return set(connection.execute(select(person).where(person.is_not(None))).scalars())


async def test_an_older_audit_never_stands_after_a_newer_one(tmp_path: Path) -> None:
    """The operator asks for an audit while one runs that still holds whoever has withdrawn."""
    faces = Faces()
    async with face_desk(tmp_path, faces) as bench:
        desk = bench.hub.recognising
        await enrol_all(bench, await move_in(bench, 30))
        begun, go = asyncio.Event(), asyncio.Event()

        async def held_up(task: Any) -> Any:
            begun.set()
            await go.wait()
            return await judge_here(task)

        desk.judge = held_up
        first = asyncio.ensure_future(desk.audit())
        await begun.wait()
        desk.judge = judge_here
        await desk.withdraw("r-1", "phone:x")
        second = asyncio.ensure_future(desk.audit_now())
        await asyncio.wait([second], timeout=0.5)  # it must wait; this only lets it try
        go.set()
        await asyncio.gather(first, second)
        assert desk.verify(["r-1"], faces.probe(1)).reason == "face_not_enrolled"
        assert desk.verify(["r-2"], faces.probe(2)).person == "r-2"
        assert desk.roll is not None
        assert desk.roll.standing is not None
        assert "r-1" not in desk.roll.standing.gallery.rows


async def test_who_withdraws_while_the_hub_starts_is_not_loaded(tmp_path: Path) -> None:
    faces = Faces()
    async with face_desk(tmp_path, faces) as bench:
        desk = bench.hub.recognising
        await enrol_all(bench, await move_in(bench, 30))
        load, loaded, go = desk._load, threading.Event(), threading.Event()

        def slowly() -> Any:
            roll = load()
            loaded.set()
            assert go.wait(30)
            return roll

        desk._load = slowly  # type: ignore[method-assign]
        setattr(desk, "roll", None)  # noqa: B010 - as at a start
        starting = asyncio.ensure_future(desk.settle())
        assert await asyncio.to_thread(loaded.wait, 30)
        await desk.withdraw("r-1", "phone:x")
        await desk.withdraw("r-2", "phone:x")
        go.set()
        await starting
        roll: Any = vars(desk)["roll"]
        assert len(roll) == 28
        await desk.audit()
        assert desk.verify(["r-1"], faces.probe(1)).reason == "face_not_enrolled"
        await desk.give(asked("r-2"))  # comes back, with one photo and none of the old ones
        assert await desk.photo("r-2", b"2", "staff:test") == (desk_day(bench),)


def desk_day(bench: HubBench) -> int:
    return int(bench.now.timestamp() // 86_400)


async def test_a_consent_given_while_the_hub_looks_round_stays(tmp_path: Path) -> None:
    """Which keys there are was read before; a key that came since is not one that is gone."""
    async with face_desk(tmp_path, Faces()) as bench:
        desk = bench.hub.recognising
        over, looking, go = desk._over, threading.Event(), threading.Event()

        def slowly(keys: set[str], purpose: str) -> Any:
            looking.set()
            assert go.wait(30)
            return over(keys, purpose)

        desk._over = slowly  # type: ignore[method-assign]
        settling = asyncio.ensure_future(desk.settle())
        assert await asyncio.to_thread(looking.wait, 30)
        await desk.give(asked("p-1"))
        go.set()
        await settling
        assert open_consents(bench) == {"p-1"}
        await desk.photo("p-1", b"1", "staff:test")


async def test_who_withdraws_is_named_in_no_measurement(tmp_path: Path) -> None:
    """Who looks like whom is known of a face, and goes with it; also what is measured meanwhile."""
    async with face_desk(tmp_path, Faces()) as bench:
        desk = bench.hub.recognising
        await enrol_all(bench, await move_in(bench, 30))

        async def alike(task: Any) -> Any:
            report = await judge_here(task)
            for document in report.documents.values():
                document["look_alikes"] = [[0, 1], [2, 3]]  # of the people in their order
            return report

        async def meanwhile(task: Any) -> Any:
            report = await alike(task)
            await desk.withdraw("r-1", "phone:x")
            return report

        desk.judge = meanwhile
        await desk.audit()
        pairs = [pair for document in documents(bench) for pair in document["look_alikes"]]
        assert pairs == [["r-10", "r-11"]]  # r-0 and r-1 were alike
        await desk.withdraw("r-11", "phone:x")
        assert [document["look_alikes"] for document in documents(bench)] == [[]]


async def test_who_has_nothing_to_withdraw_has_nobody_measured_again(tmp_path: Path) -> None:
    """An audit of an estate takes minutes of the machine; one phone must not ask for it at will."""
    async with face_desk(tmp_path, Faces()) as bench:
        desk = bench.hub.recognising
        await enrol_all(bench, await move_in(bench, 30))
        await desk.audit()
        assert not desk._stale
        assert not await desk.withdraw("p-1", "phone:x")
        assert not desk._stale
        assert await desk.withdraw("r-1", "phone:x")
        assert desk._stale


@pytest.mark.parametrize("picture", [WEBP, LARGE], ids=["webp", "large"])
async def test_a_listed_picture_that_no_incident_keeps_is_refused(
    tmp_path: Path, picture: bytes
) -> None:
    """Taken in, each of its hits would fail when it is told, and nobody would hear of it."""
    async with measured(tmp_path) as (bench, _):
        order = await bench.hub.watching.enter(wish(bench))
        with pytest.raises(DomainError, match="picture_unfit"):
            await bench.hub.watching.list_face(order, picture, "staff:one")
        assert kept(bench, t.face_listed) == []


async def test_an_order_that_ends_while_somebody_is_looked_at_is_no_fault(tmp_path: Path) -> None:
    async with measured(tmp_path) as (bench, faces):
        watching = bench.hub.watching
        await in_force(bench)
        row_of = watching._listed_row

        def late(name: str) -> Any:
            with bench.hub.engines.write.begin() as connection:
                connection.execute(t.face_listed.delete())
            return row_of(name)

        watching._listed_row = late  # type: ignore[method-assign]
        assert await watching.watch("d-1", "track-1", faces.probe(119), SCENE) is None
        assert kept(bench, t.incidents) == []


@pytest.mark.parametrize(
    ("own", "stays", "lives_here"),
    [
        ("h-1", [("h-2", "2026-01-31")], True),  # an old tenancy elsewhere ends nothing here
        ("h-1", [("h-1", "2026-01-31"), ("h-2", None)], True),  # moved within the estate
        (None, [("h-2", None)], True),  # a tenant with no other home
        (None, [("h-2", "2026-01-31")], False),
        ("h-1", [("h-1", "2026-01-31")], False),
        (None, [], False),
    ],
    ids=str,
)
async def test_a_face_is_kept_as_long_as_somebody_lives_here(
    tmp_path: Path, own: str | None, stays: list[tuple[str, str | None]], lives_here: bool
) -> None:
    async with face_desk(tmp_path, Faces()) as bench:
        desk = bench.hub.recognising
        await desk.give(asked("p-1"))
        with bench.hub.engines.write.begin() as connection:
            person = t.people.c.id == "p-1"
            connection.execute(t.people.update().where(person).values(household_id=own))
            for number, (home, to_on) in enumerate(stays):
                tenancy = {"id": f"t-{number}", "household_id": home, "person_id": "p-1",
                           "kind": "tenant", "valid_from": "2025-01-01",
                           "valid_to": to_on}  # fmt: skip
                connection.execute(t.tenancies.insert().values(**tenancy))
        await desk.settle()
        assert (open_consents(bench) == {"p-1"}) is lives_here
