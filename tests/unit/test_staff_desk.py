"""Members of staff come in by a code for one role, and leave at once."""

from pathlib import Path
from typing import Any

from sqlalchemy import select

from hub.store import tables as t
from tests.unit.hub_bench import CLIENT, PASSWORD, HubBench, hub_bench


async def ask(bench: HubBench, path: str, body: dict[str, Any]) -> Any:
    token = {"Authorization": f"Bearer {bench.gate.operator_token}"}
    return await bench.http.post(f"/api/v1/operator/{path}", json=body, headers=token)


async def come_in(bench: HubBench, role: str, name: str) -> str:
    """Claim with a code of the operator's, sign in; returns the second factor's secret."""
    offered = (await ask(bench, "staff/claims", {"role": role})).json()
    assert offered["role"] == role
    body = {"code": offered["code"], "name": name, "password": PASSWORD}
    claimed = await bench.http.post("/api/v1/staff/claim", json=body, headers=CLIENT)
    assert claimed.status_code == 200, claimed.text
    again = await bench.http.post(
        "/api/v1/staff/claim", json=body | {"name": "another"}, headers=CLIENT
    )
    assert again.json()["code"] == "code_wrong"
    secret = str(claimed.json()["totp_secret"])
    answer = await bench.sign_in(secret, name=name)
    assert answer.json()["role"] == role, answer.text
    return secret


async def test_an_officer_comes_in_by_a_code_and_may_stop_a_card_only(tmp_path: Path) -> None:
    async with hub_bench(tmp_path) as bench:
        await come_in(bench, "officer", "grid-7")
        assert (await bench.http.get("/api/v1/cards")).status_code == 200
        assert (await bench.http.get("/api/v1/events")).json()["code"] == "not_allowed"


async def test_no_code_is_offered_for_other_roles_or_by_others(tmp_path: Path) -> None:
    async with hub_bench(tmp_path) as bench:
        for role in ("kiosk", "operator", "responder", "resident", ""):
            answer = await ask(bench, "staff/claims", {"role": role})
            assert (answer.status_code, answer.json()["code"]) == (422, "field_wrong"), role
        await bench.administrator()
        answer = await bench.http.post(
            "/api/v1/operator/staff/claims", json={"role": "officer"}, headers=CLIENT
        )
        assert answer.json()["code"] == "not_allowed"
        with bench.hub.engines.read.connect() as connection:
            roles = connection.execute(select(t.codes.c.subject)).scalars().all()
        assert roles == ["administrator"]


async def test_a_member_who_leaves_is_out_at_once(tmp_path: Path) -> None:
    async with hub_bench(tmp_path) as bench:
        secret = await come_in(bench, "property_staff", "leaver")
        assert (await bench.http.get("/api/v1/events")).status_code == 200
        assert (await ask(bench, "staff/nobody/end", {})).json()["code"] == "not_found"
        assert (await ask(bench, "staff/leaver/end", {})).status_code == 204
        assert (await bench.http.get("/api/v1/events")).json()["code"] == "signed_out"
        bench.pass_s(60)
        answer = await bench.sign_in(secret, name="leaver")
        assert answer.json()["code"] == "sign_in_refused"
        with bench.hub.engines.read.connect() as connection:
            assert connection.execute(select(t.sessions)).all() == []
            asked = connection.execute(select(t.policy_changes.c.device_id)).scalars().all()
            kinds = connection.execute(select(t.chain.c.kind)).scalars().all()
        assert "gate" in asked  # doors that admit staff by id forget them
        assert kinds.count("staff_ended") == 1
        assert (await ask(bench, "staff/leaver/end", {})).status_code == 204  # twice is no error
