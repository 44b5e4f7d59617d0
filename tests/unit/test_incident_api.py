"""Incidents over HTTP: who may see and decide, what a page cannot pretend, what is handed over."""

import hashlib
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from devices.jws import open_jws
from drivers import cap
from hub.acts.alerts import Alarm, alarm
from hub.acts.roster import RosterPart, load_part
from hub.acts.stations import Accepted
from hub.core.evidence_file import SIGNED_AS
from hub.core.policelink import Kind
from hub.store import tables as t
from tests.unit.hub_bench import CLIENT
from tests.unit.incident_town import JPEG, Desk, desk

BOARD = "/api/v1/incidents"
NOTE = {"note": "seen"}


async def get(one: Desk, path: str = "") -> Any:
    return await one.bench.http.get(BOARD + path)


async def post(one: Desk, path: str, body: object = None, **headers: str) -> Any:
    return await one.bench.http.post(f"/api/v1/{path}", json=body, headers=CLIENT | headers)


async def code(waited: Any) -> str:
    answer = await waited
    assert not answer.is_success, answer.text
    return str(answer.json()["code"])


async def ids(one: Desk, query: str = "") -> list[str]:
    return [row["id"] for row in (await get(one, query)).json()["incidents"]]


async def name_responder(one: Desk, staff: str) -> None:
    rows = [{"id": f"r-{staff}", "staff": staff}]
    await one.hub.writer.submit(load_part, RosterPart("responders", rows, one.hub.keys.mark))


async def see_both(one: Desk, name: str = "hit-1") -> list[str]:
    shown = []
    for n in (0, 1):
        answer = await get(one, f"/{name}/pictures/{n}")
        assert answer.headers["content-type"] == "image/jpeg"
        assert answer.headers["cache-control"] == "no-store"
        shown.append(hashlib.sha256(answer.content).hexdigest())
    return shown


async def test_a_hit_is_reviewed_confirmed_and_sent(tmp_path: Path) -> None:
    async with desk(tmp_path) as one:
        await one.bench.administrator()
        await one.hit()
        (row,) = (await get(one)).json()["incidents"]
        assert (row["state"], row["kind"], row["simulated"]) == ("detected", "watch_list", True)
        assert [each["role"] for each in row["pictures"]] == ["scene", "listed"]
        assert row["order"]["authority"] == "ps-riverside"
        assert (await post(one, "incidents/hit-1/take-up")).json()["state"] == "reviewing"
        seen = {"seen": [each["sha256"] for each in row["pictures"]]}
        assert await code(post(one, "incidents/hit-1/confirm", seen)) == "incident_unseen"
        assert await see_both(one) == seen["seen"]
        assert await code(post(one, "incidents/hit-1/confirm", {"seen": []})) == "incident_unseen"
        assert (await post(one, "incidents/hit-1/confirm", seen)).json()["state"] == "confirmed"
        (row,) = (await get(one)).json()["incidents"]
        assert (row["queued"], row["mine"], row["reviewer"]) == (True, True, "admin")
        await one.speak()
        detail = (await get(one, "/hit-1")).json()
        assert detail["incident"]["state"] == "acknowledged"
        assert detail["incident"]["message"] == "hit-1-1"
        ((_, message),) = one.wires.heard
        assert detail["pack_sha256"] == message.pack.sha256
        assert [line["name"] for line in detail["log"]] == [
            "rule:watch-1", "admin", "admin", "hub", "desk",
        ]  # fmt: skip
        # every look stands in the log of who read what
        read = [row.object for row in one.rows(t.access_log)]
        assert read[:2] == ["incident:hit-1:picture:0", "incident:hit-1:picture:1"]
        assert "incident:hit-1" in read
        assert (await post(one, "incidents/hit-1/handle", NOTE)).json()["state"] == "handled"
        assert await ids(one) == []
        assert await ids(one, "?state=closed") == ["hit-1"]


async def test_dismissed_is_gone_from_sight_and_from_the_board(tmp_path: Path) -> None:
    async with desk(tmp_path) as one:
        await one.bench.administrator()
        await one.hit()
        await post(one, "incidents/hit-1/take-up")
        for wrong in ({}, {"note": ""}, {"note": "x" * 401}, {"note": "a\x00b"}):
            answer = await post(one, "incidents/hit-1/dismiss", wrong)
            assert (answer.status_code, answer.json()["field"]) == (422, "note")
        answer = await post(one, "incidents/hit-1/dismiss", {"note": "表弟"})
        assert answer.json() == {"id": "hit-1", "state": "false_alarm"}
        assert await ids(one) == []
        assert await code(get(one, "/hit-1/pictures/0")) == "picture_gone"
        detail = (await get(one, "/hit-1")).json()
        assert detail["log"][-1]["detail"] == "表弟"
        assert detail["pack_sha256"] is None
        assert all(each["gone"] for each in detail["incident"]["pictures"])
        assert await code(post(one, "incidents/hit-1/pack")) == "incident_step"


async def test_a_false_alarm_stays_on_the_board_until_the_station_knows(tmp_path: Path) -> None:
    async with desk(tmp_path) as one:
        await one.bench.administrator()
        await one.hit()
        await one.confirm("hit-1")
        await one.speak()
        await post(one, "incidents/hit-1/dismiss", NOTE)
        (row,) = (await get(one)).json()["incidents"]
        assert (row["owes_withdrawal"], row["queued"]) == (True, True)
        await one.speak()
        assert await ids(one) == []


async def test_who_may_what(tmp_path: Path) -> None:
    async with desk(tmp_path) as one:
        await one.hit()
        steps = ("take-up", "dismiss", "handle", "send", "pack", "confirm")
        nobody = [get(one), get(one, "/hit-1"), get(one, "/hit-1/pictures/0")]
        nobody += [post(one, f"incidents/hit-1/{step}", NOTE | {"seen": []}) for step in steps]
        nobody.append(post(one, "stations/desk/accept", {"basis": "x"}))
        assert [await code(each) for each in nobody] == ["signed_out"] * len(nobody)
        await one.bench.administrator("officer", role="officer")
        assert await code(get(one)) == "not_allowed"
        assert await code(get(one, "/hit-1/pictures/0")) == "not_allowed"
        assert await code(post(one, "incidents/hit-1/take-up")) == "not_allowed"
        await one.bench.administrator("guard", role="property_staff")
        assert (await get(one)).json()["may"] == {
            "review": True, "export": False, "accept": False,
        }  # fmt: skip
        bare = await one.bench.http.post(f"{BOARD}/hit-1/take-up")
        assert bare.json()["code"] == "client_header"
        await post(one, "incidents/hit-1/take-up")
        await see_both(one)
        await post(one, "incidents/hit-1/confirm", {"seen": one.hashes("hit-1")})
        assert await code(post(one, "incidents/hit-1/pack")) == "not_allowed"
        assert await code(post(one, "stations/desk/accept", {"basis": "x"})) == "not_allowed"
        assert await code(post(one, "stations/desk/end")) == "not_allowed"
        await one.bench.administrator()
        assert (await post(one, "incidents/hit-1/pack")).is_success
        assert await code(post(one, "incidents/hit-9/take-up")) == "not_found"
        assert await code(get(one, "/hit-1/pictures/7")) == "not_found"


async def test_duress_is_there_for_named_responders_alone(tmp_path: Path) -> None:
    async with desk(tmp_path) as one:
        await one.bench.administrator("other")
        at_s = one.bench.now.timestamp()
        alert = await one.hub.writer.submit(alarm, Alarm("duress", "door:d-1", at_s))
        listening = one.hub.live.listen()
        assert await code(post(one, f"alerts/{alert}/incident")) == "not_found"
        await one.bench.administrator("named")
        await name_responder(one, "named")
        answer = (await post(one, f"alerts/{alert}/incident")).json()
        assert answer["state"] == "confirmed"  # who was forced has said so: it goes at once
        again = (await post(one, f"alerts/{alert}/incident")).json()
        assert again == answer
        name = answer["id"]
        await one.speak()
        assert len(one.wires.heard) == 1
        assert await ids(one) == [name]
        detail = (await get(one, f"/{name}")).json()
        assert detail["incident"]["restricted"]
        assert detail["log"][-1]["what"] == "read"
        # a look at it stands in its own log: the other one may leave the house
        assert not [row for row in one.rows(t.access_log) if name in row.object]
        await post(one, "staff/sign-out")
        await one.bench.administrator("third")
        assert await ids(one) == []
        assert await code(get(one, f"/{name}")) == "not_found"
        assert await code(post(one, f"incidents/{name}/handle", NOTE)) == "not_found"
        assert await code(post(one, f"incidents/{name}/pack")) == "not_found"
        assert await ids(one, "?state=closed") == []
        said = []
        while listening is not None and not listening.empty():
            said.append(listening.get_nowait() or b"")
        assert b"incident" not in b"".join(said)


async def test_of_others_every_page_hears(tmp_path: Path) -> None:
    async with desk(tmp_path) as one:
        listening = one.hub.live.listen()
        assert listening is not None
        await one.hit()
        said = []
        while not listening.empty():
            said.append(listening.get_nowait() or b"")
        assert b'event: incident\ndata: {"id":"hit-1","state":"detected"}\n\n' in said


@pytest.mark.parametrize("kind", ["forced", "fire", "tamper"])
async def test_an_alert_becomes_an_incident_that_still_wants_a_review(
    tmp_path: Path, kind: str
) -> None:
    async with desk(tmp_path) as one:
        await one.bench.administrator()
        at_s = one.bench.now.timestamp()
        alert = await one.hub.writer.submit(alarm, Alarm(kind, "door:d-2", at_s))
        answer = (await post(one, f"alerts/{alert}/incident")).json()
        assert answer["state"] == "detected"
        (row,) = (await get(one)).json()["incidents"]
        assert (row["kind"], row["door"], row["source"]) == (kind, "d-2", "alert")
        await one.speak()
        assert one.wires.heard == []


async def test_what_is_no_incident(tmp_path: Path) -> None:
    async with desk(tmp_path) as one:
        await one.bench.administrator()
        at_s = one.bench.now.timestamp()
        for kind, subject in (("held", "door:d-1"), ("tamper", "device:gate")):
            alert = await one.hub.writer.submit(alarm, Alarm(kind, subject, at_s))
            assert await code(post(one, f"alerts/{alert}/incident")) == "incident_step"
        assert await code(post(one, "alerts/ffff/incident")) == "not_found"
        alert = await one.hub.writer.submit(alarm, Alarm("forced", "door:d-1", at_s))
        await post(one, f"alerts/{alert}/close", NOTE)
        assert await code(post(one, f"alerts/{alert}/incident")) == "alert_closed"
        assert one.rows(t.incidents) == []


async def test_by_hand_once_and_never_past_a_review(tmp_path: Path) -> None:
    async with desk(tmp_path) as one:
        await one.bench.administrator()
        body = {"key": "0123456789abcdef", "kind": "repeated", "door": "d-1", "note": "红衣"}
        first = (await post(one, "incidents", body)).json()
        assert first == (await post(one, "incidents", body)).json()
        assert first["state"] == "detected"
        assert len(one.rows(t.incidents)) == 1
        for wrong in (
            {"kind": "watch_list"}, {"kind": "duress"}, {"kind": "panic"}, {"key": "x"},
            {"door": ""}, {"note": "x" * 401}, {"note": "a\x00"},
        ):  # fmt: skip
            assert await code(post(one, "incidents", body | wrong)) == "field_wrong"
        assert await code(post(one, "incidents", body | {"key": "f" * 16, "door": "x"})) == (
            "not_found"
        )
        await one.speak()
        assert one.wires.heard == []
        # what somebody wrote stays in the house
        await post(one, f"incidents/{first['id']}/take-up")
        await post(one, f"incidents/{first['id']}/confirm", {"seen": []})
        await one.speak()
        ((_, message),) = one.wires.heard
        assert "红衣" not in json.dumps(message.pack.body(), ensure_ascii=False)


async def test_the_evidence_as_a_file(tmp_path: Path) -> None:
    async with desk(tmp_path) as one:
        await one.bench.administrator()
        await one.hit()
        await post(one, "incidents/hit-1/take-up")
        assert await code(post(one, "incidents/hit-1/pack")) == "incident_step"
        await see_both(one)
        await post(one, "incidents/hit-1/confirm", {"seen": one.hashes("hit-1")})
        await one.speak()
        answer = await post(one, "incidents/hit-1/pack")
        assert "hit-1.zip" in answer.headers["content-disposition"]
        with zipfile.ZipFile(io.BytesIO(answer.content)) as held:
            files = {name: held.read(name) for name in held.namelist()}
        key = one.hub.keys.audit_public()
        claims = open_jws(files["signature.jws"], SIGNED_AS, lambda _kid: key)
        assert isinstance(claims, dict), claims
        assert claims["simulated"]
        assert claims["files"] == {
            name: hashlib.sha256(raw).hexdigest()
            for name, raw in files.items()
            if name not in ("signature.jws", "verify.json")
        }
        assert json.loads(files["verify.json"])["ed25519"] == key.public_bytes_raw().hex()
        pack = json.loads(files["pack.json"])
        shown = {each["sha256"] for each in pack["pictures"]}
        kept = [raw for name, raw in files.items() if name.startswith("pictures/")]
        assert {hashlib.sha256(raw).hexdigest() for raw in kept} == shown
        assert all(raw.startswith(JPEG) for raw in kept)
        alert = cap.read(files["alert.cap.xml"])
        assert (alert.incidents, alert.status) == (("hit-1",), cap.Status.TEST)
        assert "admin" not in repr([files["pack.json"], files["alert.cap.xml"]])
        line = one.log()[-1]
        assert (line.what, line.detail) == ("exported", one.wires.heard[0][1].pack.sha256)


async def test_a_station_is_accepted_by_somebody_on_a_basis(tmp_path: Path) -> None:
    async with desk(tmp_path) as one:
        await one.bench.administrator()
        (shown,) = (await get(one)).json()["stations"]
        assert (shown["id"], shown["accepted_at"]) == ("desk", None)
        for wrong in ({}, {"basis": ""}, {"basis": "x" * 201}):
            assert await code(post(one, "stations/desk/accept", wrong)) == "field_wrong"
        assert await code(post(one, "stations/other/accept", {"basis": "x"})) == "not_found"
        answer = await post(one, "stations/desk/accept", {"basis": "letter 2026-31"})
        assert answer.json() == {"accepted": True}
        (shown,) = (await get(one)).json()["stations"]
        assert (shown["accepted_by"], shown["basis"]) == ("admin", "letter 2026-31")
        assert shown["accepted_at"] is not None
        await one.hit("hit-1", Kind.FORCED)
        assert not (await get(one)).json()["incidents"][0]["simulated"]
        assert (await post(one, "stations/desk/end")).json() == {"accepted": False}
        assert (await get(one)).json()["incidents"][0]["simulated"]
        assert Accepted("desk", "", "", "secret").for_quarantine() == "desk"


async def test_closed_ones_come_in_pages(tmp_path: Path) -> None:
    async with desk(tmp_path) as one:
        await one.bench.administrator()
        for n in range(53):
            await one.hit(f"hit-{n}", Kind.FORCED)
            one.bench.pass_s(1)
            await post(one, f"incidents/hit-{n}/take-up")
            await post(one, f"incidents/hit-{n}/dismiss", NOTE)
        page = (await get(one, "?state=closed")).json()
        assert (len(page["incidents"]), page["incidents"][0]["id"]) == (50, "hit-52")
        page = (await get(one, f"?state=closed&before={page['next']}")).json()
        assert [row["id"] for row in page["incidents"]] == ["hit-2", "hit-1", "hit-0"]
        assert page["next"] is None
        assert await code(get(one, "?state=closed&before=hit-99")) == "not_found"
        assert await code(get(one, "?state=closed&before=HIT")) == "field_wrong"
