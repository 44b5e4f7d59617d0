"""Who may stop a lost card, what they are told of the doors, and who may bring it back."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from devices.identity import Identity
from devices.messages import Life, StateNote
from hub.acts.roster import RosterPart, load_part
from hub.store import tables as t
from hub.store.writer import Done
from tests.unit.hub_bench import CLIENT, HubBench, hub_bench
from tests.unit.kiosk_hand import KioskHand
from tests.unit.spread_town import Town, issue, town


async def role(here: Town, name: str) -> None:
    """The administrator of this session is now only that."""

    def change(tx: Any, wanted: str, now: Any) -> Done[None]:
        del now
        tx.execute(update(t.grants).values(role=wanted))
        return Done(None)

    await here.hub.writer.submit(change, name)


async def card(bench: HubBench, name: str = "c-2") -> dict[str, Any]:
    answer = await bench.http.get(f"/api/v1/cards/{name}")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def block(bench: HubBench, name: str = "c-2") -> int:
    return (await bench.http.post(f"/api/v1/cards/{name}/block", headers=CLIENT)).status_code


async def unblock(bench: HubBench, reason: str = "found") -> int:
    url = "/api/v1/cards/c-2/unblock"
    return (await bench.http.post(url, json={"reason": reason}, headers=CLIENT)).status_code


async def test_staff_see_each_door_forget_and_which_still_know(tmp_path: Path) -> None:
    async with town(tmp_path) as here:
        bench = here.bench
        await bench.administrator()
        await issue(here, "c-2")
        memory = here.hub.memory.devices
        memory["gate"].note = StateNote(Life.READY, "b", "c", 0.0)
        memory["home2"].note = StateNote(Life.LOST, "b", "c", 0.0)
        memory["home2"].since_s = bench.now.timestamp()
        here.doors["home2"].cut()
        assert (await card(bench))["revocation"] is None
        assert await block(bench) == 200
        await here.settle()
        shown = await card(bench)
        doors = {door["id"]: door for door in shown["revocation"]["doors"]}
        assert set(doors) == {"d-1", "d-3"}  # d-2 is of another building
        assert doors["d-1"]["gone_after_s"] is not None
        assert doors["d-1"]["online"] is True
        assert (doors["d-3"]["gone_after_s"], doors["d-3"]["online"]) == (None, False)
        assert doors["d-3"]["offline_since"] is not None
        assert (shown["revocation"]["by"], shown["revocation"]["told"]) == ("staff", True)
        lost = (await bench.http.get("/api/v1/cards")).json()["cards"]
        assert [one["id"] for one in lost] == ["c-2"]
        here.doors["home2"].connect()
        await here.settle()
        after = (await card(bench))["revocation"]["doors"]
        assert all(door["gone_after_s"] is not None for door in after)
        later = next(door["gone_after_s"] for door in after if door["id"] == "d-3")
        assert later > doors["d-1"]["gone_after_s"]
        assert await unblock(bench) == 200
        assert (await card(bench))["revocation"] is None
        assert (await card(bench))["blocked_at"] is None


async def test_a_controller_that_cannot_take_it_is_named_with_its_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with town(tmp_path) as here:
        await here.bench.administrator()
        await issue(here, "c-2")

        def full(*_: object) -> None:
            import sqlite3  # noqa: PLC0415

            raise sqlite3.OperationalError("database or disk is full")

        journal = here.doors["gate"].device.journal
        monkeypatch.setattr(journal, "keep_patches", full)
        monkeypatch.setattr(journal, "keep_policy", full)
        await block(here.bench)
        await here.settle()
        doors = {d["id"]: d for d in (await card(here.bench))["revocation"]["doors"]}
        assert (doors["d-1"]["gone_after_s"], doors["d-1"]["refused"]) == (None, "storage_fault")
        assert doors["d-3"]["refused"] is None


@pytest.mark.parametrize(
    ("name", "read", "blocks", "unblocks"),
    [
        ("administrator", 200, 200, 200),
        ("property_staff", 200, 200, 200),
        ("officer", 200, 200, 403),
        ("operator", 403, 403, 403),
    ],
)
async def test_roles(tmp_path: Path, name: str, read: int, blocks: int, unblocks: int) -> None:
    async with town(tmp_path) as here:
        await here.bench.administrator()
        await issue(here, "c-2")
        await role(here, name)
        assert (await here.bench.http.get("/api/v1/cards/c-2")).status_code == read
        assert await block(here.bench) == blocks
        assert await unblock(here.bench) == unblocks


async def test_bringing_a_card_back_needs_a_reason(tmp_path: Path) -> None:
    async with town(tmp_path) as here:
        await here.bench.administrator()
        await issue(here, "c-2")
        await block(here.bench)
        assert await unblock(here.bench, "") == 422
        assert await unblock(here.bench, "\x00\x01\x02\x03") == 422
        assert (await card(here.bench))["blocked_at"] is not None


async def test_a_household_stops_its_own_cards_and_no_others(tmp_path: Path) -> None:
    async with town(tmp_path) as here:
        bench = here.bench
        mate = [{"id": "p-3", "household_id": "h-1", "name": "王磊"}]
        await here.do(load_part, RosterPart("people", mate, here.hub.keys.mark))
        await issue(here, "c-0", "c-2")
        phone = await bench.phone("p-3")
        cards = (await phone.send("GET", "/api/v1/me/cards", None)).body["cards"]
        assert [(one["id"], one["mine"], one["blocked_at"]) for one in cards] == [
            ("c-0", False, None),
        ]  # fmt: skip
        stranger = await phone.send("POST", "/api/v1/me/cards/c-2/block", None)
        assert (stranger.status, stranger.body["code"]) == (404, "not_found")
        assert (await phone.send("POST", "/api/v1/me/cards/c-0/block", None)).status == 200
        await here.settle()
        (mine,) = (await phone.send("GET", "/api/v1/me/cards", None)).body["cards"]
        assert (mine["doors_gone"], mine["doors_total"], mine["still_known"]) == (2, 2, [])
        again = await phone.send("POST", "/api/v1/me/cards/c-0/block", None)
        assert again.body["doors_gone"] == 2  # a nervous second tap starts nothing anew


async def test_a_kiosk_stops_cards_of_the_house_it_looked_up(tmp_path: Path) -> None:
    async with town(tmp_path) as here:
        await issue(here, "c-0", "c-2")
        kiosk = KioskHand(Identity.load(tmp_path / "kiosk-1"), here.bench.http)
        token = here.bench.gate.lookups_store.issue(
            "kiosk-1", "h-1", None, here.bench.now.timestamp()
        )
        shown = await kiosk.send("POST", "/api/v1/kiosk/lost-cards", {"lookup": token})
        assert [one["id"] for one in shown.body["cards"]] == ["c-0"]
        assert "沈桂芳" not in str(shown.body)
        other = {"lookup": token, "card": "c-2"}
        assert (await kiosk.send("POST", "/api/v1/kiosk/lost-cards/block", other)).status == 404
        lost = {"lookup": token, "card": "c-0"}
        assert (await kiosk.send("POST", "/api/v1/kiosk/lost-cards/block", lost)).status == 200
        await here.settle()
        policy = here.doors["gate"].shelf.policy
        assert policy is not None
        assert policy.cards["04a1b2c3d4e500"].blocked
        wrong = {"lookup": "x", "card": "c-0"}
        told = await kiosk.send("POST", "/api/v1/kiosk/lost-cards/block", wrong)
        assert told.body["code"] == "lookup_expired"


async def test_ended_phones_are_shown_with_who_ended_them(tmp_path: Path) -> None:
    async with hub_bench(tmp_path) as bench:
        await bench.administrator()
        phone = await bench.phone("p-1")
        assert (await bench.http.get("/api/v1/cards")).json()["phones"] == []
        with bench.hub.engines.read.connect() as connection:
            row = connection.execute(select(t.phones)).one()
        assert (await phone.send("DELETE", "/api/v1/me/phone", None)).status == 204
        (shown,) = (await bench.http.get("/api/v1/cards")).json()["phones"]
        assert (shown["id"], shown["by"]) == (row.id, "phone")
        house = (await bench.http.get("/api/v1/cards?query=1-1-101")).json()
        assert [one["id"] for one in house["phones"]] == [row.id]
        assert (await bench.http.get("/api/v1/cards?query=nobody")).json()["phones"] == []
