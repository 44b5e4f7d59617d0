"""Alerts in the store: with their facts, once, in the chain; calls at least once and told apart."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from hub.acts import alerts as acts
from hub.alerting import RETRY_FIRST_S, TRIES_MAX
from hub.core.errors import DomainError
from hub.store import tables as t
from hub.store.writer import StoreUnavailable
from tests.unit.alert_town import alert_town
from tests.unit.hub_bench import ROSTER, hub_bench


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> str:
    """The same tests on both databases."""
    return "" if request.param == "sqlite" else str(request.getfixturevalue("postgres_url"))


def everything(_kind: str) -> bool:
    return True


async def test_an_alarming_event_is_one_alert_however_often_it_comes(
    tmp_path: Path, database: str
) -> None:
    async with alert_town(tmp_path, database) as town:
        for _ in range(3):
            await town.event("forced")
        row = town.one()
        assert (row.kind, row.subject, row.times) == ("forced", "door:d-1", 3)
        assert row.open_key == "forced|door:d-1"
        await town.turn()
        assert [outlet for outlet, _ in town.hands.said] == ["desk"]
        assert [what for what, _ in town.log()] == ["raised", "step", "sent"]
        assert town.fine()


async def test_the_database_itself_refuses_a_second_open_alert(
    tmp_path: Path, database: str
) -> None:
    async with alert_town(tmp_path, database) as town:
        await town.event("forced")
        twin = {**town.one()._asdict(), "id": "ffff"}
        with pytest.raises(IntegrityError), town.hub.engines.write.begin() as connection:
            connection.execute(insert(t.alerts).values(**twin))


async def test_the_ladder_is_climbed_until_somebody_answers(tmp_path: Path) -> None:
    async with alert_town(tmp_path) as town:
        await town.event("forced")
        await town.turn(130)
        assert [outlet for outlet, _ in town.hands.said] == ["desk", "phones"]
        taken = acts.Taken(town.one().id, "staff:1", everything)
        assert await town.hub.writer.submit(acts.acknowledge, taken) == "acknowledged"
        await town.turn(3_600)
        assert [outlet for outlet, _ in town.hands.said] == ["desk", "phones"]
        row = town.one()
        assert (row.acked_by, row.next_step_at) == (["staff:1"], None)
        ended = acts.Ended(row.id, "staff:1", "a stuck lock, mended", everything)
        assert await town.hub.writer.submit(acts.close, ended) == "closed"
        again = acts.Ended(row.id, "staff:2", "another note", everything)
        assert await town.hub.writer.submit(acts.close, again) == "closed"
        with pytest.raises(DomainError):
            await town.hub.writer.submit(acts.acknowledge, taken)
        assert town.log()[-1] == ("closed", "a stuck lock, mended")
        assert town.fine()


async def test_the_last_step_repeats_so_that_nothing_falls_silent(tmp_path: Path) -> None:
    async with alert_town(tmp_path) as town:
        await town.event("forced")
        await town.turn(420 + 1_200)
        assert town.hands.keys("boss") == [f"{town.one().id}-1-{n}-boss" for n in (2, 3, 4)]


async def test_a_door_that_was_closed_ends_its_alert_and_says_so(tmp_path: Path) -> None:
    async with alert_town(tmp_path) as town:
        await town.event("held")
        await town.turn(10)
        await town.event("held_over")
        await town.turn(600)
        assert town.one().state == "closed"
        assert [message.title for _, message in town.hands.said] == [
            "【Village】Gate: Door held open", "【Village】Over: Gate: Door held open",
        ]  # fmt: skip


async def test_an_end_that_came_before_its_beginning_opens_nothing(tmp_path: Path) -> None:
    async with alert_town(tmp_path) as town:
        at_s = town.bench.now.timestamp()
        await town.event("held_over", at_s - 1)
        await town.event("held", at_s - 60)
        await town.turn(600)
        assert (town.one().state, town.one().times) == ("closed", 1)
        assert town.hands.said == []


async def test_what_is_late_changes_only_the_count(tmp_path: Path) -> None:
    async with alert_town(tmp_path) as town:
        at_s = town.bench.now.timestamp()
        await town.event("forced")
        town.bench.pass_s(60)
        ended = acts.Ended(town.one().id, "staff:1", "seen", everything)
        await town.hub.writer.submit(acts.close, ended)
        before = town.one()._asdict()
        await town.event("forced", at_s + 5, late=True)
        assert town.one()._asdict() == {**before, "times": 2, "last_at": at_s + 5}
        town.bench.pass_s(1)
        await town.event("forced")  # now: it is back
        assert (town.one().state, town.one().round) == ("escalating", 2)
        await town.turn()
        assert town.hands.keys() == [f"{before['id']}-2-0-desk"]


async def test_a_call_of_an_alert_that_was_taken_meanwhile_is_not_made(tmp_path: Path) -> None:
    async with alert_town(tmp_path) as town:
        await town.event("forced")
        taken = acts.Taken(town.one().id, "staff:1", everything)
        await town.hub.writer.submit(acts.acknowledge, taken)
        await town.turn(60)
        assert town.hands.said == []
        assert ("unneeded", "desk") in town.log()


async def test_a_storm_is_one_message(tmp_path: Path) -> None:
    async with alert_town(tmp_path) as town:
        for number in range(30):
            await town.alarm("device_silent", f"device:door-{number}")
        await town.turn()
        (message,) = [message for outlet, message in town.hands.said if outlet == "desk"]
        assert message.title == "【Village】30 alerts"
        assert message.text.count("Device silent") == 12
        assert "and 18 more" in message.text
        await town.turn(600)
        assert len(town.hands.keys("desk")) == 1


async def test_a_deaf_outlet_is_tried_again_told_and_the_next_one_used(tmp_path: Path) -> None:
    async with alert_town(tmp_path) as town:
        town.hands.refusing["desk"] = ("http 503", True)
        await town.event("forced")
        await town.turn(10)
        assert [outlet for outlet, _ in town.hands.said] == ["phones"]  # not after two minutes
        await town.turn(60)
        failing = [row for row in town.rows() if row.kind == "outlet_failing"]
        assert [row.subject for row in failing] == ["outlet:desk"]
        (outlet,) = [row for row in town.rows(t.outlets) if row.id == "desk"]
        assert (outlet.fault, outlet.failures >= 3) == ("http 503", True)
        town.hands.refusing.clear()
        await town.turn(200)
        assert len(town.hands.keys("desk")) >= 1
        (failing,) = [row for row in town.rows() if row.kind == "outlet_failing"]
        assert failing.state == "closed"
        (outlet,) = [row for row in town.rows(t.outlets) if row.id == "desk"]
        assert (outlet.failures, outlet.failing_since, outlet.fault) == (0, None, None)


async def test_retries_are_bounded_and_a_refusal_is_final(tmp_path: Path) -> None:
    async with alert_town(tmp_path) as town:
        town.hands.refusing = {"desk": ("http 503", True), "phones": ("code 310000", False)}
        await town.event("forced")
        name = town.one().id
        await town.turn(RETRY_FIRST_S * 2**TRIES_MAX + 600)
        calls = {row.id: row for row in town.rows(t.effects)}
        assert calls[f"{name}-1-0-desk"].tries == TRIES_MAX - 1  # those put off, and the last one
        assert calls[f"{name}-1-1-phones"].tries == 0
        assert all(row.done_at for key, row in calls.items() if key.startswith(f"{name}-1-0"))
        assert ("given_up", "desk: http 503") in town.log()
        assert ("given_up", "phones: code 310000") in town.log()


async def test_a_bug_of_an_outlet_is_an_outlet_that_fails(tmp_path: Path) -> None:
    async with alert_town(tmp_path) as town:
        town.hands.broken.add("desk")
        await town.event("forced")
        await town.turn(60)
        (outlet,) = [row for row in town.rows(t.outlets) if row.id == "desk"]
        assert outlet.fault == "ZeroDivisionError"
        assert "phones" in [outlet for outlet, _ in town.hands.said]


async def test_one_outlet_that_hangs_holds_up_no_other(tmp_path: Path) -> None:
    async with alert_town(tmp_path) as town:
        never = asyncio.Event()
        say = town.hands.say

        async def slow(outlet: str, message: Any) -> None:
            if outlet == "desk":
                await never.wait()
            await say(outlet, message)

        town.hands.say = slow  # type: ignore[method-assign]
        await town.event("forced")
        for _ in range(40):
            await town.hub.alerting.climb()
            await town.hub.alerting.speak()
            town.bench.pass_s(5)
            await asyncio.sleep(0)
        assert [outlet for outlet, _ in town.hands.said] == ["phones"]
        never.set()
        await town.speak()


async def test_a_conflict_and_a_forged_card_are_alerts(tmp_path: Path) -> None:
    async with alert_town(tmp_path) as town:
        await town.event("access", reason="credential_forged")
        town.seq -= 1
        await town.event("access", reason="granted")  # the same number, another content
        assert {(row.kind, row.subject) for row in town.rows()} == {
            ("credential_forged", "door:d-1"), ("event_conflict", "device:gate"),
        }  # fmt: skip


async def test_a_clock_that_nobody_signed_says_no_time(tmp_path: Path) -> None:
    from devices.messages import ClockQuality, Event  # noqa: PLC0415 (beside its one use)
    from hub.acts.events import Heard, hear  # noqa: PLC0415

    async with alert_town(tmp_path) as town:
        event = Event("1-b", 1, 12.0, ClockQuality.FREE, "forced", door=1)
        await town.hub.writer.submit(hear, Heard("gate", event, "d-1"))
        assert town.one().opened_at == town.bench.now.timestamp()


async def test_duress_is_heard_by_its_own_outlet_and_announced_to_nobody(tmp_path: Path) -> None:
    async with alert_town(tmp_path) as town:
        announced: list[tuple[str, Any]] = []
        town.hub.ingest.announce = lambda kind, body: announced.append((kind, body))
        await town.event("duress", person="p-1")
        await town.turn(900)
        assert {outlet for outlet, _ in town.hands.said} == {"guard"}
        assert [body for kind, body in announced if kind in ("event", "alert")] == []
        assert all("沈桂芳" not in message.text for _, message in town.hands.said)
        with town.hub.engines.read.connect() as connection:
            assert acts.count_open(connection) == 0
        await town.event("forced")
        assert [kind for kind, _ in announced] == ["event", "alert"]


async def test_a_policy_is_judged_when_it_is_loaded(tmp_path: Path) -> None:
    from hub.acts.roster import RosterPart, load_part  # noqa: PLC0415 (beside its one use)

    good: dict[str, Any] = {
        "id": "p", "kinds": ["forced"], "steps": [{"after_s": 0, "outlets": ["desk"]}],
    }  # fmt: skip
    wrongs: list[dict[str, Any]] = [
        {"id": "default"}, {"kinds": []}, {"kinds": ["no_such"]}, {"steps": []},
        {"steps": [{"after_s": -1, "outlets": ["desk"]}]}, {"steps": [{"after_s": 0}]},
        {"steps": [{"after_s": 0, "outlets": []}]}, {"repeat_s": 5}, {"mode": "some"},
        {"responders": ["admin"]}, {"least": "grave"},
    ]  # fmt: skip
    async with hub_bench(tmp_path) as bench:
        for wrong in wrongs:
            part = RosterPart("alert_policies", [{**good, **wrong}], bench.hub.keys.mark)
            with pytest.raises(DomainError) as refused:
                await bench.hub.writer.submit(load_part, part)
            assert next(iter(wrong)) in refused.value.detail
        part = RosterPart("alert_policies", [good], bench.hub.keys.mark)
        assert await bench.hub.writer.submit(load_part, part) == 1
        assert await bench.hub.writer.submit(load_part, part) == 1
    assert "alert_policies" not in ROSTER


async def test_what_was_said_while_the_store_was_away_is_not_said_again(tmp_path: Path) -> None:
    async with alert_town(tmp_path) as town:
        await town.event("forced")
        submit, away = town.hub.writer.submit, [True]

        def sick(act: Any, request: object, *more: Any) -> Any:
            if act is acts.note_spoken and away[0]:
                raise StoreUnavailable("disk")
            return submit(act, request, *more)

        town.hub.writer.submit = sick
        for _ in range(5):
            await town.speak()
        assert town.hands.keys("desk") == [f"{town.one().id}-1-0-desk"]
        away[0] = False
        for _ in range(3):
            await town.speak()
        assert len(town.hands.keys("desk")) == 1
        assert ("sent", "desk") in town.log()


async def test_an_alert_that_trips_us_holds_up_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with alert_town(tmp_path) as town:
        bad = await town.alarm("forced", "door:d-1")
        await town.alarm("forced", "door:d-2")
        await town.turn()
        good = acts._bound

        def brittle(tx: Any, alert: Any) -> Any:
            if alert.id == bad:
                raise ZeroDivisionError("a bug")
            return good(tx, alert)

        monkeypatch.setattr(acts, "_bound", brittle)
        town.bench.pass_s(130)
        for _ in range(4):
            await town.hub.alerting.climb()
        await town.speak()
        assert len(town.rows(t.quarantine)) == 1  # not one for every look
        assert len(town.hands.keys("phones")) == 1
