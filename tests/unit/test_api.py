"""The hub's public faces: who may come in, what a wrong request is told, what guessing costs."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fastapi.routing import APIRoute
from sqlalchemy import select

from devices.messages import Answer, Life, Outcome, StateNote
from devices.reasons import REASONS
from hub.api.server import make_app
from hub.api.staff import PASSWORDS
from hub.store import tables as t
from simulators.phone import Phone, Reply, SentRequest
from tests.unit.door_bench import Bus
from tests.unit.hub_bench import CLIENT, HubBench, hub_bench

PUBLIC = {
    ("GET", "/api/v1/site"),
    ("GET", "/api/v1/nonce"),
    ("GET", "/api/v1/notices"),
    ("POST", "/api/v1/staff/claim"),
    ("POST", "/api/v1/staff/sign-in"),
    ("GET", "/live"),
    ("GET", "/ready"),
    ("GET", "/metrics"),
    ("GET", "/"),
    ("GET", "/phone"),
    ("GET", "/console"),
    ("GET", "/visit"),
    ("GET", "/phone/{path:path}"),
    ("GET", "/console/{path:path}"),
    ("GET", "/visit/{path:path}"),
    ("GET", "/openapi.json"),
}


def door_answers(
    bench: HubBench, outcome: Outcome = Outcome.GRANTED, reason: str = "granted"
) -> list[str]:
    """The gate is ready and answers every command at once; returns the commands it got."""
    device = bench.hub.memory.devices["gate"]
    device.note = StateNote(Life.READY, "b", "c", 0.0)
    got: list[str] = []

    def answer(command: Any, name: str) -> None:
        del name
        got.append(command.id)
        told = Answer(command.id, outcome, reason, {})
        bench.hub.ingest._settle(told)
        bench.hub.ingest._spawn(bench.hub.ingest.note(told, "gate"))

    bench.hub.ingest._send_command = answer  # type: ignore[assignment]
    bench.hub.ingest._bus = Bus()
    return got


def is_problem(reply: Reply, status: int, code: str) -> None:
    assert (reply.status, reply.body.get("code")) == (status, code), reply.body
    assert reply.body["type"] == f"urn:linli:reason:{code}"
    assert set(reply.body["words"]) == {"zh-Hans", "zh-Hant", "en"}


async def test_every_endpoint_is_closed_unless_it_is_named_open(tmp_path: Path) -> None:
    """A new endpoint without a rule fails here."""
    async with hub_bench(tmp_path) as bench:
        app = bench.http._transport.app  # type: ignore[attr-defined]
        seen = 0
        for route in _routes(app):
            for method in route.methods or ():
                if (method, route.path) in PUBLIC or method == "HEAD":
                    continue
                path = route.path.replace("{person}", "p-1").replace("{phone}", "x")
                path = path.replace("{payment}", "0" * 32)
                answer = await bench.http.request(method, path, headers=CLIENT)
                assert answer.status_code in (401, 403, 422), (method, path, answer.text)
                seen += 1
        assert seen >= 12


def _routes(app: Any) -> list[APIRoute]:
    found: list[APIRoute] = []
    stack = [app.router]
    while stack:
        router = stack.pop()
        for route in getattr(router, "routes", []):
            if isinstance(route, APIRoute):
                found.append(route)
            else:
                stack.append(getattr(route, "original_router", None) or getattr(route, "app", None))
    return found


async def test_a_shake_opens_once_and_its_copy_moves_nothing(tmp_path: Path) -> None:
    async with hub_bench(tmp_path) as bench:
        got = door_answers(bench)
        phone = await bench.phone()
        reply = await phone.open("d-1")
        assert (reply.status, reply.body["outcome"], reply.body["repeat"]) == (200, "opened", False)
        assert phone.last is not None
        copy = await phone.deliver(phone.last)
        assert copy.body == {**reply.body, "repeat": True}
        bench.pass_s(61)
        is_problem(await phone.deliver(phone.last), 401, "request_spent")
        bench.pass_s(600)
        is_problem(await phone.deliver(phone.last), 401, "request_stale")
        assert got == [reply.body["opening"]]


async def test_two_copies_at_once_open_once(tmp_path: Path) -> None:
    async with hub_bench(tmp_path) as bench:
        got = door_answers(bench)
        phone = await bench.phone()
        await phone.send("GET", "/api/v1/me", None)
        assert phone._nonce is not None
        raw = b'{"door":"d-1"}'
        proof = phone._proof("POST", "/api/v1/openings", raw, phone._nonce)
        request = SentRequest("POST", "/api/v1/openings", proof, raw)
        replies = await asyncio.gather(*(phone.deliver(request) for _ in range(5)))
        assert {reply.body["outcome"] for reply in replies} == {"opened"}
        assert sorted(reply.body["repeat"] for reply in replies) == [False, True, True, True, True]
        assert len(got) == 1


async def test_an_altered_request_is_refused(tmp_path: Path) -> None:
    async with hub_bench(tmp_path) as bench:
        got = door_answers(bench)
        phone, other = await bench.phone(), await bench.phone("p-2")
        await phone.open("d-1")
        got.clear()
        sent = phone.last
        assert sent is not None
        is_problem(
            await phone.deliver(replace(sent, body=sent.body.replace(b"d-1", b"d-2"))),
            401, "request_altered",
        )  # fmt: skip
        is_problem(
            await phone.deliver(replace(sent, path="/api/v1/openings?x=1")), 401, "request_altered"
        )
        is_problem(
            await phone.deliver(replace(sent, method="GET", path="/api/v1/me")),
            401, "request_altered",
        )  # fmt: skip
        head, body, mark = sent.proof.split(".")
        await other.open("d-1")
        assert other.last is not None
        forged = f"{head}.{other.last.proof.split('.')[1]}.{mark}"
        is_problem(await phone.deliver(replace(sent, proof=forged)), 401, "proof_forged")
        for junk in ("", "a.b", "a.b.c", "é" * 9, "." * 3_000, f"{head}.{body}.AAAA"):
            reply = await phone.deliver(
                replace(sent, proof=junk.encode("ascii", "ignore").decode())
            )
            assert reply.status == 401
            assert reply.body["code"] in {"proof_form", "proof_missing", "proof_forged"}
        assert len(got) == 1  # the other phone's own


async def test_a_nonce_of_another_key_is_nothing(tmp_path: Path) -> None:
    async with hub_bench(tmp_path) as bench:
        door_answers(bench)
        phone, other = await bench.phone(), await bench.phone("p-2")
        wish = ("POST", "/api/v1/openings", {"door": "d-1"})
        phone._nonce = bench.gate.nonce(other.kid)[0]
        is_problem(await phone.send(*wish), 401, "request_stale")
        phone._nonce = "AAAA"
        is_problem(await phone.send(*wish), 401, "request_stale")


async def test_refusals_carry_their_reason(tmp_path: Path) -> None:
    async with hub_bench(tmp_path) as bench:
        got = door_answers(bench)
        stranger = await bench.phone("p-2")
        is_problem(await stranger.open("d-2"), 403, "person_unknown")
        is_problem(await stranger.open("d-9"), 404, "door_unknown")
        is_problem(await stranger.send("POST", "/api/v1/openings", {}), 422, "field_wrong")
        is_problem(await stranger.send("POST", "/api/v1/openings", {"door": 7}), 422, "field_wrong")
        assert got == []
        with bench.hub.engines.read.connect() as connection:
            (event,) = connection.execute(select(t.events)).all()
        assert (event.reason, event.via, event.door_id) == ("person_unknown", "phone", "d-2")


async def test_a_silent_door_is_unknown_and_an_absent_one_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.api.phone.ANSWER_WAIT_S", 0.01)
    async with hub_bench(tmp_path) as bench:
        phone = await bench.phone()
        is_problem(await phone.open("d-1"), 503, "door_offline")
        door_answers(bench)
        bench.hub.ingest._send_command = lambda *_: None  # type: ignore[method-assign]
        reply = await phone.open("d-1")
        is_problem(reply, 504, "outcome_unknown")
        assert reply.body["outcome"] == "unknown"


async def test_a_revoked_phone_opens_nothing_from_then_on(tmp_path: Path) -> None:
    async with hub_bench(tmp_path) as bench:
        got = door_answers(bench)
        phone = await bench.phone()
        assert (await phone.open("d-1")).status == 200
        await bench.administrator()
        people = (await bench.http.get("/api/v1/people?query=沈")).json()["people"]
        (held,) = people[0]["phones"]
        answer = await bench.http.post(f"/api/v1/phones/{held['id']}/revoke", headers=CLIENT)
        assert answer.status_code == 204
        is_problem(await phone.open("d-1"), 401, "phone_revoked")
        is_problem(await phone.send("GET", "/api/v1/me", None), 401, "phone_revoked")
        assert len(got) == 1


async def test_a_phone_that_leaves_is_unknown_here(tmp_path: Path) -> None:
    async with hub_bench(tmp_path) as bench:
        phone = await bench.phone()
        me = await phone.send("GET", "/api/v1/me", None)
        assert [door["id"] for door in me.body["doors"]] == ["d-2", "d-1"]  # the own building first
        assert (await phone.send("DELETE", "/api/v1/me/phone", None)).status == 204
        is_problem(await phone.open("d-1"), 401, "phone_revoked")


# --------------------------------------------------------------------------- enrolment


async def test_a_code_works_once_and_for_ten_minutes(tmp_path: Path) -> None:
    async with hub_bench(tmp_path) as bench:
        code = await bench.code("p-1")
        first, second = Phone("http://hub", bench.http), Phone("http://hub", bench.http)
        assert (await first.enrol(code, "a")).status == 201
        again = await first.enrol(code, "a")  # the answer was lost: the same phone, the same code
        assert again.status == 201
        is_problem(await second.enrol(code, "b"), 403, "code_wrong")
        late = await bench.code("p-1")
        bench.pass_s(601)
        second._nonce = None
        is_problem(await second.enrol(late, "b"), 403, "code_wrong")
        fresh, newer = await bench.code("p-1"), await bench.code("p-1")
        is_problem(await second.enrol(fresh, "b"), 403, "code_wrong")  # a newer one ends it
        assert (await second.enrol(newer, "b")).status == 201


async def test_guessing_codes_is_slowed_down(tmp_path: Path) -> None:
    async with hub_bench(tmp_path) as bench:
        phone = Phone("http://hub", bench.http)
        codes = [(await phone.enrol(f"{n:06d}", "x")).body.get("code") for n in range(7)]
        assert codes[:5] == ["code_wrong"] * 5
        assert codes[5:] == ["too_many"] * 2
        good = await bench.code("p-1")
        is_problem(await phone.enrol(good, "x"), 429, "too_many")
        bench.pass_s(600)
        phone._nonce = None
        assert (await phone.enrol(await bench.code("p-1"), "x")).status == 201


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"code": "12345"}, "code"),
        ({"code": "12345a"}, "code"),
        ({"code": None}, "code"),
        ({"label": ""}, "label"),
        ({"label": "x" * 41}, "label"),
        ({"jwk": {"kty": "RSA"}}, "jwk"),
        ({"jwk": "x"}, "jwk"),
    ],
)
async def test_a_wrong_field_is_named(tmp_path: Path, change: dict[str, Any], field: str) -> None:
    async with hub_bench(tmp_path) as bench:
        phone = Phone("http://hub", bench.http)
        body = {"code": "123456", "jwk": phone.jwk, "label": "x", **change}
        reply = await phone.send("POST", "/api/v1/phones", body)
        is_problem(reply, 422, "field_wrong")
        assert reply.body["field"] == field


async def test_a_private_key_is_never_taken(tmp_path: Path) -> None:
    async with hub_bench(tmp_path) as bench:
        phone = Phone("http://hub", bench.http)
        body = {"code": await bench.code("p-1"), "jwk": {**phone.jwk, "d": "AAAA"}, "label": "x"}
        is_problem(await phone.send("POST", "/api/v1/phones", body), 422, "field_wrong")


# --------------------------------------------------------------------------- staff


async def test_staff_needs_both_factors_and_a_code_counts_once(tmp_path: Path) -> None:
    async with hub_bench(tmp_path) as bench:
        secret = await bench.administrator()
        bench.http.cookies.clear()
        again = await bench.sign_in(secret)  # the step of this code is spent
        assert (again.status_code, again.json()["code"]) == (401, "sign_in_refused")
        bench.pass_s(60)
        wrong = await bench.sign_in(secret, "wrong password here")
        assert wrong.json()["code"] == "sign_in_refused"
        assert (await bench.http.get("/api/v1/console")).json()["code"] == "signed_out"
        assert (await bench.sign_in(secret)).status_code == 200
        assert (await bench.http.get("/api/v1/console")).status_code == 200
        bench.pass_s(13 * 3600)
        assert (await bench.http.get("/api/v1/console")).json()["code"] == "signed_out"


async def test_a_password_is_kept_at_full_strength(tmp_path: Path) -> None:
    async with hub_bench(tmp_path, passwords=PASSWORDS) as bench:
        assert make_app.__defaults__ == (PASSWORDS,)
        await bench.administrator()
        with bench.hub.engines.read.connect() as connection:
            kept = connection.execute(select(t.staff.c.password_hash)).scalar_one()
        assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=4$")


async def test_guessing_passwords_is_slowed_down(tmp_path: Path) -> None:
    async with hub_bench(tmp_path) as bench:
        body = {"name": "nobody", "password": "x" * 12, "otp": "000000"}
        codes = [
            (await bench.http.post("/api/v1/staff/sign-in", json=body)).json()["code"]
            for _ in range(7)
        ]
        assert codes == ["sign_in_refused"] * 5 + ["too_many"] * 2


async def test_a_claim_counts_once_and_wants_a_long_password(tmp_path: Path) -> None:
    async with hub_bench(tmp_path) as bench:
        body = {"code": "AAAA-BBBB-CCCC", "name": "x", "password": "y" * 12}
        answer = await bench.http.post("/api/v1/staff/claim", json=body)
        assert answer.json()["code"] == "code_wrong"
        answer = await bench.http.post("/api/v1/staff/claim", json={**body, "password": "short"})
        assert (answer.json()["code"], answer.json()["field"]) == ("password_weak", "password")


async def test_a_foreign_page_cannot_use_a_session(tmp_path: Path) -> None:
    async with hub_bench(tmp_path) as bench:
        await bench.administrator()
        answer = await bench.http.post("/api/v1/people/p-1/phone-codes")
        assert (answer.status_code, answer.json()["code"]) == (403, "client_header")
        cookie = next(iter(bench.http.cookies.jar))
        assert cookie.has_nonstandard_attr("HttpOnly")
        assert cookie.get_nonstandard_attr("SameSite") == "strict"


async def test_staff_may_only_what_their_role_says(tmp_path: Path) -> None:
    async with hub_bench(tmp_path) as bench:
        await bench.administrator()
        with bench.hub.engines.write.begin() as connection:
            connection.execute(t.grants.update().values(role="property_staff"))
        assert (await bench.http.get("/api/v1/people")).status_code == 200
        answer = await bench.http.post("/api/v1/phones/x/revoke", headers=CLIENT)
        assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")
        with bench.hub.engines.write.begin() as connection:
            connection.execute(t.grants.update().values(valid_to=1.0))
        assert (await bench.http.get("/api/v1/people")).json()["code"] == "not_allowed"


async def test_the_operator_needs_the_token(tmp_path: Path) -> None:
    async with hub_bench(tmp_path) as bench:
        body = {"kind": "people", "rows": []}
        for headers in ({}, {"Authorization": "Bearer x"}, {"Authorization": "Bearer "}):
            answer = await bench.http.post("/api/v1/operator/roster", json=body, headers=headers)
            assert answer.json()["code"] == "not_allowed"
        token = {"Authorization": f"Bearer {bench.gate.operator_token}"}
        answer = await bench.http.post("/api/v1/operator/roster", json=body, headers=token)
        assert answer.json() == {"rows": 0}


# --------------------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    ("kind", "row", "field"),
    [
        ("people", {"id": "p-3", "salary": 1}, "people"),
        ("people", {"name": "x"}, "people"),
        ("animals", {"id": "a"}, "kind"),
        ("bills", {"id": "b"}, "amount_fen"),
    ],
)
async def test_a_wrong_roster_names_its_field(
    tmp_path: Path, kind: str, row: dict[str, Any], field: str
) -> None:
    async with hub_bench(tmp_path) as bench:
        token = {"Authorization": f"Bearer {bench.gate.operator_token}"}
        answer = await bench.http.post(
            "/api/v1/operator/roster", json={"kind": kind, "rows": [row]}, headers=token
        )
        assert (answer.status_code, answer.json()["field"]) == (422, field), answer.text


@pytest.mark.parametrize("amount", [0, -1, 1.5, "1", True, 10**12])
async def test_a_bill_is_whole_positive_fen(tmp_path: Path, amount: Any) -> None:
    async with hub_bench(tmp_path) as bench:
        token = {"Authorization": f"Bearer {bench.gate.operator_token}"}
        bill = {"id": "b-9", "household_id": "h-1", "kind": "water", "period": "p",
                "amount_fen": amount, "due_on": "2026-12-01",
                "lines": [{"text": {}, "amount_fen": amount}]}  # fmt: skip
        answer = await bench.http.post(
            "/api/v1/operator/roster", json={"kind": "bills", "rows": [bill]}, headers=token
        )
        assert (answer.status_code, answer.json()["field"]) == (422, "amount_fen")


async def test_oversize_and_junk_are_told_and_survived(tmp_path: Path) -> None:
    async with hub_bench(tmp_path) as bench:
        big = await bench.http.post("/api/v1/openings", content=b"x" * 70_000)
        assert big.status_code in (401, 413)
        big = await bench.http.post("/api/v1/staff/claim", content=b"x" * 70_000)
        assert (big.status_code, big.json()["code"]) == (413, "oversize")
        for raw in (b"{", b"[]", b"\xff\xfe", b'{"a":' * 5_000):
            answer = await bench.http.post(
                "/api/v1/staff/sign-in", content=raw, headers={"Content-Type": "application/json"}
            )
            assert answer.status_code in (400, 422), raw
            assert answer.json()["code"] in REASONS
        assert (await bench.http.get("/nowhere")).json()["code"] == "not_found"
        assert (await bench.http.put("/api/v1/openings")).json()["code"] == "method_wrong"
        for method, path, allowed in (
            ("PUT", "/api/v1/openings", "POST"),
            ("PUT", "/api/v1/me/visits", "GET, POST"),  # by two routes
            ("OPTIONS", "/api/v1/me/visits/x", "DELETE"),
            ("POST", "/live", "GET"),
        ):
            answer = await bench.http.request(method, path)
            assert (answer.status_code, answer.headers["allow"]) == (405, allowed), path
        assert (await bench.http.get("/api/v1/site")).status_code == 200


async def test_answers_carry_the_security_headers(tmp_path: Path) -> None:
    async with hub_bench(tmp_path) as bench:
        headers = (await bench.http.get("/api/v1/site")).headers
        assert "default-src 'self'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"
        assert len(headers["linli-request"]) == 16
