"""What the document promises is what the hub answers, member by member, for every operation."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select

from devices.identity import Identity
from devices.jws import b64
from devices.messages import ClockQuality, DoorCondition, Event, Life, Outcome, Revision, StateNote
from drivers.ntag424_desk import personalise
from hub.acts.events import Heard, hear
from hub.acts.issuing import NewCard, issue_card
from hub.acts.policies import Adoptee, adopt
from hub.acts.restoring import Restored, mark_restored
from hub.acts.roster import RosterPart, load_part
from hub.gateways.broker_rules import RelayRule
from hub.gateways.cards import SUN_URL, keys_for
from hub.store import tables as t
from kiosk.cards import Known, prove
from kiosk.hub import Hub as HubOfKiosk
from simulators.ends import Ntag424Card
from simulators.phone import Phone
from tests.faces.walk import answer_faces
from tests.unit.alert_town import answer_alerts
from tests.unit.api_document import Document, Listener
from tests.unit.hub_bench import CLIENT, HubBench
from tests.unit.incident_town import decide_on_incidents
from tests.unit.kiosk_town import InHand
from tests.unit.test_api import door_answers
from tests.unit.test_payments_store import MoneyBench, money_bench

UID = bytes.fromhex("04aabbccddeeff")
WORDS = {"zh-Hans": "打拳", "zh-Hant": "打拳", "en": "Boxing"}


class FakeBroker:
    """Takes devices in."""

    host, port = "127.0.0.1", 1883

    async def add_credential(self, device: str) -> str:
        return "secret"

    def relays(self) -> tuple[RelayRule, ...]:
        return ()

    async def remove_relay(self, relay: str) -> bool:
        return True

    async def add_relay(self, rule: RelayRule) -> tuple[str, str]:
        return "one", "two"


def token(bench: HubBench) -> dict[str, str]:
    return {"Authorization": f"Bearer {bench.gate.operator_token}"}


async def a_call(bench: HubBench, seq: int, door: str = "d-1") -> None:
    event = Event("b", seq, bench.now.timestamp(), ClockQuality.SIGNED, "call", 1,
                  via="button", content={"button": 1})  # fmt: skip
    await bench.hub.writer.submit(hear, Heard("gate", event, door))


def a_visit(bench: HubBench) -> dict[str, Any]:
    ends = (bench.now + timedelta(hours=2)).isoformat()
    return {"label": "x", "doors": ["d-1"], "ends": ends}


async def with_visitors(bench: HubBench, phone: Phone) -> None:
    bells = [{"id": "b-1", "door_id": "d-2", "button": 1, "household_id": "h-1"}]
    await bench.hub.writer.submit(load_part, RosterPart("bells", bells, bench.hub.keys.mark))
    visit = (await phone.send("POST", "/api/v1/me/visits", a_visit(bench))).body["id"]
    event = Event("b", 90, bench.now.timestamp(), ClockQuality.SIGNED, "access", 1,
                  outcome=Outcome.GRANTED, credential=visit, via="pass")  # fmt: skip
    await bench.hub.writer.submit(hear, Heard("gate", event, "d-1"))
    assert (await phone.send("GET", "/api/v1/me/visits", None)).body["visits"][0]["came"]
    await phone.send("DELETE", f"/api/v1/me/visits/{visit}", None)
    await a_call(bench, 91, "d-2")
    (call,) = (await phone.send("GET", "/api/v1/me/calls", None)).body["calls"]
    for answer in ("open", "not_now"):
        path = f"/api/v1/me/calls/{call['id']}/answer"
        await phone.send("POST", path, {"answer": answer})


async def at_the_desk(bench: HubBench) -> None:
    http = bench.http
    path = "/api/v1/people/p-1/visits"
    made = await http.post(path, json=a_visit(bench), headers=CLIENT)
    assert (await http.get(path)).json()["visits"]
    visit = made.json()["id"]
    assert (await http.post(f"/api/v1/visits/{visit}/revoke", headers=CLIENT)).is_success
    await a_call(bench, 92)
    (call,) = (await http.get("/api/v1/calls")).json()["calls"]
    path = f"/api/v1/calls/{call['id']}/answer"
    assert (await http.post(path, json={"answer": "not_now"}, headers=CLIENT)).is_success


async def by_phones(bench: HubBench) -> None:
    door_answers(bench)
    phone = await bench.phone()
    await bench.http.get("/api/v1/site")
    await phone.send("GET", "/api/v1/me", None)
    await phone.send("PUT", "/api/v1/me/pin", {"pin": "258013", "duress": "147014"})
    assert (await phone.open("d-1")).status == 200
    door_answers(bench, Outcome.REFUSED, "schedule_closed")
    assert (await phone.open("d-1")).status == 403
    assert phone.last is not None
    assert (await phone.deliver(phone.last)).body["repeat"] is True
    await phone.send("GET", "/api/v1/me/history", None)
    await bench.hub.writer.submit(issue_card, NewCard("c-7", "04aabbccddee07", "p-1"))
    assert (await phone.send("GET", "/api/v1/me/cards", None)).status == 200
    assert (await phone.send("POST", "/api/v1/me/cards/c-7/block", None)).status == 200
    assert (await phone.send("POST", "/api/v1/me/cards/c-x/block", None)).status == 404
    await with_visitors(bench, phone)
    bench.pass_s(1)
    await bench.phone()
    (newer,) = (await phone.send("GET", "/api/v1/me/household/phones", None)).body["phones"]
    path = f"/api/v1/me/household/phones/{newer['id']}/confirm"
    assert (await phone.send("POST", path, None)).status == 204
    path = f"/api/v1/me/household/phones/{newer['id']}/end"
    assert (await phone.send("POST", path, None)).status == 204
    assert (await phone.send("POST", path.replace(newer["id"], "x"), None)).status == 404
    await phone.send("DELETE", "/api/v1/me/phone", None)
    await phone.open("d-1")
    await Phone("http://hub", bench.http).enrol("000000", "x")


async def operated(bench: HubBench, secret: str) -> None:
    """What staff do to doors, each with a fresh factor."""
    wishes: tuple[tuple[str, str, dict[str, str]], ...] = (
        ("POST", "doors/d-1/open", {}),
        ("PUT", "doors/d-1/mode", {"mode": "Blocked"}),
        ("POST", "lockdown", {}),
        ("POST", "lockdown/release", {}),
    )
    door_answers(bench)
    bench.hub.memory.devices["gate"].policy = None  # it was compiled before this member came
    for method, path, body in wishes:
        bench.pass_s(30)
        asked = {**body, "reason": "why", "otp": bench.otp(secret)}
        await bench.http.request(method, f"/api/v1/{path}", json=asked, headers=CLIENT)
        await bench.http.get("/api/v1/lockdown")
    for method in ("PUT", "DELETE"):
        await bench.http.request(
            method, "/api/v1/people/p-1/pin", json={"pin": "258013"}, headers=CLIENT
        )


async def by_staff(bench: HubBench) -> str:
    secret = await bench.administrator()
    await bench.phone()
    gate = bench.hub.memory.devices["gate"]
    gate.note = StateNote(Life.READY, "b", "c", 0.0)
    gate.latencies_ms.extend([20.0, 30.0, 40.0])
    bench.hub.memory.doors["d-1"].condition = DoorCondition(
        "locked", "closed", "Locked", Revision(1, 1), 1
    )
    event = Event(
        "b", 1, bench.now.timestamp(), ClockQuality.SIGNED, "access", 1,
        outcome=Outcome.GRANTED, reason="granted", person="p-1", via="card", ms={"read": 41.2},
    )  # fmt: skip
    await bench.hub.writer.submit(hear, Heard("gate", event, "d-1"))
    http = bench.http
    for path in ("staff/me", "console", "events", "events?limit=1", "people?query=沈"):
        assert (await http.get(f"/api/v1/{path}")).status_code == 200
    await at_the_desk(bench)
    (newest, *_) = (await http.get("/api/v1/events")).json()["events"]
    for path in ("doors/d-1/timeline", "people/p-1/timeline", f"events/{newest['n']}/why"):
        assert (await http.get(f"/api/v1/{path}")).status_code == 200, path
    assert (await http.get("/api/v1/doors/none/timeline")).status_code == 404
    people = (await http.get("/api/v1/people")).json()["people"]
    (phone,) = next(each["phones"] for each in people if each["id"] == "p-1")
    await operated(bench, secret)
    await about_cards(bench)
    for path in (
        "people/p-1/phone-codes",
        f"phones/{phone['id']}/confirm",
        f"phones/{phone['id']}/revoke",
        "staff/sign-out",
    ):
        assert (await http.post(f"/api/v1/{path}", headers=CLIENT)).is_success
    await http.get("/api/v1/events")
    return secret


async def by_import(bench: HubBench, secret: str) -> None:
    bench.pass_s(60)  # a one-time code opens one session
    assert (await bench.sign_in(secret)).status_code == 200
    raw = "房号,姓名,电话,卡号\n1-1-101,王伟,1,04AABBCC\n3-1-101,王芳,,04AABBCD\n".encode()
    http = bench.http
    shown = (await http.post("/api/v1/imports?file=x.csv", content=raw, headers=CLIENT)).json()
    path = f"/api/v1/imports/{shown['id']}"
    assert (await http.post(f"{path}/apply", headers=CLIENT)).status_code == 202
    await bench.hub.imports.work()
    (done,) = (await http.get("/api/v1/imports")).json()["imports"]
    assert done["state"] == "applied"
    house = {"house": "3-1-101", "building": "3", "id": "h-x"}
    with bench.hub.engines.read.connect() as connection:
        fresh = select(t.households.c.id).where(t.households.c.house == "3-1-101")
        house["id"] = str(connection.execute(fresh).scalar())
    part = RosterPart("households", [{**house, "area_centi_m2": 1}], bench.hub.keys.mark)
    await bench.hub.writer.submit(load_part, part)
    assert (await http.post(f"{path}/undo", headers=CLIENT)).status_code == 409
    part = RosterPart("households", [{**house, "area_centi_m2": 0}], bench.hub.keys.mark)
    await bench.hub.writer.submit(load_part, part)
    assert (await http.post(f"{path}/undo", headers=CLIENT)).status_code == 202
    await http.post(f"{path}/undo", headers=CLIENT)
    await http.post("/api/v1/imports", content=b"PK\x03\x04", headers=CLIENT)
    await bench.hub.imports.work()


async def about_cards(bench: HubBench) -> None:
    """A card is blocked, found, and blocked again."""
    http, reason = bench.http, {"reason": "found in the lift"}
    for path, body in (("block", None), ("unblock", reason), ("block", None)):
        answer = await http.post(f"/api/v1/cards/c-7/{path}", json=body, headers=CLIENT)
        assert answer.status_code == 200, answer.text
    work = asyncio.ensure_future(bench.hub.policies.run())
    bench.hub.policies.wake()
    for _ in range(60):
        await asyncio.sleep(0)
    work.cancel()
    assert (await http.get("/api/v1/cards/c-7")).json()["revocation"]["told"] is True
    assert (await http.get("/api/v1/cards?query=沈")).json()["cards"] != []
    assert (await http.get("/api/v1/cards/c-x")).status_code == 404
    assert (await http.get("/api/v1/card-report")).json()["doors"] == []
    assert (await http.get("/api/v1/card-handouts?form=json")).json()["rows"] == 1
    with bench.hub.engines.read.connect() as connection:
        read = connection.execute(select(t.access_log.c.object)).scalars()
        assert list(read).count("handouts") == 1


async def about_desks(bench: HubBench, secret: str) -> None:
    """A card lies on a desk's reader: looked at, made ready, given."""
    public = Identity.make("desk-1", "desk").public
    await bench.hub.writer.submit(adopt, Adoptee("desk-1", "desk", public.ed25519, public.x25519))
    bench.hub.memory.reload()
    http, card = bench.http, InHand(Ntag424Card(bytes.fromhex("04aabbccddee0a")))

    @asynccontextmanager
    async def laid(_desk: str, _presence: str) -> AsyncIterator[InHand]:
        yield card

    bench.hub.desks.card = laid  # type: ignore[assignment, method-assign]
    assert len((await http.get("/api/v1/desks")).json()["desks"]) == 1
    bench.pass_s(31)
    wishes: tuple[tuple[str, dict[str, str]], ...] = (
        ("open", {"otp": bench.otp(secret)}),
        ("look", {"card": "x"}),
        ("ready", {"card": "x"}),
        ("give", {"card": "x", "person": "p-2"}),
    )
    for what, body in wishes:
        answer = await http.post(f"/api/v1/desks/desk-1/{what}", json=body, headers=CLIENT)
        assert answer.status_code == 200, answer.text


async def by_the_operator(bench: HubBench) -> None:
    bench.hub.broker = FakeBroker()  # type: ignore[assignment]
    public = Identity.make("hall", "point").public
    device = {"device": "hall", "kind": "point", "ed25519": b64(public.ed25519),
              "x25519": b64(public.x25519), "fingerprint": public.fingerprint}  # fmt: skip
    notice = {"id": "n", "kind": "exercise", "title": WORDS, "line": WORDS}
    asked: dict[str, Any] = {
        "roster": {"kind": "people", "rows": [{"id": "p-9", "name": "x"}]},
        "devices": device,
        "cards": {"uid": "04aabbccddee01", "person": "p-9"},
        "cards/stock": {"uid": "04aabbccddee02"},
        "cards/found": {"uid": "04aabbccddee01"},
        "cards/handouts": {"form": "json"},
        "cards/report": None,
        "people/p-9/phone-codes": None,
        "notices": {"notices": [notice]},
        "retention": {"scope": "events", "days": 400, "run": True},
        "states": None,
        "recalls/gate/release": {"reason": "the gate is gone"},
        "home-assistant": {"enabled": True, "code": "2580"},
        "relays": {"id": "back", "door": "d-2", "dialect": "tasmota", "topic": "back"},
        "relays/back/remove": None,
        "staff/claims": {"role": "officer"},
        "staff/admin/end": {},
    }
    await bench.hub.writer.submit(mark_restored, Restored("r-1", 1.0, 1))
    for path, body in asked.items():
        url = f"/api/v1/operator/{path}"
        answer = await bench.http.post(url, json=body, headers=token(bench))
        assert answer.is_success, path
        if path == "cards":
            url += f"/{answer.json()['given']}/block"
            assert (await bench.http.post(url, headers=token(bench))).status_code == 204
    assert (await bench.http.get("/api/v1/notices")).json() == {"notices": [notice]}


async def by_a_kiosk(money: MoneyBench) -> None:
    bench = money.bench
    keys = bench.hub.keys
    card = InHand(Ntag424Card(UID))
    await personalise(card.transceive, UID, keys_for(keys.masters, UID, keys.system_id), SUN_URL)
    await bench.hub.writer.submit(issue_card, NewCard("c-1", UID.hex(), "p-1"))
    signer = Identity.load(bench.folder / "kiosk-1").signer
    known = await prove(card, HubOfKiosk("http://hub", signer, bench.http, lambda: 0.0))
    assert isinstance(known, Known)
    by_card = {"card_session": known.card_session}
    await money.kiosk.send("POST", "/api/v1/kiosk/phone-codes", by_card)
    await money.kiosk.send("POST", "/api/v1/kiosk/bills", by_card)
    await about_guests(money, by_card)
    house = {"house": "1-1-101", "phone_last4": "7302"}
    shown = await money.kiosk.send("POST", "/api/v1/kiosk/bills", house)
    lookup = {"lookup": shown.body["lookup"]}
    cards = await money.kiosk.send("POST", "/api/v1/kiosk/lost-cards", lookup)
    assert [card["holder"] for card in cards.body["cards"]] == ["沈**", "沈**"]
    lost = lookup | {"card": "c-1"}
    assert (await money.kiosk.send("POST", "/api/v1/kiosk/lost-cards/block", lost)).status == 200
    payment = secrets.token_hex(16)
    await money.begin(payment, lookup=shown.body["lookup"])
    await money.kiosk.send("POST", f"/api/v1/payments/{payment}/close", None)
    await money.provider.pay(payment)
    paid = await money.kiosk.send("GET", f"/api/v1/payments/{payment}", None)
    assert paid.body["receipt"]["house"] == "1-1-101"


async def about_guests(money: MoneyBench, by_card: dict[str, Any]) -> None:
    """A visitor's pass and two calls, at the kiosk."""
    bench, kiosk = money.bench, money.kiosk
    offered = await kiosk.send("POST", "/api/v1/kiosk/guests", by_card)
    door = offered.body["doors"][0]["id"]
    ends = (bench.now + timedelta(hours=2)).isoformat()
    wish = by_card | {"label": "v", "doors": [door], "ends": ends}
    assert (await kiosk.send("POST", "/api/v1/kiosk/visits", wish)).status == 201
    bell = {"id": "b-k", "door_id": "d-2", "button": 9, "household_id": "h-1",
            "kiosk_id": "kiosk-1"}  # fmt: skip
    await bench.hub.writer.submit(load_part, RosterPart("bells", [bell], bench.hub.keys.mark))
    for verb, seq in (("decline", 91), ("open", 92)):
        event = Event("k", seq, bench.now.timestamp(), ClockQuality.SIGNED, "call", 2,
                      content={"button": 9})  # fmt: skip
        await bench.hub.writer.submit(hear, Heard("gate", event, "d-2"))
        rings = (await kiosk.send("GET", "/api/v1/kiosk/calls", None)).body["calls"]
        (call,) = [each["id"] for each in rings if each["answer"] is None]
        answer = await kiosk.send("POST", f"/api/v1/kiosk/calls/{call}/{verb}", by_card)
        assert answer.status == 200, answer.body
        bench.pass_s(46)
        kiosk.forget_nonce()


async def bench_faces(bench: HubBench) -> None:
    await bench.administrator("faces")
    await answer_faces(bench, await bench.phone("p-1"))


async def test_every_answer_is_as_documented(tmp_path: Path) -> None:
    async with money_bench(tmp_path) as money:
        listener = Listener(money.bench.http)
        await by_phones(money.bench)
        await answer_alerts(money.bench)
        await decide_on_incidents(money.bench)
        secret = await by_staff(money.bench)
        await by_import(money.bench, secret)
        await about_desks(money.bench, secret)
        await by_the_operator(money.bench)
        await by_a_kiosk(money)
        await bench_faces(money.bench)
        assert listener.faults == []
        assert set(listener.document.operations) - listener.done == set()


def test_the_judge_sees_what_does_not_fit() -> None:
    schema = {"type": "object", "required": ["a"], "properties": {"a": {"type": "integer"}}}
    judge = Document({"components": {"schemas": {}}, "paths": {}})
    assert [*judge.faults(schema, {"a": 1}, "x")] == []
    wrongs: list[Any] = [{}, {"a": "1"}, {"a": True}, {"a": 1, "b": 2}, []]
    for wrong in wrongs:
        assert [*judge.faults(schema, wrong, "x")] != [], wrong
    many = {"type": "array", "items": {"anyOf": [{"enum": ["y"]}, {"type": "null"}]}}
    assert [*judge.faults(many, ["y", None], "x")] == []
    assert [*judge.faults(many, ["z"], "x")] == ["x[0] is 'z'"]
