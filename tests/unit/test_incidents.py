"""An incident in the store: who may move it, what leaves, what stays, what is told to people."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from hub.acts import incidents as acts
from hub.acts import stations as sending
from hub.core import evidence
from hub.core.errors import DomainError
from hub.core.evidence import Snapshot
from hub.core.policelink import Kind, Role, What
from hub.core.stations import Outcome, Told
from hub.keeping import Keeping
from hub.store import tables as t
from hub.store.chain import verify
from tests.unit.hub_bench import START
from tests.unit.incident_town import GUARD, JPEG, ORDER, desk, snapshots

OTHER = "staff:fedcba9876543210"


async def refusal(waited: Any) -> str:
    with pytest.raises(DomainError) as told:
        await waited
    return told.value.code


async def test_the_whole_way_to_a_station(tmp_path: Path) -> None:
    async with desk(tmp_path) as one:
        await one.hit()
        await one.speak()
        assert one.wires.heard == []
        await one.confirm("hit-1")
        assert one.row().state == "confirmed"
        await one.speak()
        ((station, message),) = one.wires.heard
        assert (station, message.number, message.zone_door) == ("desk", 1, "d-1")
        assert message.pack.simulated
        assert message.pack.confirmed_by == GUARD.partition(":")[2]
        assert one.row().state == "acknowledged"
        await one.speak(3_600)
        assert len(one.wires.heard) == 1
        await one.step("hit-1", What.HANDLED, note="came and went")
        assert one.row().state == "handled"
        assert one.row().closed_at is not None
        told = [(line.what, line.new, line.party, line.number) for line in one.log()]
        assert told == [
            ("detected", "detected", "detector", 0),
            ("taken_up", "reviewing", "reviewer", 0),
            ("confirmed", "confirmed", "reviewer", 0),
            ("sent", "sent", "link", 1),
            ("acknowledged", "acknowledged", "station", 1),
            ("handled", "handled", "reviewer", 1),
        ]
        assert one.log()[-1].detail == "came and went"
        with one.hub.engines.read.connect() as connection:
            assert verify(connection).fine


async def test_a_hit_without_an_order_or_with_a_wrong_picture_is_none(tmp_path: Path) -> None:
    async with desk(tmp_path) as one:
        detect, both = one.hub.incidents.detect, snapshots(Role.SCENE, Role.LISTED)
        hit = ("hit-1", Kind.WATCH_LIST, "d-1", "watch-1")
        assert await refusal(detect(*hit, both)) == "authority_missing"
        late = replace(ORDER, from_at=START - timedelta(days=9), to_at=START)
        assert await refusal(detect(*hit, both, late)) == "authority_missing"
        for raw in (b"GIF89a", b"", JPEG + bytes(evidence.PICTURE_BYTES_MAX)):
            wrong = [both[0], Snapshot(raw, Role.LISTED, START)]
            assert await refusal(detect(*hit, wrong, ORDER)) == "picture_unfit"
        elsewhere = detect("hit-1", Kind.FORCED, "no-door", "watch-1")
        assert await refusal(elsewhere) == "not_found"
        assert one.rows(t.incidents) == []
        assert await detect(*hit, both, ORDER) == "detected"
        assert await detect(*hit, both, ORDER) == "detected"  # told twice is one
        assert (len(one.rows(t.incidents)), len(one.log())) == (1, 1)


async def test_nobody_confirms_what_the_hub_did_not_show_them(tmp_path: Path) -> None:
    async with desk(tmp_path) as one:
        await one.hit()
        assert await refusal(one.step("hit-1", What.CONFIRMED)) == "incident_step"
        await one.step("hit-1", What.TAKEN_UP)
        # a page may say what it likes
        assert await refusal(one.step("hit-1", What.CONFIRMED)) == "incident_unseen"
        await one.look("hit-1", pictures=[0])
        assert await refusal(one.step("hit-1", What.CONFIRMED)) == "incident_unseen"
        await one.look("hit-1", by=OTHER)
        assert await refusal(one.step("hit-1", What.CONFIRMED)) == "incident_unseen"
        assert await refusal(one.step("hit-1", What.CONFIRMED, OTHER)) == "incident_elsewhere"
        await one.look("hit-1", pictures=[1])
        # what was not on the screen was not seen, whatever was fetched
        assert await refusal(one.step("hit-1", What.CONFIRMED, seen=[])) == "incident_unseen"
        assert await one.step("hit-1", What.CONFIRMED) == "confirmed"
        assert await refusal(one.step("hit-2", What.TAKEN_UP)) == "not_found"


async def test_a_false_alarm_loses_its_pictures_and_is_taken_back(tmp_path: Path) -> None:
    async with desk(tmp_path) as one:
        for name, sent in (("hit-1", True), ("hit-2", False)):
            await one.hit(name)
            await one.confirm(name)
            if sent:
                await one.speak()
            assert sum(row.sealed is not None for row in one.rows(t.incident_pictures)) == 2
            assert await one.step(name, What.DISMISSED, note="a cousin") == "false_alarm"
            held = one.rows(t.incident_pictures)
            assert [row.sealed for row in held] == [None] * len(held)
            await one.speak()
        assert [(m.number, m.alarm_number) for _, m in one.wires.heard] == [(1, 0), (2, 1)]
        assert one.row().withdrawn
        assert not one.row("hit-2").sent_at
        await one.speak(86_400)
        assert len(one.wires.heard) == 2
        assert [line.what for line in one.log()][-2:] == ["dismissed", "withdrawn"]


async def test_an_order_that_ends_stops_what_has_not_left(tmp_path: Path) -> None:
    async with desk(tmp_path) as one:
        await one.hit()
        await one.confirm("hit-1")
        await one.speak(31 * 86_400)
        assert one.wires.heard == []
        assert (one.row().state, one.row().trouble) == ("confirmed", "authority_missing")


@pytest.mark.parametrize("trouble", ["station_refused", "station_unable"])
async def test_what_comes_back_waits_for_people_and_goes_under_its_number(
    tmp_path: Path, trouble: str
) -> None:
    async with desk(tmp_path) as one:
        await one.hit()
        await one.confirm("hit-1")
        one.wires.answers = [Told(Outcome.RETURNED, trouble)]
        await one.speak()
        await one.speak(3_600)
        assert (one.row().state, one.row().trouble) == ("confirmed", trouble)
        assert len(one.wires.heard) == 1
        (alert,) = one.alerts("station_failing")
        assert (alert.closed_at, alert.subject) == (None, "station:desk")
        await one.step("hit-1", What.SENT, act=acts.send_again)
        assert await refusal(one.step("hit-1", What.SENT, act=acts.send_again)) == "incident_step"
        await one.speak()
        assert one.wires.numbers == [1, 1]
        assert (one.row().state, one.row().trouble) == ("acknowledged", "")
        assert one.alerts("station_failing")[0].state == "closed"


async def test_a_station_that_never_answers(tmp_path: Path) -> None:
    async with desk(tmp_path) as one:
        await one.hit()
        await one.confirm("hit-1")
        one.wires.usual = Told(Outcome.AGAIN, "station_silent")
        await one.speak()
        assert (one.row().state, one.row().trouble) == ("sent", "station_silent")
        await one.speak()
        assert len(one.wires.heard) == 1  # not before its time
        for n in range(2, 5):
            await one.speak(600)
            assert len(one.wires.heard) == n
            assert len(one.alerts("station_failing")) == (n >= sending.FAILURES_TOLD)
        assert set(one.wires.numbers) == {1}
        first = one.wires.heard[0][1]
        assert all(message == first for _, message in one.wires.heard)
        # people telephone meanwhile; then nothing more is sent
        assert await one.step("hit-1", What.OTHERWISE, note="110, 14:20") == "handled"
        await one.speak(600)
        assert len(one.wires.heard) == 4
        assert one.log()[-1].what == "otherwise"


async def test_after_a_day_it_is_no_news_any_more(tmp_path: Path) -> None:
    async with desk(tmp_path) as one:
        await one.hit()
        await one.confirm("hit-1")
        one.wires.usual = Told(Outcome.AGAIN, "station_silent")
        await one.speak()
        await one.speak(sending.LIVES_S - 60)
        assert len(one.wires.heard) == 2
        await one.speak(sending.AGAIN_MOST_S)
        assert (one.row().state, one.row().trouble) == ("sent", "station_given_up")
        await one.speak(86_400)
        assert len(one.wires.heard) == 2


async def test_what_somebody_must_mend_is_not_tried_each_second(tmp_path: Path) -> None:
    async with desk(tmp_path) as one:
        await one.hit()
        await one.confirm("hit-1")
        one.wires.usual = Told(Outcome.AGAIN, "station_tls")
        await one.speak()
        await one.speak(sending.AGAIN_FIRST_S)
        assert len(one.wires.heard) == 1
        await one.speak(sending.UNMENDED_S)
        assert len(one.wires.heard) == 2


async def test_accepted_is_who_when_why_and_only_for_this_wire(tmp_path: Path) -> None:
    async with desk(tmp_path) as one:
        mark = one.hub.incidents.mark("desk")
        wish = sending.Accepted("desk", mark, GUARD, "letter 2026-31")
        await one.hit("played")
        await one.confirm("played")
        one.wires.answers = [Told(Outcome.AGAIN, "station_silent")]
        await one.speak()
        assert await one.hub.writer.submit(sending.accept, wish)
        await one.hit("meant")
        await one.confirm("meant")
        await one.speak(60)
        # what began as played stays so, or its copy would say another thing than the first did
        shown = [(m.pack.incident, m.pack.simulated) for _, m in one.wires.heard]
        assert sorted(shown) == [("meant", False), ("played", True), ("played", True)]
        assert (one.row("played").simulated, one.row("meant").simulated) == (True, False)
        (row,) = one.rows(t.stations)
        assert (row.accepted_by, row.accepted_basis) == (GUARD, "letter 2026-31")
        with one.hub.engines.read.connect() as connection:
            kinds = connection.execute(select(t.chain.c.kind)).scalars().all()
        assert kinds.count("station_accepted") == 1
        assert acts.read_link("desk", row, mark).accepted_at is not None
        assert acts.read_link("desk", row, "f" * 64).accepted_at is None
        # taken back: the next is played again, the copies of what was meant are not
        await one.hub.writer.submit(sending.accept, replace(wish, basis=""))
        one.wires.answers = [Told(Outcome.AGAIN, "station_silent")]
        await one.hit("after")
        await one.confirm("after")
        await one.speak()
        assert one.row("after").simulated


async def test_another_wire_was_not_accepted(tmp_path: Path) -> None:
    async with desk(tmp_path) as one:
        mark = one.hub.incidents.mark("desk")
        wish = sending.Accepted("desk", mark, GUARD, "letter 2026-31")
        await one.hub.writer.submit(sending.accept, wish)
    settings = tmp_path / "hub.toml"
    settings.write_text(settings.read_text().replace("127.0.0.1:8472", "127.0.0.2:8472"))
    async with desk(tmp_path) as one:
        await one.hit()
        await one.confirm("hit-1")
        await one.speak()
        assert one.wires.heard[0][1].pack.simulated


async def test_without_a_station_people_are_told_to_telephone(tmp_path: Path) -> None:
    async with desk(tmp_path, stations="") as one:
        await one.hit()
        await one.confirm("hit-1")
        await one.speak()
        assert one.wires.heard == []
        assert (one.row().state, one.row().trouble) == ("confirmed", "station_missing")
        assert await one.step("hit-1", What.OTHERWISE) == "handled"


async def test_a_station_that_is_gone_from_the_settings(tmp_path: Path) -> None:
    async with desk(tmp_path) as one:
        await one.hit()
        await one.confirm("hit-1")
    settings = tmp_path / "hub.toml"
    settings.write_text(settings.read_text().partition("[stations")[0])
    async with desk(tmp_path) as one:
        await one.speak()
        assert one.wires.heard == []
        assert (one.row().state, one.row().trouble) == ("confirmed", "station_missing")


async def test_somebody_is_called_to_look_until_somebody_looks(tmp_path: Path) -> None:
    async with desk(tmp_path) as one:
        await one.hit("hit-1")
        await one.hit("hit-2")
        (alert,) = one.alerts("incident_waiting")
        assert (alert.subject, alert.closed_at, alert.times) == ("door:d-1", None, 2)
        await one.step("hit-1", What.TAKEN_UP)
        assert one.alerts("incident_waiting")[0].closed_at is None
        await one.step("hit-2", What.TAKEN_UP)
        assert one.alerts("incident_waiting")[0].state == "closed"
        await one.step("hit-2", What.TAKEN_UP, OTHER)


async def test_a_camera_gone_mad_is_stopped_and_a_call_for_help_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(acts, "WAITING_MAX", 3)
    async with desk(tmp_path) as one:
        for n in range(3):
            await one.hit(f"hit-{n}", Kind.TAILGATE)
        assert await refusal(one.hit("hit-3", Kind.TAILGATE)) == "too_many"
        await one.hit("hit-2", Kind.TAILGATE)  # told twice is still no error
        await one.hit("panic-1", Kind.PANIC)
        await one.step("hit-0", What.TAKEN_UP)
        await one.hit("hit-3", Kind.TAILGATE)
        assert len(one.rows(t.incidents)) == 5


async def test_on_postgresql(tmp_path: Path, postgres_url: str) -> None:
    async with desk(tmp_path, database=postgres_url) as one:
        for name in ("hit-1", "hit-2"):
            await one.hit(name)
            await one.confirm(name)
        one.wires.answers = [Told(Outcome.AGAIN, "station_silent"), Told(Outcome.TAKEN)]
        await one.speak()
        await one.speak(600)
        assert {row.state for row in one.rows(t.incidents)} == {"acknowledged"}
        await one.step("hit-1", What.DISMISSED)
        await one.step("hit-2", What.HANDLED)
        await one.speak()
        assert one.row("hit-1").withdrawn
        one.bench.pass_s(31 * 86_400)
        await Keeping(one.hub.engines, one.hub.writer, one.hub.clock).run_once()
        assert [row.sealed for row in one.rows(t.incident_pictures)] == [None] * 4
        with one.hub.engines.read.connect() as connection:
            assert verify(connection).fine


async def test_an_export_of_the_log_names_no_victim(tmp_path: Path) -> None:
    import io  # noqa: PLC0415

    from hub.exporting import export  # noqa: PLC0415

    async with desk(tmp_path) as one:
        await one.hit("d-7", Kind.DURESS)
        await one.hit("hit-1")
        out = io.StringIO()
        with one.hub.engines.read.connect() as connection:
            export(connection, out, "log", "jsonl", None, None)
        assert "hit-1" in out.getvalue()
        assert "d-7" not in out.getvalue()


async def test_panic_goes_at_once(tmp_path: Path) -> None:
    async with desk(tmp_path) as one:
        await one.hit("panic-1", Kind.PANIC)
        await one.speak()
        ((_, message),) = one.wires.heard
        assert message.pack.confirmed_by == ""
        assert one.row("panic-1").state == "acknowledged"


async def test_pictures_are_sealed_and_go_when_their_time_has_come(tmp_path: Path) -> None:
    async with desk(tmp_path) as one:
        for name in ("open", "closed", "unseen"):
            await one.hit(name)
            if name != "unseen":
                await one.confirm(name)
        await one.speak()
        await one.step("closed", What.HANDLED)
        first = one.rows(t.incident_pictures)[0]
        assert JPEG not in first.sealed
        key = one.hub.keys.incident_key(first.incident_id)
        opened = evidence.unseal(first.sealed, key, first.incident_id, first.sha256)
        assert opened.startswith(JPEG)
        for wrong in (one.hub.keys.incident_key("another"), key):
            other = "another" if wrong is key else first.incident_id
            with pytest.raises(evidence.SealBroken):
                evidence.unseal(first.sealed, wrong, other, first.sha256)
        assert JPEG not in (tmp_path / "hub.db").read_bytes()

        keeping = Keeping(one.hub.engines, one.hub.writer, one.hub.clock)

        async def left(days: float) -> list[str]:
            one.bench.pass_s(days * 86_400)
            await keeping.run_once()
            return sorted({r.incident_id for r in one.rows(t.incident_pictures) if r.sealed})

        assert await left(6) == ["closed", "open", "unseen"]
        assert await left(2) == ["closed", "open"]  # nobody confirmed it for a week
        assert await left(23) == ["open"]  # thirty days after it was closed
        assert await left(300) == ["open"]  # not closed: somebody still needs it
        # what is left of a picture cannot be confirmed any more
        await one.step("unseen", What.TAKEN_UP)
        await one.look("unseen")
        assert await refusal(one.step("unseen", What.CONFIRMED)) in {
            "incident_unseen", "authority_missing",
        }  # fmt: skip


async def test_a_rule_forgets_whole_incidents(tmp_path: Path) -> None:
    from hub.acts.keeping import Keep, keep  # noqa: PLC0415

    async with desk(tmp_path) as one:
        for name in ("hit-1", "hit-2"):
            await one.hit(name)
            await one.confirm(name)
        await one.speak()
        await one.step("hit-1", What.HANDLED)
        for scope in ("incident_log", "incidents"):
            await one.hub.writer.submit(keep, Keep(scope, 180, "test"))
        one.bench.pass_s(181 * 86_400)
        keeping = Keeping(one.hub.engines, one.hub.writer, one.hub.clock)
        for _ in range(2):
            await keeping.run_once()
        assert [row.id for row in one.rows(t.incidents)] == ["hit-2"]
        assert {line.incident_id for line in one.rows(t.incident_log)} == {"hit-2"}
        assert {row.incident_id for row in one.rows(t.incident_pictures)} == {"hit-2"}
        with one.hub.engines.read.connect() as connection:
            assert verify(connection).fine


async def test_a_copy_that_was_brought_back_sends_nothing_twice(tmp_path: Path) -> None:
    from hub.acts.restoring import Restored, mark_restored  # noqa: PLC0415

    async with desk(tmp_path) as one:
        await one.hit()
        await one.confirm("hit-1")
        await one.speak()
        await one.hit("waits")
        await one.confirm("waits")  # in the copy; what the old machine did since, nobody knows
        await one.hub.writer.submit(mark_restored, Restored("mark", START.timestamp(), 1))
        await one.speak(60)
        assert one.wires.numbers == [1]
        assert (one.row("waits").state, one.row("waits").trouble) == (
            "confirmed",
            "station_restored",
        )
        await one.step("waits", What.SENT, act=acts.send_again)
        await one.speak()
        assert one.row("waits").trouble == ""
        assert one.wires.numbers[1] > 1_000  # meets no number that was given out since


@pytest.mark.parametrize("name", ["", "Hit", "a" * 41, "hit_1", "-hit"])
async def test_a_noticer_is_told_of_a_wrong_id(tmp_path: Path, name: str) -> None:
    async with desk(tmp_path) as one:
        with pytest.raises(ValueError, match="small letters"):
            await one.hit(name, Kind.FORCED)


async def test_a_quiet_line_is_known_before_it_is_needed(tmp_path: Path) -> None:
    async with desk(tmp_path) as one:
        one.wires.usual = Told(Outcome.AGAIN, "station_unreachable")
        for _ in range(3):
            await one.hub.incidents.beat("desk")
        (row,) = one.rows(t.stations)
        assert (row.failures, row.trouble) == (3, "station_unreachable")
        assert [row.closed_at for row in one.alerts("station_failing")] == [None]
        one.wires.usual = Told(Outcome.TAKEN)
        await one.hub.incidents.beat("desk")
        assert one.rows(t.stations)[0].failures == 0
        assert [row.state for row in one.alerts("station_failing")] == ["closed"]


async def test_a_message_that_our_own_fault_stops_stops_no_other(tmp_path: Path) -> None:
    async with desk(tmp_path) as one:
        await one.hit("hit-1")
        await one.confirm("hit-1")
        with one.hub.engines.write.begin() as connection:  # a row that nobody can read
            connection.execute(update(t.incidents).values(kind="no-such-kind"))
        await one.hit("hit-2")
        await one.confirm("hit-2")
        await one.speak()
        assert [m.pack.incident for _, m in one.wires.heard] == ["hit-2"]


async def test_the_desk_counts_no_duress(tmp_path: Path) -> None:
    from hub.metrics import expose  # noqa: PLC0415

    async with desk(tmp_path) as one:
        await one.hit("d-7", Kind.DURESS)
        await one.speak()
        assert len(one.wires.heard) == 1
        shown = expose(one.hub)
        assert "linli_incidents{" not in shown
        assert "linli_station_messages_total" not in shown
        await one.hit("hit-1")
        await one.confirm("hit-1")
        await one.speak()
        shown = expose(one.hub)
        assert 'linli_incidents{state="acknowledged"} 1' in shown
        assert 'linli_station_messages_total{station="desk",outcome="taken"} 1' in shown
