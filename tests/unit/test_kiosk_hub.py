"""A kiosk before the real hub: cards proven over the wire, tokens, nonces, notices, silence."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select, update

from devices.identity import Identity
from devices.jws import Signer
from drivers.ntag424 import AuthenticationRefused, challenge, respond, select_application
from drivers.ntag424_desk import CardKeys, personalise
from hub.acts.issuing import NewCard, issue_card
from hub.acts.policies import Adoptee, adopt
from hub.api.kiosk_sessions import LIFE_S, SPENT_MAX, TOKENS_MAX, Lookups, Spent
from hub.core.errors import DomainError
from hub.gateways.card_exchanges import LIFE_S as EXCHANGE_S
from hub.gateways.cards import SUN_URL, keys_for
from hub.store import tables as t
from kiosk.cards import SLOT, CardSign, Known, prove
from kiosk.hub import Hub, HubRefused, HubSilent
from simulators.ends import ClonedUidCard, Ntag424Card
from tests.unit.hub_bench import HubBench, hub_bench
from tests.unit.kiosk_hand import KioskHand
from tests.unit.kiosk_town import InHand

UID = bytes.fromhex("04aabbccddeeff")
OPERATOR = "/api/v1/operator/notices"


class Desk:
    """A hub on the bench with its kiosk and issued cards."""

    def __init__(self, bench: HubBench) -> None:
        self.bench = bench
        self.signer = self.signer_of("kiosk-1")
        self.time_s = 0.0
        self.kiosk = self.hub_of(self.signer)

    def signer_of(self, device: str) -> Signer:
        return Identity.load(self.bench.folder / device).signer

    def hub_of(self, signer: Signer) -> Hub:
        return Hub("http://hub", signer, self.bench.http, lambda: self.time_s)

    async def second_kiosk(self) -> Hub:
        identity = Identity.make("kiosk-2", "kiosk")
        public = identity.public
        wish = Adoptee("kiosk-2", "kiosk", public.ed25519, public.x25519)
        await self.bench.hub.writer.submit(adopt, wish)
        self.bench.hub.memory.reload()
        return self.hub_of(identity.signer)

    async def issue(self, uid: bytes = UID, person: str = "p-1") -> Ntag424Card:
        keys = self.bench.hub.keys
        card = Ntag424Card(uid)
        made = keys_for(keys.masters, uid, keys.system_id)
        await personalise(InHand(card).transceive, uid, made, SUN_URL)
        await self.bench.hub.writer.submit(issue_card, NewCard(f"c-{uid.hex()}", uid.hex(), person))
        return card

    def journal(self, kind: str) -> list[dict[str, Any]]:
        with self.bench.hub.engines.read.connect() as connection:
            rows = connection.execute(select(t.chain.c.body).where(t.chain.c.kind == kind))
            return [json.loads(body) for body in rows.scalars()]


@asynccontextmanager
async def desk(folder: Path) -> AsyncIterator[Desk]:
    async with hub_bench(folder) as bench:
        yield Desk(bench)


async def refused(work: Any) -> HubRefused:
    with pytest.raises(HubRefused) as caught:
        await work
    return caught.value


async def session_of(here: Desk) -> str:
    known = await prove(InHand(await here.issue()), here.kiosk)
    assert isinstance(known, Known)
    return known.card_session


# ---------------------------------------------------------------- the card


async def test_without_a_provider_bills_are_seen_and_not_paid(tmp_path: Path) -> None:
    """Else a card would open nothing at the kiosk: no visitor's code, no bell, no lost card."""
    async with desk(tmp_path) as here:
        assert here.bench.hub.payments is None
        session = await session_of(here)
        told = await here.kiosk.post("/api/v1/kiosk/bills", {"card_session": session})
        (bill, *_) = told["bills"]
        wish = {"id": "pay-1", "bill": bill["id"], "lookup": told["lookup"]}
        no = await refused(here.kiosk.post("/api/v1/payments", wish))
        assert no.code == "provider_refused"
        with here.bench.hub.engines.read.connect() as connection:
            assert connection.execute(select(t.intents)).all() == []


async def test_a_genuine_card_opens_a_visit_and_who_looked_is_recorded(tmp_path: Path) -> None:
    async with desk(tmp_path) as here:
        known = await prove(InHand(await here.issue()), here.kiosk)
        assert isinstance(known, Known)
        assert known.elder is True
        assert here.journal("kiosk_card") == [
            {"card": f"c-{UID.hex()}", "person": "p-1", "kiosk": "kiosk-1"}
        ]


async def test_what_leaves_the_hub_of_a_holder_is_masked(tmp_path: Path) -> None:
    async with desk(tmp_path) as here:
        card = await here.issue()
        heard: list[str] = []

        class Listening:
            async def post(self, path: str, body: Any, *, answer_s: float = 4.0) -> dict[str, Any]:
                told = await here.kiosk.post(path, body, answer_s=answer_s)
                heard.append(json.dumps(told, ensure_ascii=False))
                return told

            get = here.kiosk.get
            left_s = here.kiosk.left_s

        await prove(InHand(card), Listening())
        assert '"holder": "沈**"' in heard[-1]
        assert '"house": "1-1-101"' in heard[-1]
        assert "桂芳" not in "".join(heard)
        key = keys_for(here.bench.hub.keys.masters, UID, here.bench.hub.keys.system_id).slots[SLOT]
        assert key.hex() not in "".join(heard)


@pytest.mark.parametrize("slots", [(3,), (0, 1, 2, 3)])
async def test_keys_that_lie_in_a_perimeter_door_prove_nothing_here(
    tmp_path: Path, slots: tuple[int, ...]
) -> None:
    async with desk(tmp_path) as here:
        await here.issue()
        keys = here.bench.hub.keys
        own = keys_for(keys.masters, UID, keys.system_id).slots
        played = Ntag424Card(UID)  # whoever robbed a gate plays the elder's card
        stolen = tuple(own[slot if slot in slots else 3] for slot in range(5))
        made = CardKeys((stolen[0], stolen[1], stolen[2], stolen[3], stolen[4]), 1)
        await personalise(InHand(played).transceive, UID, made, SUN_URL)
        assert await prove(InHand(played), here.kiosk) is CardSign.REFUSED
        assert here.journal("kiosk_card") == []


async def test_copies_and_strangers_are_refused_and_open_nothing(tmp_path: Path) -> None:
    async with desk(tmp_path) as here:
        await here.issue()
        for card in (ClonedUidCard(UID, iso_dep=True), Ntag424Card(b"\x04" + bytes(6))):
            assert await prove(InHand(card), here.kiosk) is CardSign.REFUSED
        assert here.journal("kiosk_card") == []


async def test_an_unknown_number_is_answered_like_a_known_one(tmp_path: Path) -> None:
    async with desk(tmp_path) as here:
        card = await here.issue()
        await select_application(InHand(card).transceive)
        asked = (await challenge(InHand(card).transceive, SLOT)).hex()
        seen: list[dict[str, Any]] = []
        for uid in (UID.hex(), "04" + "00" * 6, "04" + "00" * 6):
            body = {"uid": uid, "challenge": asked}
            seen.append(await here.kiosk.post("/api/v1/kiosk/cards/challenge", body))
            last = seen[-1]
            assert set(last) == {"exchange", "response"}
            assert (len(last["exchange"]), len(last["response"])) == (32, 64)
            answer = {"exchange": last["exchange"], "answer": "00" * 32}
            no = await refused(here.kiosk.post("/api/v1/kiosk/cards/answer", answer))
            assert (no.status, no.code) == (401, "card_session_refused")
            assert no.body["detail"] == ""
        assert len({each["response"] for each in seen}) == 3  # random, also for the same number


async def test_a_number_never_issued_gets_a_response_that_no_card_takes(tmp_path: Path) -> None:
    async with desk(tmp_path) as here:
        keys = here.bench.hub.keys
        card = InHand(Ntag424Card(UID))  # the right keys, but the desk never gave it out
        made = keys_for(keys.masters, UID, keys.system_id)
        await personalise(card.transceive, UID, made, SUN_URL)
        await select_application(card.transceive)
        asked = await challenge(card.transceive, SLOT)
        body = {"uid": UID.hex(), "challenge": asked.hex()}
        told = await here.kiosk.post("/api/v1/kiosk/cards/challenge", body)
        with pytest.raises(AuthenticationRefused):
            await respond(card.transceive, bytes.fromhex(told["response"]))


async def test_a_blocked_card_proves_itself_and_is_refused_all_the_same(tmp_path: Path) -> None:
    async with desk(tmp_path) as here:
        card = await here.issue()
        with here.bench.hub.engines.write.begin() as connection:
            connection.execute(update(t.cards).values(blocked_at=1.0))
        assert await prove(InHand(card), here.kiosk) is CardSign.STOPPED
        assert here.journal("kiosk_card") == []
        assert [seen["kiosk"] for seen in here.journal("kiosk_card_refused")] == ["kiosk-1"]


@pytest.mark.parametrize("how", ["twice", "late", "overtaken", "elsewhere", "renamed"])
async def test_an_exchange_serves_once_soon_and_here(tmp_path: Path, how: str) -> None:
    async with desk(tmp_path) as here:
        card = InHand(await here.issue())
        other = await here.second_kiosk()

        class Meddler:
            """Carries the exchange as the kiosk does, and meddles before the answer."""

            async def post(self, path: str, body: Any, *, answer_s: float = 4.0) -> dict[str, Any]:
                if not path.endswith("answer"):
                    return await here.kiosk.post(path, body, answer_s=answer_s)
                if how == "twice":
                    await here.kiosk.post(path, body)
                elif how == "late":
                    here.bench.pass_s(EXCHANGE_S)
                elif how == "overtaken":
                    again = {"uid": UID.hex(), "challenge": "00" * 16}
                    await here.kiosk.post("/api/v1/kiosk/cards/challenge", again)
                elif how == "renamed":
                    body = {**body, "exchange": "00" * 16}
                elif how == "elsewhere":
                    return await other.post(path, body)
                return await here.kiosk.post(path, body)

            get = here.kiosk.get
            left_s = here.kiosk.left_s

        assert await prove(card, Meddler()) is CardSign.REFUSED


async def test_trying_cards_fast_is_slowed_down(tmp_path: Path) -> None:
    async with desk(tmp_path) as here:
        body = {"uid": UID.hex(), "challenge": "00" * 16}
        for _ in range(20):
            await here.kiosk.post("/api/v1/kiosk/cards/challenge", body)
        no = await refused(here.kiosk.post("/api/v1/kiosk/cards/challenge", body))
        assert no.code == "too_many"


# ---------------------------------------------------------------- phone codes and tokens


async def test_a_card_holders_code_brings_a_phone_in(tmp_path: Path) -> None:
    async with desk(tmp_path) as here:
        token = await session_of(here)
        made = await here.kiosk.post("/api/v1/kiosk/phone-codes", {"card_session": token})
        assert here.journal("code_issued")[-1] == {"person": "p-1", "by": "kiosk:kiosk-1"}
        from simulators.phone import Phone  # noqa: PLC0415

        phone = Phone("http://hub", here.bench.http)
        reply = await phone.enrol(made["code"], "new")
        assert (reply.status, reply.body["person"]["name"]) == (201, "沈桂芳")


@pytest.mark.parametrize("how", ["late", "elsewhere", "invented", "house"])
async def test_a_card_session_is_soon_over_and_bound_to_its_kiosk(tmp_path: Path, how: str) -> None:
    async with desk(tmp_path) as here:
        token, kiosk = await session_of(here), here.kiosk
        if how == "late":
            here.bench.pass_s(LIFE_S)
        elif how == "elsewhere":
            kiosk = await here.second_kiosk()
        elif how == "invented":
            token = "x" * 43
        elif how == "house":  # a looked-up house is no card
            now_s = here.bench.gate.now_s()
            token = here.bench.gate.lookups_store.issue("kiosk-1", "h-1", None, now_s)
        no = await refused(kiosk.post("/api/v1/kiosk/phone-codes", {"card_session": token}))
        assert (no.status, no.code) == (401, "lookup_expired")


def test_a_clock_set_back_revives_no_token() -> None:
    tokens = Lookups()
    token = tokens.issue("k", "h", None, 1_000.0)
    assert tokens.resolve(token, "k", 1_299.0).household_id == "h"
    with pytest.raises(DomainError):
        tokens.resolve(token, "k", 1_300.0)
    with pytest.raises(DomainError):
        tokens.resolve(token, "k", 1_000.0)
    again = tokens.issue("k", "h", None, 900.0)  # still lives its whole life
    assert tokens.resolve(again, "k", 1_599.0).household_id == "h"


def test_tokens_are_few_and_not_kept_as_they_are() -> None:
    tokens = Lookups()
    first = tokens.issue("k", "h", None, 0.0)
    held = repr(tokens._held)
    assert first not in held
    for _ in range(TOKENS_MAX - 1):
        tokens.issue("k", "h", None, 1.0)
    last = tokens.issue("k", "h", None, 1.0)
    with pytest.raises(DomainError):
        tokens.resolve(first, "k", 1.0)
    assert tokens.resolve(last, "k", 1.0).household_id == "h"


# ---------------------------------------------------------------- signed requests


async def test_a_copied_request_of_a_kiosk_is_nothing(tmp_path: Path) -> None:
    async with desk(tmp_path) as here:
        hand = KioskHand(Identity.load(tmp_path / "kiosk-1"), here.bench.http)
        body = {"uid": UID.hex(), "challenge": "00" * 16}
        sent: list[httpx.Request] = []

        async def note(request: httpx.Request) -> None:
            sent.append(request)

        here.bench.http.event_hooks["request"].append(note)
        reply = await hand.send("POST", "/api/v1/kiosk/cards/challenge", body)
        assert reply.status == 200
        copy = sent[-1]
        answer = await here.bench.http.request(
            "POST", copy.url.path, content=copy.content,
            headers={"Linli-Proof": copy.headers["Linli-Proof"]},
        )  # fmt: skip
        assert (answer.status_code, answer.json()["code"]) == (401, "request_stale")


def test_spent_nonces_are_bounded_and_forgotten_when_they_are_over() -> None:
    spent = Spent()
    for number in range(SPENT_MAX):
        spent.take(f"n{number}", 600.0, 0.0)
    with pytest.raises(DomainError) as full:
        spent.take("one more", 600.0, 0.0)
    assert full.value.code == "hub_busy"
    spent.take("one more", 1_200.0, 600.0)
    assert len(spent._until) == 1


async def test_other_devices_and_strangers_are_no_kiosks(tmp_path: Path) -> None:
    async with desk(tmp_path) as here:
        body = {"uid": UID.hex(), "challenge": "00" * 16}
        door = here.hub_of(here.signer_of("gate"))
        no = await refused(door.post("/api/v1/kiosk/cards/challenge", body))
        assert (no.status, no.code) == (403, "not_allowed")
        stranger = here.hub_of(Identity.make("kiosk-9", "kiosk").signer)
        no = await refused(stranger.post("/api/v1/kiosk/cards/challenge", body))
        assert no.status == 401
        forger = here.hub_of(Identity.make("kiosk-1", "kiosk").signer)
        no = await refused(forger.post("/api/v1/kiosk/cards/challenge", body))
        assert no.code == "proof_forged"


async def test_the_next_nonce_rides_on_the_answer_and_an_old_one_is_replaced(
    tmp_path: Path,
) -> None:
    async with desk(tmp_path) as here:
        asked: list[str] = []

        async def note(request: httpx.Request) -> None:
            asked.append(request.url.path)

        here.bench.http.event_hooks["request"].append(note)
        body = {"uid": UID.hex(), "challenge": "00" * 16}
        for _ in range(3):
            await here.kiosk.post("/api/v1/kiosk/cards/challenge", body)
        assert asked.count("/api/v1/nonce") == 1
        here.bench.pass_s(700)  # the hub's nonce is over, ours still looks good: refused once
        await here.kiosk.post("/api/v1/kiosk/cards/challenge", body)
        assert asked.count("/api/v1/nonce") == 2
        here.time_s += 300  # ours looks old: not even tried
        before = len(asked)
        await here.kiosk.post("/api/v1/kiosk/cards/challenge", body)
        assert asked[before:] == ["/api/v1/nonce", "/api/v1/kiosk/cards/challenge"]


async def test_silence_and_strange_voices_are_no_answers() -> None:
    def serve(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/gone":
            raise httpx.ConnectError("refused")
        if request.url.path == "/proxy":
            return httpx.Response(502, text="<html>Bad gateway</html>")
        return httpx.Response(200, text="<html>Welcome to this hotel's network</html>")

    silences: list[int] = []
    async with httpx.AsyncClient(transport=httpx.MockTransport(serve)) as http:
        hub = Hub("http://hub", Identity.make("k", "kiosk").signer, http, lambda: 0.0)
        hub.on_silence = lambda: silences.append(1)
        for path in ("/gone", "/proxy", "/hotel"):
            with pytest.raises(HubSilent):
                await hub.look(path)
        with pytest.raises(HubSilent):
            await hub.post("/gone", {})
    assert len(silences) >= 1


def test_the_hubs_time_is_told_and_never_computed_from_ours() -> None:
    now = [100.0]
    hub = Hub("http://hub", Identity.make("k", "kiosk").signer, httpx.AsyncClient(), lambda: now[0])
    assert hub.now_s() is None
    assert hub.left_s("2026-11-23T01:02:00Z") == 0.0
    hub.told_time("2026-11-23T01:00:00Z")
    now[0] += 30
    assert hub.left_s("2026-11-23T01:02:00Z") == 90.0
    assert hub.left_s("2026-11-23T01:00:00Z") == 0.0
    assert hub.left_s("nonsense") == 0.0


# ---------------------------------------------------------------- notices


def notice(name: str, **more: Any) -> dict[str, Any]:
    words = {"zh-Hans": "八段锦", "zh-Hant": "八段錦", "en": "Eight brocades"}
    return {"id": name, "kind": "exercise", "title": words, "line": words, **more}


async def test_notices_are_posted_whole_by_the_operator_and_read_by_anybody(
    tmp_path: Path,
) -> None:
    async with desk(tmp_path) as here:
        assert await here.kiosk.look("/api/v1/notices") == {"notices": []}
        operator = {"Authorization": f"Bearer {here.bench.gate.operator_token}"}
        http = here.bench.http
        for names in (["a", "b"], ["c"]):
            posted = {"notices": [notice(name) for name in names]}
            assert (await http.post(OPERATOR, json=posted, headers=operator)).status_code == 204
            assert await here.kiosk.look("/api/v1/notices") == posted
        stranger = await http.post(OPERATOR, json={"notices": []})
        assert stranger.status_code == 403
        for wrong in (
            {"notices": [notice(str(n)) for n in range(5)]},
            {"notices": [notice("a", title={"en": "only"})]},
            {"notices": [notice("a", kind="advertisement")]},
        ):
            answer = await http.post(OPERATOR, json=wrong, headers=operator)
            assert answer.status_code == 422
        assert (await here.kiosk.look("/api/v1/notices"))["notices"][0]["id"] == "c"
