"""The watch list: off until all of it is there, measured, by two people; a hit goes to a person."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import select

from hub import backup
from hub.acts.face_watch import FACES_MAX, Order
from hub.acts.face_watch import enter as enter_act
from hub.core.errors import DomainError
from hub.faces.calibration import Tail
from hub.faces.gallery import NEIGHBOURS
from hub.faces.keystore import NAME, KeyStore
from hub.recognising import LOOK_AGAIN_S
from hub.sealed import Passphrase
from hub.store import tables as t
from hub.watching import Wish
from tests.faces.desk import Faces, face_desk, lived_in
from tests.unit.hub_bench import HubBench

DAY_S = 86_400.0
WAIT_S = 60.0
# picture 7 of the crowd is nobody's who lives here; the bytes are those of a picture all the same
LISTED = b"\xff\xd8\xff of 119"
SCENE = b"\xff\xd8\xff scene"


class Seen(Faces):
    """The authority's pictures are JPEG by their first bytes; the person stands behind them."""

    async def portraits(self, content: bytes) -> Any:
        return await super().portraits(content.rpartition(b" ")[2])


@asynccontextmanager
async def measured(folder: Path, people: int = 100) -> AsyncIterator[tuple[HubBench, Seen]]:
    """A site that knows its own residents."""
    faces = Seen()
    async with lived_in(folder, faces, people) as bench:
        await bench.hub.recognising.audit()
        yield bench, faces


def wish(bench: HubBench, **other: Any) -> Wish:
    now_s = bench.now.timestamp()
    told = Wish("county-psb", "case-2026-118", now_s, now_s + 7 * DAY_S, 50, 5.0, "staff:one")
    return replace(told, **other)


def kept(bench: HubBench, table: Any) -> list[Any]:
    with bench.hub.engines.read.connect() as connection:
        return list(connection.execute(select(table)).all())


async def in_force(bench: HubBench) -> tuple[str, str]:
    """An order and its face, put in force by a second person."""
    order = await bench.hub.watching.enter(wish(bench))
    face = await bench.hub.watching.list_face(order, LISTED, "staff:one")
    await bench.hub.watching.approve(order, "staff:two")
    return order, face


LACKING: list[dict[str, Any]] = [
    {"authority": ""}, {"authority": "The Police"}, {"basis": ""}, {"to_s": 0.0},
    {"passers_a_day": 0}, {"alarms_a_day": 0.0}, {"alarms_a_day": 1e-6},
]  # fmt: skip


async def test_an_order_lacks_nothing(tmp_path: Path) -> None:
    """One site for all of them: a measured one is dear, and what is refused changes nothing."""
    async with measured(tmp_path) as (bench, _):
        said: list[str] = []
        for wrong in LACKING:
            try:
                order = await bench.hub.watching.enter(wish(bench, **wrong))
                said.append(f"{wrong} was entered as {order}")
            except DomainError as refused:
                said.append(str(refused))
        assert [each for each in said if "face_order" not in each] == []
        assert kept(bench, t.face_orders) == []


async def test_no_order_is_longer_than_a_month_or_dearer_than_agreed(tmp_path: Path) -> None:
    async with measured(tmp_path) as (bench, _):
        now_s = bench.now.timestamp()
        with pytest.raises(DomainError, match="31 days"):
            await bench.hub.watching.enter(wish(bench, to_s=now_s + 32 * DAY_S))
        revision = kept(bench, t.face_audits)[0].revision
        fine = Order("o-1", "psb", "case", now_s, now_s + 9, 50, 5.0, revision, 0.2, 4.0, "staff:1")
        for wrong in (replace(fine, expected_a_day=6.0), replace(fine, audit="older")):
            with pytest.raises(DomainError, match="face_order"):
                await bench.hub.writer.submit(enter_act, wrong)
        await bench.hub.writer.submit(enter_act, fine)


async def test_rounding_makes_no_order_dearer_than_agreed(tmp_path: Path) -> None:
    """Three of 8,000 came back as 3.0000000000000004, and the order was refused for its cost."""
    async with measured(tmp_path) as (bench, _):
        asked = [(passers, alarms) for passers in range(1, 60) for alarms in (0.3, 1.0, 3.0, 7.3)]
        told = 0
        for passers, alarms in asked:
            expected = bench.hub.watching.expected_now(passers, alarms)
            if expected is not None:
                assert expected <= alarms
                told += expected == alarms
        assert told > 50


async def test_too_few_residents_measure_nothing(tmp_path: Path) -> None:
    async with measured(tmp_path, 10) as (bench, _):
        with pytest.raises(DomainError, match="too few residents"):
            await bench.hub.watching.enter(wish(bench))


async def test_nothing_is_watched_before_a_second_person_said_so(tmp_path: Path) -> None:
    async with measured(tmp_path) as (bench, faces):
        watching = bench.hub.watching
        order = await watching.enter(wish(bench))
        (row,) = kept(bench, t.face_orders)
        assert 0 < row.expected_a_day <= row.alarms_a_day
        with pytest.raises(DomainError, match="no face"):
            await watching.approve(order, "staff:two")
        await watching.list_face(order, LISTED, "staff:three")
        for by in ("staff:one", "staff:three"):  # who entered it, and who said whom it is about
            with pytest.raises(DomainError, match="a second person"):
                await watching.approve(order, by)
        assert await watching.watch("d-1", "track-1", faces.probe(119), SCENE) is None
        await watching.approve(order, "staff:two")
        assert await watching.watch("d-1", "track-1", faces.probe(119), SCENE) == "detected"


async def test_an_authority_s_picture_may_be_a_picture_of_a_picture(tmp_path: Path) -> None:
    """A photo from a case is often a scan; a resident who stands at the desk has a face."""
    async with measured(tmp_path) as (bench, faces):
        real = faces.portraits

        async def copied(content: bytes) -> Any:
            return replace(await real(content), copied=True)

        bench.hub.recognising.portraits = copied
        order = await bench.hub.watching.enter(wish(bench))
        assert await bench.hub.watching.list_face(order, LISTED, "staff:one")
        with pytest.raises(DomainError, match="face_copied"):
            await bench.hub.recognising.photo("r-0", LISTED, "staff:one")


async def test_what_was_approved_is_not_added_to(tmp_path: Path) -> None:
    """Else one person alone decides who is looked for, under the other's approval."""
    async with measured(tmp_path) as (bench, _):
        order, face = await in_force(bench)
        with pytest.raises(DomainError, match="another order"):
            await bench.hub.watching.list_face(order, LISTED, "staff:one")
        assert [row.id for row in kept(bench, t.face_listed)] == [face]
        await bench.hub.recognising.settle()
        keys = KeyStore(tmp_path / NAME)
        assert len(keys.names()) == 100 + 1  # residents and the face: the refused one left none


async def test_a_hit_is_an_incident_with_both_pictures_once(tmp_path: Path) -> None:
    async with measured(tmp_path) as (bench, faces):
        watching = bench.hub.watching
        order, _ = await in_force(bench)
        for _ in range(2):
            assert await watching.watch("d-1", "track-1", faces.probe(119), SCENE) == "detected"
        (incident,) = kept(bench, t.incidents)
        assert (incident.kind, incident.state) == ("watch_list", "detected")
        assert incident.rule == order
        roles = {row.role for row in kept(bench, t.incident_pictures)}
        assert roles == {"scene", "listed"}


async def test_a_hit_is_decided_by_the_score_that_the_audit_counts(tmp_path: Path) -> None:
    """Of two strangers: their distance less half of how crowded it is around each, by hand; also
    after another audit, which moves the crowd, and for a face that was listed since."""
    async with measured(tmp_path) as (bench, faces):
        order, face = await in_force(bench)
        desk, probe, orders = bench.hub.recognising, faces.probe(119), {order: 1e-9}
        roll = desk.roll
        assert roll is not None
        for measured_anew in (False, True):
            if measured_anew:
                await desk.withdraw("r-1", "staff:one")
                await desk.audit()
            held = roll.standing
            assert held is not None
            turned, listed = roll._turned(probe).embedding, roll._listed[face][1].photos[0]
            near = [
                np.sort(np.linalg.norm(held.gallery.templates - one, axis=1))[:NEIGHBOURS].mean()
                for one in (turned, listed)
            ]
            score = float(np.linalg.norm(turned - listed) - sum(near) / 2)
            orders = {roll._listed[face][0]: 1e-9}
            for more, found in ((1e-4, face), (-1e-4, None)):
                bound = Tail(((score + more, 1e-9), (score + more + 1e-9, 0.5)))
                roll.stand(replace(held, watch=bound))
                assert roll.seek(probe, orders) == found
            roll.stand(replace(held, around={}))  # as if it had been listed since
            roll.standing = replace(held, watch=Tail(((score + 1e-4, 1e-9), (9.0, 0.5))))
            assert roll.seek(probe, orders) == face


async def test_passers_by_leave_nothing(tmp_path: Path) -> None:
    async with measured(tmp_path) as (bench, faces):
        watching = bench.hub.watching
        await in_force(bench)
        hits = [
            await watching.watch("d-1", f"t-{number}", faces.stranger(), SCENE)
            for number in range(100)
        ]
        # 5 false alarms a day among 50 passers-by and a full list of 20; here the list has one
        assert sum(hit is not None for hit in hits) <= 4
        assert len(kept(bench, t.incidents)) == sum(hit is not None for hit in hits)
        assert kept(bench, t.face_matches) == []


@pytest.mark.parametrize("way", ["time", "ended", "restart"])
async def test_what_is_over_watches_nobody(tmp_path: Path, way: str) -> None:
    async with measured(tmp_path) as (bench, faces):
        watching = bench.hub.watching
        order, face = await in_force(bench)
        assert face in KeyStore(tmp_path / NAME).names()
        if way == "ended":
            await watching.end(order, "staff:two")
        else:
            bench.pass_s(7 * DAY_S)
        if way == "time":
            assert await watching.watch("d-1", "t", faces.probe(119), SCENE) is None
            await bench.hub.recognising.settle()
        if way != "restart":
            assert face not in KeyStore(tmp_path / NAME).names()
            assert kept(bench, t.face_listed) == []
            assert await watching.watch("d-1", "t", faces.probe(119), SCENE) is None
            with pytest.raises(DomainError, match="face_order"):
                await watching.list_face(order, LISTED, "staff:one")
        later = bench.now
    if way == "restart":
        async with face_desk(tmp_path, faces) as bench:
            assert face in KeyStore(tmp_path / NAME).names()  # its clock stands at the beginning
            bench.now = later
            await bench.hub.recognising.settle()
            assert face not in KeyStore(tmp_path / NAME).names()


async def test_an_order_ends_by_itself_when_its_time_comes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody has to change anything for the hub to look: the key is gone in time."""
    monkeypatch.setattr("hub.recognising.DEBOUNCE_S", 0.0)
    monkeypatch.setattr("hub.watching._LEAST_S", 0.01)
    async with measured(tmp_path) as (bench, _):
        _, face = await in_force(bench)
        desk, watching = bench.hub.recognising, bench.hub.watching
        assert watching.due_s() == LOOK_AGAIN_S  # the end is a week away
        bench.pass_s(7 * DAY_S - 60)
        assert watching.due_s() == pytest.approx(60)
        bench.pass_s(59.999)
        running = asyncio.create_task(desk.run())
        try:
            async with asyncio.timeout(WAIT_S):
                while desk._stale:  # noqa: ASYNC110 - its first look and measurement
                    await asyncio.sleep(0.01)
            assert face in KeyStore(tmp_path / NAME).names()
            bench.pass_s(1)
            async with asyncio.timeout(WAIT_S):
                while face in KeyStore(tmp_path / NAME).names():  # noqa: ASYNC110
                    await asyncio.sleep(0.01)
        finally:
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running
        assert watching.due_s() == LOOK_AGAIN_S
        assert kept(bench, t.face_listed) == []


async def test_a_restart_goes_on_watching_and_no_copy_holds_a_key(tmp_path: Path) -> None:
    site = tmp_path / "site"
    site.mkdir()
    async with measured(site) as (bench, faces):
        _, face = await in_force(bench)
        backup.back_up(site, tmp_path / "copy.sealed", Passphrase("a long enough passphrase"))
        later = bench.now
    async with face_desk(site, faces) as bench:
        bench.now = later
        await bench.hub.recognising.audit()
        found = await bench.hub.watching.watch("d-1", "t", faces.probe(119), SCENE)
        assert found == "detected"
        assert face in KeyStore(site / NAME).names()
        raw = b"".join(path.read_bytes() for path in site.iterdir() if path.is_file())
        assert LISTED not in raw


async def test_a_list_is_short(tmp_path: Path) -> None:
    async with measured(tmp_path) as (bench, _):
        order = await bench.hub.watching.enter(wish(bench, alarms_a_day=20.0))
        for _ in range(FACES_MAX):
            await bench.hub.watching.list_face(order, LISTED, "staff:one")
        with pytest.raises(DomainError, match=f"at most {FACES_MAX}"):
            await bench.hub.watching.list_face(order, LISTED, "staff:one")
