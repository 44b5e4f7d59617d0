"""A lost card pauses the phones that it brought in, until somebody who was there knows them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from hub.acts.cards import BlockCard, block_card
from hub.acts.phones import Revocation, revoke
from hub.acts.visits import invite
from hub.core.errors import DomainError
from hub.core.last_had import HAD, Had, had_at
from hub.endings import ended_now
from hub.store import tables as t
from simulators.phone import Phone, Reply
from tests.unit.hub_bench import CLIENT
from tests.unit.test_attacks_merge import invitation
from tests.unit.test_kiosk_hub import UID, Desk, desk, refused, session_of

CARD = f"c-{UID.hex()}"
PHONES = "/api/v1/me/household/phones"
HOUR_S, DAY_S = 3_600, 86_400


async def by_card(here: Desk, token: str) -> Phone:
    """A phone with the code that a card drew at the kiosk."""
    drawn = await here.kiosk.post("/api/v1/kiosk/phone-codes", {"card_session": token})
    phone = Phone("http://hub", here.bench.http)
    await phone.enrol(drawn["code"], "found")
    return phone


async def lost(here: Desk, by: str = "staff:x", had_s: float | None = None) -> None:
    await here.bench.hub.writer.submit(block_card, BlockCard(CARD, by, had_s=had_s))
    hub = here.bench.hub
    for row in rows(here, t.phones):  # what the effects do in a hub that runs
        hub.memory.forget_phone(row.kid)


def rows(here: Desk, table: Any) -> list[Any]:
    with here.bench.hub.engines.read.connect() as connection:
        return list(connection.execute(select(table)).all())


def ids(here: Desk) -> dict[str, str]:
    return {row.kid: row.id for row in rows(here, t.phones)}


async def say(phone: Phone, method: str, path: str, body: dict[str, Any] | None) -> Reply:
    """After hours the nonce that came with the last answer is stale."""
    phone._nonce = None
    return await phone.send(method, path, body)


async def code_of(phone: Phone) -> str | None:
    body = (await say(phone, "GET", "/api/v1/me", None)).body
    return None if "person" in body else str(body["code"])


async def test_a_finder_s_phone_is_paused_and_the_household_lets_its_own_go_on(
    tmp_path: Path,
) -> None:
    async with desk(tmp_path) as here:
        old = await here.bench.phone("p-1")
        here.bench.pass_s(HOUR_S)
        new = await by_card(here, await session_of(here))
        assert await code_of(new) is None
        (told,) = (await say(old, "GET", PHONES, None)).body["phones"]
        assert told["paused_at"] is None
        here.bench.pass_s(HOUR_S)
        await lost(here)
        assert await code_of(new) == "phone_paused"
        opened = await new.open("d-1")
        assert (opened.status, opened.body["code"]) == (403, "phone_paused")
        assert await code_of(old) is None, "it came by no card"
        (told,) = (await say(old, "GET", PHONES, None)).body["phones"]
        assert told["paused_at"] is not None
        path = f"{PHONES}/{told['id']}/confirm"
        assert (await say(new, "POST", path, None)).body["code"] == "phone_paused"
        assert (await say(old, "POST", path, None)).status == 204
        assert (await say(old, "POST", path, None)).status == 204, "twice is no error"
        here.bench.hub.memory.forget_phone(new.kid)
        assert await code_of(new) is None
        assert [one["phone"] for one in here.journal("phone_paused")] == [told["id"]]
        assert [one["phone"] for one in here.journal("phone_confirmed")] == [told["id"]]


@pytest.mark.parametrize(
    ("ago_s", "had_ago_s", "paused"),
    [
        (DAY_S - 60, None, True),
        (DAY_S + 60, None, False),
        (3 * DAY_S, 4 * DAY_S, True),
        (HOUR_S, HOUR_S / 2, False),
        (32 * DAY_S, 90 * DAY_S, False),  # a month, whatever is said
    ],
)
async def test_since_when_the_card_was_in_doubt(
    tmp_path: Path, ago_s: int, had_ago_s: float | None, paused: bool
) -> None:
    async with desk(tmp_path) as here:
        await by_card(here, await session_of(here))
        here.bench.pass_s(ago_s)
        now_s = here.bench.now.timestamp()
        await lost(here, had_s=None if had_ago_s is None else now_s - had_ago_s)
        (row,) = rows(here, t.phones)
        assert (row.suspended_at is not None) == paused


async def test_the_phone_that_reports_goes_on_and_a_later_report_still_counts(
    tmp_path: Path,
) -> None:
    async with desk(tmp_path) as here:
        token = await session_of(here)
        finder = await by_card(here, token)
        owner = await by_card(here, token)
        await say(owner, "POST", f"/api/v1/me/cards/{CARD}/block", None)
        for row in rows(here, t.phones):
            here.bench.hub.memory.forget_phone(row.kid)
        assert await code_of(owner) is None
        assert await code_of(finder) == "phone_paused"
        await lost(here, "staff:x")
        assert await code_of(owner) == "phone_paused", "a thief who reports first is not safe"


async def test_what_a_paused_phone_began_ends_with_it(tmp_path: Path) -> None:
    async with desk(tmp_path) as here:
        finder = await by_card(here, await session_of(here))
        phone = ids(here)[finder.kid]
        writer = here.bench.hub.writer
        await writer.submit(invite, invitation(here, f"phone:{phone}"))
        assert (await say(finder, "PUT", "/api/v1/me/pin", {"pin": "258013"})).status == 204
        await lost(here)
        assert [row.revoked_at is not None for row in rows(here, t.passes)] == [True]
        assert rows(here, t.pins) == [], "whoever set it knows it"
        again = replace(invitation(here, f"phone:{phone}"), id="v-01")
        with pytest.raises(DomainError, match="phone_paused"):
            await writer.submit(invite, again)
        with here.bench.hub.engines.read.connect() as connection:
            assert ended_now(connection).phones == (phone,), "a restored hub must not forget it"


async def test_a_pin_that_the_desk_set_stays(tmp_path: Path) -> None:
    async with desk(tmp_path) as here:
        await here.bench.administrator()
        await by_card(here, await session_of(here))
        url = "/api/v1/people/p-1/pin"
        assert (await here.bench.http.put(url, json={"pin": "258013"}, headers=CLIENT)).is_success
        await lost(here)
        assert len(rows(here, t.pins)) == 1


async def test_only_who_was_there_before_confirms_and_an_ended_phone_is_past_it(
    tmp_path: Path,
) -> None:
    async with desk(tmp_path) as here:
        token = await session_of(here)
        first = await by_card(here, token)
        here.bench.pass_s(60)
        second = await by_card(here, token)
        neighbour = await here.bench.phone("p-2")
        here.bench.pass_s(60)
        later = await here.bench.phone("p-1")
        await lost(here)
        named = ids(here)
        for speaker, expected in (
            (first, "phone_paused"), (neighbour, "not_found"), (later, "not_found"),
        ):  # fmt: skip
            path = f"{PHONES}/{named[second.kid]}/confirm"
            assert (await say(speaker, "POST", path, None)).body["code"] == expected
        await here.bench.administrator()
        url = f"/api/v1/phones/{named[second.kid]}/confirm"
        assert (await here.bench.http.post(url, headers=CLIENT)).status_code == 204
        here.bench.hub.memory.forget_phone(second.kid)
        assert await code_of(second) is None
        people = (await here.bench.http.get("/api/v1/people")).json()["people"]
        shown = {one["id"]: one["paused"] for person in people for one in person["phones"]}
        assert shown[named[first.kid]]
        assert not shown[named[second.kid]]
        await here.bench.hub.writer.submit(revoke, Revocation(named[first.kid], "staff:x"))
        gone = f"/api/v1/phones/{named[first.kid]}/confirm"
        assert (await here.bench.http.post(gone, headers=CLIENT)).status_code == 404


async def test_when_it_was_last_had_is_said_with_the_report(tmp_path: Path) -> None:
    async with desk(tmp_path) as here:
        old = await here.bench.phone("p-1")
        token = await session_of(here)
        await by_card(here, token)
        here.bench.pass_s(3 * DAY_S)
        ahead = (here.bench.now + timedelta(hours=1)).isoformat()
        url = f"/api/v1/me/cards/{CARD}/block"
        answer = await say(old, "POST", url, {"last_had": ahead})
        assert (answer.status, answer.body["code"]) == (422, "field_wrong")
        assert rows(here, t.cards)[0].blocked_at is None
        then = (here.bench.now - timedelta(days=4)).isoformat()
        assert (await say(old, "POST", url, {"last_had": then})).status == 200
        (paused,) = (row for row in rows(here, t.phones) if row.kid != old.kid)
        assert paused.suspended_at is not None


ZONE = ZoneInfo("Asia/Shanghai")


@pytest.mark.parametrize(
    ("at", "word", "since"),
    [
        ("2026-11-26 14:30", "just_now", "2026-11-26 13:30"),
        ("2026-11-26 14:30", "today", "2026-11-26 00:00"),
        ("2026-11-26 00:20", "today", "2026-11-25 23:20"),  # as far as "just now" at least
        ("2026-11-26 14:30", "yesterday", "2026-11-25 00:00"),
        ("2026-11-26 14:30", "days", "2026-11-12 00:00"),
        ("2026-11-26 14:30", "unknown", "2026-10-26 14:30"),
    ],
)
def test_a_word_reaches_back_as_far_as_it_may_mean(at: str, word: Had, since: str) -> None:
    now, began = (datetime.fromisoformat(one).replace(tzinfo=ZONE) for one in (at, since))
    assert had_at(word, now.timestamp(), ZONE) == began.timestamp()


def test_whoever_remembers_less_is_answered_with_more_care() -> None:
    now_s = datetime(2026, 11, 26, 0, 5, tzinfo=ZONE).timestamp()
    reached = [had_at(word, now_s, ZONE) for word in HAD]
    assert reached == sorted(reached, reverse=True)


async def test_words_are_taken_by_kiosk_phone_and_desk(tmp_path: Path) -> None:
    async with desk(tmp_path) as here:
        await by_card(here, await session_of(here))
        here.bench.pass_s(2 * DAY_S)
        old = await here.bench.phone("p-1")
        lookup = here.bench.gate.lookups_store.issue(
            "kiosk-1", "h-1", "p-1", here.bench.now.timestamp()
        )
        url, asked = "/api/v1/kiosk/lost-cards/block", {"lookup": lookup, "card": CARD}
        for word in ("just_now", "today", "yesterday"):
            await here.kiosk.post(url, asked | {"had": word})
            assert rows(here, t.phones)[0].suspended_at is None, word
        mine = f"/api/v1/me/cards/{CARD}/block"
        assert (await say(old, "POST", mine, {"had": "long ago"})).body["code"] == "field_wrong"
        then = (here.bench.now - timedelta(days=4)).isoformat()
        both = await say(old, "POST", mine, {"had": "today", "last_had": then})
        assert (both.status, both.body["code"]) == (422, "field_wrong")
        assert rows(here, t.phones)[0].suspended_at is None
        assert (await say(old, "POST", mine, {"had": "days"})).status == 200
        assert rows(here, t.phones)[0].suspended_at is not None
        await here.bench.administrator()
        desks = f"/api/v1/cards/{CARD}/block"
        told = await here.bench.http.post(desks, json={"had": "unknown"}, headers=CLIENT)
        assert told.status_code == 200


async def test_the_desk_and_the_kiosk_say_it_too(tmp_path: Path) -> None:
    async with desk(tmp_path) as here:
        await by_card(here, await session_of(here))
        here.bench.pass_s(3 * DAY_S)
        await here.bench.administrator()
        then = {"last_had": (here.bench.now - timedelta(days=4)).isoformat()}
        lookup = here.bench.gate.lookups_store.issue(
            "kiosk-1", "h-1", "p-1", here.bench.now.timestamp()
        )
        asked = {"lookup": lookup, "card": CARD}
        await here.kiosk.post("/api/v1/kiosk/lost-cards/block", asked)
        assert rows(here, t.phones)[0].suspended_at is None
        await here.kiosk.post("/api/v1/kiosk/lost-cards/block", asked | then)
        assert rows(here, t.phones)[0].suspended_at is not None
        wrong = here.kiosk.post("/api/v1/kiosk/lost-cards/block", asked | {"last_had": "soon"})
        assert (await refused(wrong)).status == 422
        await here.bench.phone("p-1")
        url = f"/api/v1/cards/{CARD}/block"
        assert (await here.bench.http.post(url, json=then, headers=CLIENT)).status_code == 200
        assert (await here.bench.http.post(url, headers=CLIENT)).status_code == 200
