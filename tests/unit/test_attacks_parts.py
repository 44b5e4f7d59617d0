"""What shows itself only where parts meet: two owners of one thing, two ways to one secret."""

import asyncio
import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from devices.access import DoorPolicy, Policy, Request, Rule, State, Visit, Way, decide
from devices.messages import ClockQuality, Event, Revision
from hub.acts import alerts
from hub.acts.events import Heard, hear
from hub.acts.roster import RosterPart, load_part
from hub.exporting import export
from hub.store import tables as t
from tests.unit.alert_town import alert_town
from tests.unit.ha_house import house
from tests.unit.hub_bench import CLIENT, HubBench, hub_bench
from tests.unit.test_operating import ROOMS


async def test_nobody_feels_his_way_to_a_closed_duress_alert(tmp_path: Path) -> None:
    """Ids are short numbers; a page that begins after one must not say whether it is there."""
    async with alert_town(tmp_path) as town:
        await town.bench.administrator()
        hidden = await town.alarm("duress")
        ended = alerts.Ended(hidden, "staff:x", "well again", lambda _kind: True)
        await town.hub.writer.submit(alerts.close, ended)
        page = "/api/v1/alerts?state=closed&before="
        told = [await town.bench.http.get(page + name) for name in (hidden, "fffffff")]
        assert [answer.status_code for answer in told] == [404, 404]


async def test_home_assistant_takes_back_no_mode_that_staff_set_after_it(tmp_path: Path) -> None:
    """What it locked down once is not its own for ever: staff locked it down since."""
    async with house(tmp_path) as home:
        secret = await home.bench.administrator()
        await home.wish(op="SetDoorMode", mode="LockedDown")
        home.bench.pass_s(30)
        asked = {"mode": "LockedDown", "reason": "a knife", "otp": home.bench.otp(secret)}
        url = "/api/v1/doors/d-1/mode"
        assert (await home.bench.http.put(url, json=asked, headers=CLIENT)).is_success
        await home.wish(op="SetDoorMode", mode="Locked")
        assert [row.mode for row in home.rows(t.doors) if row.id == "d-1"] == ["LockedDown"]
        assert home.bridge.counters["mode_refused"] == 1


# --------------------------------------------------------------------------- the live stream


async def stream(bench: HubBench, more: Any, **headers: str) -> bytes:
    """What the live stream says until it ends: what was missed, then whatever ``more`` makes."""
    cookie = "; ".join(f"{name}={value}" for name, value in bench.http.cookies.items())
    heads = {"cookie": cookie, **{name.replace("_", "-"): text for name, text in headers.items()}}
    scope = {
        "type": "http", "method": "GET", "path": "/api/v1/live", "raw_path": b"/api/v1/live",
        "query_string": b"", "http_version": "1.1", "scheme": "http", "root_path": "",
        "server": ("hub", 80), "client": ("127.0.0.1", 1),
        "headers": [(name.encode(), text.encode()) for name, text in heads.items()],
    }  # fmt: skip
    said: list[bytes] = []

    async def receive() -> dict[str, Any]:
        await asyncio.Event().wait()
        return {}

    async def send(message: dict[str, Any]) -> None:
        said.append(message.get("body", b""))
        if message.get("body", b"").startswith(b"retry"):
            more()

    app: Any = bench.http._transport.app  # type: ignore[attr-defined]
    async with asyncio.timeout(10):
        await app(scope, receive, send)
    return b"".join(said)


@pytest.mark.parametrize(("role", "hears"), [("officer", False), ("property_staff", True)])
async def test_the_live_stream_tells_no_more_than_the_lists(
    tmp_path: Path, role: str, hears: bool
) -> None:
    """An officer stops cards; who came and went is not theirs, by no way of asking."""
    async with alert_town(tmp_path) as town:
        bench = town.bench
        await bench.administrator(role=role)
        await town.event("access", person="p-1")
        assert ((await bench.http.get("/api/v1/events")).status_code == 200) is hears
        live = bench.hub.live
        row = {"door": "d-1", "n": 7, "at": 1.0, "recorded_at": 1.0, "person": "p-1"}

        def happen() -> None:
            live.announce("event", row)
            live.announce("door", {"id": "d-1"})
            live.announce("alert", {"id": "a1", "state": "raised"})
            live.close()

        told = await stream(bench, happen, last_event_id="0")
        assert b"event: door" in told
        assert (b"p-1" in told, b"event: event" in told, b"event: alert" in told) == (hears,) * 3
        console = await bench.http.get("/api/v1/console")
        assert ("p-1" in console.text) is hears


async def test_who_is_signed_out_hears_nothing_more(tmp_path: Path) -> None:
    """A stream that was opened once would outlive the session, and the employment."""
    async with hub_bench(tmp_path) as bench:
        await bench.administrator()

        def happen() -> None:
            bench.pass_s(30 * 86_400)
            bench.hub.live.announce("lockdown", {"building": "1", "active": True})

        assert b"lockdown" not in await stream(bench, happen)


# --------------------------------------------------------------------------- PINs


async def test_nobody_finds_a_pin_of_the_home_by_trying_to_take_it(tmp_path: Path) -> None:
    """A taken PIN is refused, a duress PIN above all: whoever may ask often enough knows it."""
    async with hub_bench(tmp_path) as bench:
        row = {"id": "p-3", "household_id": "h-1", "name": "x"}
        await bench.hub.writer.submit(load_part, RosterPart("people", [row], bench.hub.keys.mark))
        victim, other = await bench.phone("p-1"), await bench.phone("p-3")
        own = {"pin": "258013", "duress": "147014"}
        assert (await victim.send("PUT", "/api/v1/me/pin", own)).status == 204
        told = [
            await other.send("PUT", "/api/v1/me/pin", {"pin": f"1470{n}"}) for n in range(55, 71)
        ]
        assert told[0].status == 204
        assert told[-1].body["code"] == "too_many"
        assert (await (await bench.phone("p-2")).send("PUT", "/api/v1/me/pin", own)).status == 204


# --------------------------------------------------------------------------- places


@pytest.mark.parametrize(
    ("told", "place"),
    [
        ([("gate", "d-3", "lab", 4e9), ("attic", "d-4", "-", 0)], ""),  # a clock of another century
        ([("gate", "d-3", "lab", 0), ("gate", "d-1", "-", 1)], "lab"),  # leads to no area
        ([("attic", "d-4", "-", 0), ("attic", "d-4", "lab", 1)], ""),  # leads out, says in
    ],
)
async def test_a_controller_says_only_who_passed_its_own_doors_and_not_before_it_was(
    tmp_path: Path, told: list[tuple[str, str, str, float]], place: str
) -> None:
    """Else one stolen or confused controller locks somebody out of every door with passback."""
    async with hub_bench(tmp_path) as bench:
        for kind, rows in ROOMS.items():
            part = RosterPart(kind, rows, bench.hub.keys.mark)
            await bench.hub.writer.submit(load_part, part)
        bench.hub.memory.reload()
        for seq, (device, door, area, later_s) in enumerate(told, 1):
            at_s = bench.now.timestamp() + later_s
            event = Event("b", seq, at_s, ClockQuality.RTC, "entered", person="p-2",
                          content={"area": area})  # fmt: skip
            await bench.hub.writer.submit(hear, Heard(device, event, door))
            bench.pass_s(60)
        bench.hub.zones.publish()
        assert bench.hub.zones.places["p-2"].area == place


# --------------------------------------------------------------------------- the log


async def test_an_exported_log_tells_of_duress_only_to_whom_it_is_meant_for(tmp_path: Path) -> None:
    """The file goes to the property company; the one under duress may live with its reader."""
    async with alert_town(tmp_path) as town:
        await town.event("duress", person="p-1", reason="duress")
        await town.event("access", person="p-1", reason="granted")

        def exported(*, duress: bool) -> list[dict[str, Any]]:
            out = io.StringIO()
            with town.hub.engines.read.connect() as connection:
                export(connection, out, "log", "jsonl", None, None, duress=duress)
            return [json.loads(line) for line in out.getvalue().splitlines()]

        told, whole = exported(duress=False), exported(duress=True)
        assert [row["hash"] for row in told] == [row["hash"] for row in whole]
        assert "duress" in json.dumps(whole)
        assert "duress" not in json.dumps(told)
        hidden = [row["n"] for row, full in zip(told, whole, strict=True) if row != full]
        kinds = [row["kind"] for row in whole if row["n"] in hidden]
        assert kinds[0] == "events"
        assert set(kinds[1:]) == {"alert_log"}
        assert [row["body"]["kind"] for row in told if row["kind"] == "events" and row["body"]] == [
            "access"
        ]


# --------------------------------------------------------------------------- passes


def test_a_door_full_of_guests_takes_guests_again_tomorrow(monkeypatch: Any) -> None:
    """Only a let-in guest made room for others; once full, nobody was let in any more."""
    monkeypatch.setattr("devices.guests.VISITS_MAX", 3)
    monkeypatch.setattr("devices.facts.VISITS_MAX", 3)
    door = DoorPolicy(1, rules={"r": Rule()}, people={"host": ("r",)})
    policy = Policy(Revision(1, 1), ZoneInfo("UTC"), {}, frozenset(), {1: door})
    state, now = State(), datetime(2026, 11, 26, tzinfo=UTC)

    def shows(name: str, at: datetime) -> str:
        nonlocal state
        from_s = at.timestamp() - 60
        visit = Visit(name, (1,), from_s, from_s + 3_600, "host")
        decision, state = decide(policy, state, Request(1, Way.PASS, visit=visit), at)
        return decision.reason

    assert [shows(f"v-{n}", now) for n in range(4)] == ["granted"] * 3 + ["too_many"]
    assert shows("v-9", now + timedelta(days=1)) == "granted"
