"""Alerts over HTTP: who may see and answer them, and what nobody else may even count."""

from pathlib import Path
from typing import Any

from sqlalchemy import select

from devices.messages import Life
from hub.acts import alerts as acts
from hub.acts.roster import RosterPart, load_part
from hub.live import recollect
from hub.store import tables as t
from tests.unit.alert_town import AlertTown, alert_town
from tests.unit.hub_bench import CLIENT

BOARD = "/api/v1/alerts"


async def board(town: AlertTown, query: str = "") -> dict[str, Any]:
    answer = await town.bench.http.get(BOARD + query)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def name_responder(town: AlertTown, staff: str, **more: Any) -> None:
    rows = [{"id": f"r-{staff}", "staff": staff, **more}]
    await town.hub.writer.submit(load_part, RosterPart("responders", rows, town.hub.keys.mark))


async def test_the_board_is_sorted_by_what_is_gravest_and_still_waits(tmp_path: Path) -> None:
    async with alert_town(tmp_path) as town:
        await town.bench.administrator()
        for kind in ("not_entered", "forced", "held", "fire", "tamper"):
            await town.alarm(kind)
            town.bench.pass_s(1)
        rows = (await board(town))["alerts"]
        assert [row["kind"] for row in rows] == ["fire", "tamper", "forced", "held", "not_entered"]
        tamper = rows[1]["id"]
        answer = await town.bench.http.post(f"{BOARD}/{tamper}/acknowledge", headers=CLIENT)
        assert answer.json() == {"state": "acknowledged"}
        rows = (await board(town))["alerts"]
        assert [row["kind"] for row in rows][:3] == ["fire", "forced", "tamper"]
        assert [who["name"] for who in rows[2]["acked_by"]] == ["admin"]
        assert (rows[1]["step"], rows[1]["steps"], rows[1]["called"]) == (1, 3, ["console", "desk"])
        assert rows[1]["next_called"] == ["phones"]


async def test_closing_wants_a_note_and_keeps_it(tmp_path: Path) -> None:
    async with alert_town(tmp_path) as town:
        await town.bench.administrator()
        name = await town.alarm("forced")
        path = f"{BOARD}/{name}/close"
        for wrong in ({}, {"note": ""}, {"note": "x" * 401}, {"note": "a\x00b"}):
            answer = await town.bench.http.post(path, json=wrong, headers=CLIENT)
            assert (answer.status_code, answer.json()["field"]) == (422, "note")
        answer = await town.bench.http.post(path, json={"note": "换了锁"}, headers=CLIENT)
        assert answer.json() == {"state": "closed"}
        assert (await board(town))["alerts"] == []
        detail = (await town.bench.http.get(f"{BOARD}/{name}")).json()
        assert detail["log"][-1] == {
            "at": detail["alert"]["closed_at"], "what": "closed", "name": "admin",
            "detail": "换了锁",
        }  # fmt: skip
        assert [one["id"] for one in (await board(town, "?state=closed"))["alerts"]] == [name]


async def test_closed_alerts_come_in_pages(tmp_path: Path) -> None:
    async with alert_town(tmp_path) as town:
        await town.bench.administrator()
        names = []
        for number in range(60):
            name = await town.alarm("tamper", f"device:d{number}")
            await town.hub.writer.submit(
                acts.close, acts.Ended(name, "staff:x", "n", lambda _kind: True)
            )
            names.append(name)
            town.bench.pass_s(1)
        first = await board(town, "?state=closed")
        second = await board(town, f"?state=closed&before={first['next']}")
        assert second["next"] is None
        shown = [one["id"] for one in first["alerts"] + second["alerts"]]
        assert shown == names[::-1]
        answer = await town.bench.http.get(f"{BOARD}?state=closed&before=fff")
        assert answer.status_code == 404


async def test_without_a_session_a_header_or_a_grant_nothing_is_told(tmp_path: Path) -> None:
    async with alert_town(tmp_path) as town:
        name = await town.alarm("forced")
        assert (await town.bench.http.get(BOARD)).status_code == 401
        await town.bench.administrator("dr", "operator")  # a role that has no business here
        for path in (BOARD, f"{BOARD}/{name}", "/api/v1/door-health"):
            answer = await town.bench.http.get(path)
            assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")
        answer = await town.bench.http.post(f"{BOARD}/{name}/acknowledge", headers=CLIENT)
        assert answer.json()["code"] == "not_allowed"
        await town.bench.administrator("guard", "property_staff")
        answer = await town.bench.http.post(f"{BOARD}/{name}/acknowledge")
        assert answer.json()["code"] == "client_header"
        assert town.one().state == "escalating"
        answer = await town.bench.http.post(f"{BOARD}/{name}/acknowledge", headers=CLIENT)
        assert answer.status_code == 200


async def test_duress_is_not_there_for_anybody_who_is_not_named(tmp_path: Path) -> None:
    async with alert_town(tmp_path) as town:
        await town.event("duress", person="p-1")
        await town.event("access", outcome=None, reason="granted", person="p-1")
        name = town.one().id
        await town.bench.administrator()
        page = await board(town)
        assert (page["alerts"], page["named"]) == ([], False)
        for path in (f"{BOARD}/{name}", f"{BOARD}/ffff"):
            answer = await town.bench.http.get(path)
            assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
        for what in ("acknowledge", "close"):
            answer = await town.bench.http.post(
                f"{BOARD}/{name}/{what}", json={"note": "x"}, headers=CLIENT
            )
            assert answer.json()["code"] == "not_found"
        events = (await town.bench.http.get("/api/v1/events")).json()["events"]
        assert [event["kind"] for event in events] == ["access"]
        with town.bench.hub.engines.read.connect() as connection:
            n = connection.execute(select(t.events.c.n).where(t.events.c.kind == "duress")).scalar()
        assert (await town.bench.http.get(f"/api/v1/events/{n}/why")).status_code == 404
        for path in ("doors/d-1/timeline", "people/p-1/timeline"):
            shown = (await town.bench.http.get(f"/api/v1/{path}")).json()["events"]
            assert [event["kind"] for event in shown] == ["access"], path
        recollect(town.bench.hub.engines, town.bench.hub.memory)  # a restart shows no more
        last = town.bench.hub.memory.doors["d-1"].last
        assert last is None or last["kind"] == "access"
        metrics = town.bench.http
        assert "duress" not in (await metrics.get("/metrics")).text
        health = (await town.bench.http.get("/api/v1/door-health")).json()["doors"]
        assert "duress" not in [one["kind"] for door in health for one in door["troubles"]]
        await name_responder(town, "admin")
        page = await board(town)
        assert [one["kind"] for one in page["alerts"]] == ["duress"]
        assert page["named"] is True
        answer = await town.bench.http.post(f"{BOARD}/{name}/acknowledge", headers=CLIENT)
        assert answer.json() == {"state": "acknowledged"}
        log = (await town.bench.http.get(f"{BOARD}/{name}")).json()["log"]
        assert (log[-1]["what"], log[-1]["name"]) == ("read", "admin")


async def test_a_responder_is_named_for_a_time(tmp_path: Path) -> None:
    async with alert_town(tmp_path) as town:
        await town.bench.administrator()
        await town.event("duress")
        until_s = town.bench.now.timestamp() + 60
        await name_responder(town, "admin", valid_to=until_s)
        assert len((await board(town))["alerts"]) == 1
        town.bench.pass_s(61)
        assert (await board(town))["alerts"] == []


async def test_a_steward_sees_and_answers_only_what_names_them(tmp_path: Path) -> None:
    async with alert_town(tmp_path) as town:
        rows = [{
            "id": "stewards", "kinds": ["held", "duress"], "mode": "all",
            "responders": ["person:p-1", "staff:x"],
            "steps": [{"after_s": 0, "outlets": ["console"]}],
        }]  # fmt: skip
        part = RosterPart("alert_policies", rows, town.hub.keys.mark)
        await town.hub.writer.submit(load_part, part)
        held, forced = await town.alarm("held"), await town.alarm("forced")
        duress = await town.alarm("duress")
        steward, stranger = await town.bench.phone("p-1"), await town.bench.phone("p-2")
        own = (await steward.send("GET", "/api/v1/me/alerts", None)).body
        assert ([one["id"] for one in own["alerts"]], own["responsible"]) == ([held], True)
        nothing = (await stranger.send("GET", "/api/v1/me/alerts", None)).body
        assert nothing == {"alerts": [], "responsible": False}
        path = "/api/v1/me/alerts/{}/acknowledge"
        for phone, name in ((stranger, held), (steward, forced), (steward, duress)):
            reply = await phone.send("POST", path.format(name), None)
            assert (reply.status, reply.body["code"]) == (404, "not_found")
        reply = await steward.send("POST", path.format(held), None)
        assert reply.body == {"state": "escalating"}  # a roll call: somebody is still missing
        await town.bench.administrator()
        shown = next(one for one in (await board(town))["alerts"] if one["id"] == held)
        assert [who["name"] for who in shown["acked_by"]] == ["沈桂芳"]
        assert [who["by"] for who in shown["waiting_for"]] == ["staff:x"]


async def test_each_door_says_whether_it_is_well_and_what_to_do(tmp_path: Path) -> None:
    async with alert_town(tmp_path) as town:
        await town.bench.administrator()
        town.online()
        await town.hub.alerting.watch()

        async def health() -> dict[str, Any]:
            return dict((await town.bench.http.get("/api/v1/door-health")).json())

        assert [door["well"] for door in (await health())["doors"]] == [False, False]
        device = town.hub.memory.devices["gate"]
        device.want = device.have = type(device.want)(1, 1)
        assert [door["well"] for door in (await health())["doors"]] == [True, True]
        assert (await board(town))["doors"]["well"] == 2
        assert (await board(town))["doors"]["checked_at"] is not None
        await town.alarm("held")
        doors = {door["door"]: door for door in (await health())["doors"]}
        (trouble,) = doors["d-1"]["troubles"]
        assert (trouble["kind"], trouble["cure"]["en"][:14]) == ("held", "Close the door")
        assert doors["d-2"]["well"]
        town.state("gate", Life.LOST)
        doors = {door["door"]: door for door in (await health())["doors"]}
        assert [one["kind"] for one in doors["d-1"]["troubles"]] == ["device_silent", "held"]
        assert [one["kind"] for one in doors["d-2"]["troubles"]] == ["device_silent"]


async def test_a_failing_outlet_stands_on_the_board(tmp_path: Path) -> None:
    async with alert_town(tmp_path) as town:
        await town.bench.administrator()
        town.hands.refusing["desk"] = ("code 310000", False)
        await town.event("forced")
        await town.turn(10)
        (failing,) = (await board(town))["failing"]
        assert (failing["id"], failing["fault"]) == ("desk", "code 310000")
        assert len(town.rows(t.outlets)) >= 1
