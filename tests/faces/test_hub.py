"""Faces on the hub: the law as invariants, keys apart from every copy, decisions by the audit."""

import sqlite3
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import select, update

from hub import backup
from hub.acts.faces import (
    FaceDoor,
    Match,
    SealedTemplate,
    assess,
    keep_template,
    note_match,
    set_door,
)
from hub.acts.roster import RosterPart, load_part
from hub.core.errors import DomainError
from hub.faces import seal
from hub.faces.auditor import Report, Task, judge, read_task, write_task
from hub.faces.decide import Probe
from hub.faces.keystore import NAME, KeyStore
from hub.sealed import Passphrase
from hub.store import chain
from hub.store import tables as t
from tests.faces.desk import Faces, asked, assessment, enrol_all, face_desk, move_in
from tests.unit.hub_bench import HubBench, hub_bench

PASS = Passphrase("a long enough passphrase")


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> str:
    return "" if request.param == "sqlite" else str(request.getfixturevalue("postgres_url"))


def rows(bench: HubBench, table: Any) -> list[Any]:
    with bench.hub.engines.read.connect() as connection:
        return list(connection.execute(select(table)).all())


# --- consent ---------------------------------------------------------------------------------


async def test_nothing_is_kept_without_consent(tmp_path: Path, database: str) -> None:
    async with face_desk(tmp_path, Faces(), database) as bench:
        desk = bench.hub.recognising
        with pytest.raises(DomainError, match="face_no_consent"):
            await desk.photo("p-1", b"1", "staff:test")
        forced = SealedTemplate("0" * 32, "p-1", b"x" * 40, "m", [1], ["clear"], "staff:test")
        with pytest.raises(DomainError, match="face_no_consent"):
            await bench.hub.writer.submit(keep_template, forced)
        consent = await desk.give(asked("p-2"))
        for_another = SealedTemplate(consent, "p-1", b"x" * 40, "m", [1], ["clear"], "staff:test")
        with pytest.raises(DomainError, match="face_no_consent"):
            await bench.hub.writer.submit(keep_template, for_another)
        await desk.give(asked("p-1"))  # each has a consent, and still not the other's
        with pytest.raises(DomainError, match="face_no_consent"):
            await bench.hub.writer.submit(keep_template, for_another)
        assert rows(bench, t.face_templates) == []
        await desk.photo("p-2", b"1", "staff:test")
        assert len(rows(bench, t.face_templates)) == 1


async def test_the_assessment_comes_before_everything(tmp_path: Path) -> None:
    async with face_desk(tmp_path, Faces(), assessed=False) as bench:
        desk = bench.hub.recognising
        assert desk.state == "off"
        with pytest.raises(DomainError, match="face_assessment"):
            await desk.give(asked("p-1"))
        door = FaceDoor("d-1", "claim", "entrance", "hands full", turn=True, by="staff:test")
        with pytest.raises(DomainError, match="face_assessment"):
            await bench.hub.writer.submit(set_door, door)
        assert not (tmp_path / NAME).exists()
        for empty in ("purpose", "necessity", "measures", "assessed_by", "controller"):
            with pytest.raises(DomainError, match="field_wrong"):
                await bench.hub.writer.submit(assess, assessment("0" * 32, **{empty: "  "}))
        with pytest.raises(DomainError, match="field_wrong"):
            await bench.hub.writer.submit(assess, assessment("0" * 32, strangers=1.0))


async def test_a_guardian_speaks_for_a_child_and_for_nobody_else(tmp_path: Path) -> None:
    async with face_desk(tmp_path, Faces()) as bench:
        desk = bench.hub.recognising
        with pytest.raises(DomainError, match="face_guardian"):
            await desk.give(asked("p-2", turns_14_on="2027-01-10"))
        with pytest.raises(DomainError, match="face_own_consent"):
            await desk.give(asked("p-2", giver="p-1"))
        with pytest.raises(DomainError, match="face_own_consent"):
            await desk.give(asked("p-2", giver="p-1", turns_14_on="2026-11-23"))  # today
        with pytest.raises(DomainError, match="not_found"):
            await desk.give(asked("p-2", giver="nobody", turns_14_on="2027-01-10"))
        await desk.give(asked("p-2", giver="p-1", turns_14_on="2027-01-10"))
        await desk.settle()
        await desk.photo("p-2", b"1", "staff:test")
        bench.pass_s(47 * 86_400)
        await desk.settle()
        assert len(rows(bench, t.face_templates)) == 1
        bench.pass_s(86_400)  # fourteen today: the child speaks for itself
        await desk.settle()
        assert rows(bench, t.face_templates) == []
        (ended,) = rows(bench, t.face_consents)
        assert ended.end_reason == "of_age"
        assert KeyStore(tmp_path / NAME).names() == ()


async def test_a_person_has_one_consent_and_every_key_a_consent(tmp_path: Path) -> None:
    async with face_desk(tmp_path, Faces()) as bench:
        desk = bench.hub.recognising
        first = await desk.give(asked("p-1"))
        assert await desk.give(asked("p-1")) == first
        with pytest.raises(DomainError, match="not_found"):
            await desk.give(asked("nobody"))
        await desk.settle()
        assert KeyStore(tmp_path / NAME).names() == (first,)


async def test_who_moved_out_is_forgotten(tmp_path: Path) -> None:
    async with face_desk(tmp_path, Faces()) as bench:
        desk, hub = bench.hub.recognising, bench.hub
        await enrol_all(bench, ["p-1", "p-2"], photos=1)
        with hub.engines.write.begin() as connection:
            tenancy = {"id": "t-1", "household_id": "h-1", "person_id": "p-1", "kind": "tenant",
                       "valid_from": "2026-01-01", "valid_to": "2026-11-24"}  # fmt: skip
            connection.execute(t.tenancies.insert().values(**tenancy))
            connection.execute(
                update(t.people).where(t.people.c.id == "p-2").values(household_id=None)
            )
        await desk.settle()  # the 24th: the tenant's last day
        assert [row.person_id for row in rows(bench, t.face_templates)] == ["p-1"]
        bench.pass_s(86_400)
        await desk.settle()
        assert rows(bench, t.face_templates) == []
        assert {row.end_reason for row in rows(bench, t.face_consents)} == {"moved"}
        assert KeyStore(tmp_path / NAME).names() == ()
        with pytest.raises(DomainError, match="face_moved"):
            await desk.give(asked("p-1"))


# --- withdrawal ------------------------------------------------------------------------------


def template_bytes(database: Path) -> list[tuple[str, bytes]]:
    with sqlite3.connect(database) as connection:
        return connection.execute("select consent_id, sealed from face_templates").fetchall()


async def test_a_withdrawn_face_is_in_no_copy(tmp_path: Path) -> None:
    """A back-up made before, with every key of the site, opens nothing that was withdrawn."""
    site, copy = tmp_path / "site", tmp_path / "copy"
    site.mkdir()
    async with face_desk(site, Faces()) as bench:
        desk, keys = bench.hub.recognising, bench.hub.keys
        await enrol_all(bench, ["p-1", "p-2"], photos=2)
        store = KeyStore(site / NAME)
        wrapped = {name: store.get(name) for name in store.names()}
        backup.back_up(site, tmp_path / "before.sealed", PASS)
        backup.unpack(tmp_path / "before.sealed", PASS, copy)
        held = dict(template_bytes(copy / "database" / "hub.db"))
        assert len(held) == 2
        for name, content in held.items():  # the copy is whole: with the keys it does open
            key = seal.unwrap(wrapped[name] or b"", keys.face_key("wrap"), name)
            assert len(seal.unseal(content, key, name).days) == 2
        assert not list(copy.rglob(NAME))
        everything = b"".join(path.read_bytes() for path in copy.rglob("*") if path.is_file())
        assert not any((one or b"")[:24] in everything for one in wrapped.values())

        assert await desk.withdraw("p-1", "phone:x")
        after = KeyStore(site / NAME)
        gone = set(wrapped) - set(after.names())
        assert len(gone) == 1
        on_disk = (site / NAME).read_bytes()
        for name in gone:
            assert after.get(name) is None
            assert (wrapped[name] or b"")[:24] not in on_disk
            assert name.encode() not in on_disk
        assert not await desk.withdraw("p-1", "phone:x")


async def test_an_old_database_beside_todays_keys_forgets_again(tmp_path: Path) -> None:
    site = tmp_path / "site"
    site.mkdir()
    async with face_desk(site, Faces()) as bench:
        await enrol_all(bench, ["p-1", "p-2"], photos=1)
        backup.back_up(site, tmp_path / "before.sealed", PASS)
        await bench.hub.recognising.withdraw("p-1", "phone:x")
    backup.bring_back(tmp_path / "before.sealed", PASS, tmp_path / "again")
    (tmp_path / "again" / NAME).write_bytes((site / NAME).read_bytes())
    async with face_desk(tmp_path / "again", Faces()) as bench:
        assert [row.person_id for row in rows(bench, t.face_templates)] == ["p-2"]
        ended = {row.person_id: row.end_reason for row in rows(bench, t.face_consents)}
        assert ended == {"p-1": "key_gone", "p-2": None}
        assert len(bench.hub.recognising.roll or ()) == 1


async def test_without_the_keys_faces_rest_until_they_come_or_everybody_begins_anew(
    tmp_path: Path,
) -> None:
    site = tmp_path / "site"
    site.mkdir()
    async with face_desk(site, Faces()) as bench:
        await enrol_all(bench, ["p-1", "p-2"], photos=1)
        backup.back_up(site, tmp_path / "before.sealed", PASS)
    backup.bring_back(tmp_path / "before.sealed", PASS, tmp_path / "again")
    async with face_desk(tmp_path / "again", Faces()) as bench:
        desk = bench.hub.recognising
        assert desk.state == "keys_elsewhere"
        assert len(rows(bench, t.face_templates)) == 2  # nobody is ended by a file that is late
        with pytest.raises(DomainError, match="face_keys_elsewhere"):
            await desk.give(asked("p-1"))
        assert desk.verify(["p-1"], Faces().probe(1)).reason == "face_keys_elsewhere"
        assert await desk.withdraw("p-2", "phone:x")  # this works whatever is missing
        assert await desk.renew("operator") == 1
        await desk.settle()
        assert desk.state == "ready"
        assert rows(bench, t.face_templates) == []
        await desk.give(asked("p-1"))
    assert len(KeyStore(site / NAME).names()) == 2  # the old machine's file was not touched


async def test_a_kill_between_commit_and_key_leaves_no_key(tmp_path: Path) -> None:
    async with face_desk(tmp_path, Faces()) as bench:
        await enrol_all(bench, ["p-1"], photos=1)
        store = KeyStore(tmp_path / NAME)
        store.put("f" * 32, b"w" * 60)  # a consent that never was committed
        from hub.acts.faces import Withdrawal, withdraw  # noqa: PLC0415

        await bench.hub.writer.submit(withdraw, Withdrawal("p-1", "phone:x"))
    assert len(KeyStore(tmp_path / NAME).names()) == 2
    async with face_desk(tmp_path, Faces()):
        assert KeyStore(tmp_path / NAME).names() == ()


async def test_a_consent_under_way_keeps_its_key(tmp_path: Path) -> None:
    """The look that sweeps keys may run between the key and its consent."""
    async with face_desk(tmp_path, Faces()) as bench:
        desk = bench.hub.recognising
        submit = bench.hub.writer.submit

        async def slowly(act: object, request: object) -> object:
            await desk.settle()
            return await submit(act, request)  # type: ignore[arg-type]

        desk._writer = type("W", (), {"submit": staticmethod(slowly)})()
        name = await desk.give(asked("p-1"))
        desk._writer = bench.hub.writer
        await desk.settle()
        assert KeyStore(tmp_path / NAME).names() == (name,)


# --- doors -----------------------------------------------------------------------------------


def door(name: str = "d-1", **other: object) -> FaceDoor:
    told: dict[str, object] = {"door": name, "mode": "claim", "zone": "entrance",
                               "purpose": "hands full", "turn": True,
                               "by": "staff:test"}  # fmt: skip
    return FaceDoor(**(told | other))  # type: ignore[arg-type]


async def test_a_door_that_opens_by_a_face_alone_cannot_be_saved(tmp_path: Path) -> None:
    async with face_desk(tmp_path, Faces()) as bench:
        submit, mark = bench.hub.writer.submit, bench.hub.keys.mark
        bare = {"id": "d-2", "remote_only": True, "remote": False, "asks": 1}
        await submit(load_part, RosterPart("doors", [bare], mark))
        with pytest.raises(DomainError, match="face_only"):
            await submit(set_door, door("d-2"))
        assert rows(bench, t.face_doors) == []
        await submit(load_part, RosterPart("doors", [bare | {"remote": True}], mark))
        await submit(set_door, door("d-2"))
        with pytest.raises(DomainError, match="face_only"):  # nor by taking the other way later
            await submit(load_part, RosterPart("doors", [bare], mark))
        (kept,) = [row for row in rows(bench, t.doors) if row.id == "d-2"]
        assert kept.remote
        for wrong, code in (
            ({"zone": "toilet"}, "face_zone"),
            ({"mode": "only"}, "field_wrong"),
            ({"purpose": " "}, "field_wrong"),
            ({"door": "d-9"}, "door_unknown"),
        ):
            with pytest.raises(DomainError, match=code):
                await submit(set_door, door(**wrong))
        await submit(set_door, door("d-2", mode=None))
        assert rows(bench, t.face_doors) == []


# --- what decides ----------------------------------------------------------------------------


async def test_the_hub_knows_its_own_after_an_audit_and_forgets_at_once(tmp_path: Path) -> None:
    faces = Faces()
    async with face_desk(tmp_path, faces) as bench:
        desk = bench.hub.recognising
        people = await move_in(bench, 60)
        await enrol_all(bench, people)
        assert desk.verify(["r-3"], faces.probe(3)).reason == "face_starting"
        assert await desk.audit()
        found = desk.verify(["r-3"], faces.probe(3))
        assert (found.person, found.reason) == ("r-3", None)
        assert found.audit == rows(bench, t.face_audits)[0].revision
        assert desk.verify(["r-3"], faces.probe(4)).reason == "face_not_matched"
        assert desk.verify(["p-1"], faces.probe(3)).reason == "face_not_enrolled"
        assert desk.verify([], faces.probe(3)).reason == "face_claim_wide"
        assert desk.verify(people[:5], faces.probe(3)).reason == "face_claim_wide"
        let_in = sum(desk.verify(["r-3"], faces.stranger()).person is not None for _ in range(200))
        assert let_in <= 5
        await desk.withdraw("r-3", "phone:x")
        assert desk.verify(["r-3"], faces.probe(3)).reason == "face_not_enrolled"
        assert desk.roll is not None
        assert desk.roll.standing is not None
        gallery = desk.roll.standing.gallery
        assert not gallery.templates[gallery.rows["r-3"]].any()
        other = Probe(np.zeros(64, np.float32), 3, "of-another-model")
        assert desk.verify(["r-4"], other).reason == "face_model_other"


async def test_who_leaves_during_an_audit_stays_gone(tmp_path: Path) -> None:
    faces = Faces()
    async with face_desk(tmp_path, faces) as bench:
        desk = bench.hub.recognising
        people = await move_in(bench, 30)
        await enrol_all(bench, people)
        judged = desk.judge

        async def meanwhile(task: object) -> object:
            await desk.withdraw("r-1", "phone:x")
            await desk.withdraw("r-2", "phone:x")
            await desk.give(asked("r-2"))  # and comes back, with another's photo
            await desk.settle()
            await desk.photo("r-2", b"7", "staff:test")
            return await judged(task)  # type: ignore[arg-type]

        desk.judge = meanwhile  # type: ignore[assignment]
        await desk.audit()
        assert desk.verify(["r-1"], faces.probe(1)).reason == "face_not_enrolled"
        assert desk.verify(["r-2"], faces.probe(2)).reason == "face_not_enrolled"
        desk.judge = judged
        await desk.audit()
        assert desk.verify(["r-2"], faces.probe(2)).reason == "face_not_matched"
        assert desk.verify(["r-3"], faces.probe(3)).person == "r-3"


async def test_alone_is_judged_for_the_doors_own_people(tmp_path: Path) -> None:
    faces = Faces(people=200)
    async with face_desk(tmp_path, faces) as bench:
        desk, submit = bench.hub.recognising, bench.hub.writer.submit
        people = await move_in(bench, 150)
        await enrol_all(bench, people)
        only = [{"id": f"x-{n}", "door_id": "d-2", "subject_kind": "person", "subject": f"r-{n}"}
                for n in range(40)]  # fmt: skip
        away = [{"id": "r-2", "subject_kind": "person", "subject": "p-2"}]
        await submit(load_part, RosterPart("rules", only + away, bench.hub.keys.mark))
        await submit(set_door, door("d-2", mode="alone"))
        assert desk.search("d-2", faces.probe(1)).reason == "face_starting"
        await desk.audit()
        audits = {row.scope: row.document for row in rows(bench, t.face_audits)}
        assert set(audits) == {"", "d-2"}
        assert audits["d-2"]["people"] == 40
        assert audits["d-2"]["search"]["refused"] is None
        assert desk.search("d-1", faces.probe(1)).reason == "face_off"
        known = [desk.search("d-2", faces.probe(number)).person for number in range(40)]
        assert sum(who == f"r-{number}" for number, who in enumerate(known)) >= 32
        assert all(who in (None, f"r-{number}") for number, who in enumerate(known))
        others = [desk.search("d-2", faces.probe(number)).person for number in range(40, 150)]
        assert sum(who is not None for who in others) <= 12  # of another stair: strangers here
        await desk.withdraw("r-1", "phone:x")
        assert desk.search("d-2", faces.probe(1)).person is None
        for number in range(40):
            await desk.withdraw(f"r-{number}", "phone:x")
        assert desk.search("d-2", faces.probe(1)).reason == "face_not_enrolled"


async def test_where_few_live_a_door_stays_with_claims(tmp_path: Path) -> None:
    faces = Faces()
    async with face_desk(tmp_path, faces) as bench:
        desk = bench.hub.recognising
        await enrol_all(bench, ["p-1", "p-2"])
        await bench.hub.writer.submit(set_door, door("d-1", mode="alone"))
        await desk.audit()
        assert desk.search("d-1", faces.probe(0)).reason == "face_audit_few"
        assert desk.verify(["p-1"], faces.probe(0)).person == "p-1"  # by the model's calibration


async def test_a_hub_that_starts_again_knows_everybody(tmp_path: Path) -> None:
    faces = Faces()
    async with face_desk(tmp_path, faces) as bench:
        await enrol_all(bench, ["p-1", "p-2"])
    async with face_desk(tmp_path, faces) as bench:
        await bench.hub.recognising.audit()
        assert bench.hub.recognising.verify(["p-2"], faces.probe(1)).person == "p-2"


@pytest.mark.timeout(600)  # its process stands behind everything else on the machine
async def test_the_audit_runs_beside_the_hub(tmp_path: Path) -> None:
    from hub.faces.beside import judge_beside  # noqa: PLC0415

    faces = Faces()
    async with face_desk(tmp_path, faces) as bench:
        desk = bench.hub.recognising
        await enrol_all(bench, await move_in(bench, 40))
        desk.judge = judge_beside
        await desk.audit()
        beside = {row.scope: row.document for row in rows(bench, t.face_audits)}
        assert desk.verify(["r-5"], faces.probe(5)).person == "r-5"
        from tests.faces.desk import judge_here  # noqa: PLC0415

        desk.judge = judge_here
        await desk.audit()
        here = {row.scope: row.document for row in rows(bench, t.face_audits)}
        assert beside == here


async def test_a_hub_without_the_extra_says_so_and_still_lets_go(tmp_path: Path) -> None:
    async with face_desk(tmp_path, Faces()) as bench:
        await enrol_all(bench, ["p-1"], photos=1)
    async with hub_bench(tmp_path) as bench:
        desk = bench.hub.recognising
        desk.missing = ("numpy",)
        await desk.settle()
        assert desk.state == "absent"
        with pytest.raises(DomainError, match="faces_absent"):
            await desk.photo("p-1", b"1", "staff:test")
        assert desk.verify(["p-1"], Faces().probe(1)).reason == "faces_absent"
        assert await desk.withdraw("p-1", "phone:x")
        assert KeyStore(tmp_path / NAME).names() == ()


# --- the log ---------------------------------------------------------------------------------


async def test_every_match_stands_in_the_log_until_its_time_is_over(tmp_path: Path) -> None:
    async with face_desk(tmp_path, Faces()) as bench:
        hub = bench.hub
        at_s = bench.now.timestamp()
        for person, reason in (("p-1", None), (None, "face_not_matched")):
            told = Match(at_s, "d-1", "claim", person, reason, 4, "m", "rev")
            await hub.writer.submit(note_match, told)
        known, unknown = rows(bench, t.face_matches)
        assert (known.person_id, known.reason) == ("p-1", None)
        assert (unknown.person_id, unknown.reason) == (None, "face_not_matched")
        bench.pass_s(29 * 86_400)
        await hub.keeping.run_once()
        assert len(rows(bench, t.face_matches)) == 2
        bench.pass_s(2 * 86_400)
        await hub.keeping.run_once()
        assert rows(bench, t.face_matches) == []
        with hub.engines.read.connect() as connection:
            assert chain.verify(connection).fine


async def test_the_database_holds_nothing_that_can_be_compared(tmp_path: Path) -> None:
    async with face_desk(tmp_path, Faces()) as bench:
        await enrol_all(bench, ["p-1"], photos=1)
        roll = bench.hub.recognising.roll
        assert roll is not None
        face = roll._held["p-1"].photos
        raw = b"".join(path.read_bytes() for path in tmp_path.iterdir() if path.is_file())
        assert face.astype("<f4").tobytes()[:64] not in raw


async def test_the_audit_hears_who_lives_together(tmp_path: Path) -> None:
    """Relatives are no strangers to one another; the process hears rows, never who they are."""
    tasks: list[Task] = []

    async def judged(task: Task) -> Report:
        tasks.append(read_task(write_task(task)))
        return judge(task)

    async with face_desk(tmp_path, Faces()) as bench:
        desk = bench.hub.recognising
        desk.judge = judged
        await move_in(bench, 1)  # beside p-1; p-2 lives elsewhere
        await enrol_all(bench, ["p-1", "p-2", "r-0"], photos=1)
        await desk.audit()
    assert [list(home) for home in tasks[0].homes] == [[0, 2]]
