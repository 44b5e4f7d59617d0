"""What guests, kiosks and restores brought with them: second uses, late wishes, leaks by chance."""

import asyncio
import io
import ipaddress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest
from sqlalchemy import select

from devices.access import Granted, State
from devices.facts import TRIES_FREE
from devices.messages import Outcome
from drivers import osdp_wire
from drivers.osdp_words import Command, Reply
from drivers.spy import Spy, hide_reader_secrets
from hub.acts.calls import CallAnswer
from hub.acts.cards import BlockCard, block_card
from hub.acts.kiosk_calls import LetIn, let_in
from hub.acts.phones import NewCode, Revocation, issue_code, revoke
from hub.acts.visits import Invitation, invite
from hub.api.forwarded import real_scope
from hub.core.errors import DomainError
from hub.gateways.broker import BrokerFailed, Listener, ManagedBroker
from hub.store import tables as t
from kiosk.bell import REST_S, Bell
from kiosk.cards import CardSign, Known, prove
from kiosk.hub import Hub
from simulators.phone import Phone
from tests.unit.hub_bench import SITE, hub_bench
from tests.unit.kiosk_town import InHand
from tests.unit.test_guests import DIGITS, WRONG, coded, types
from tests.unit.test_kiosk_guests import CARD, door_here, ring
from tests.unit.test_kiosk_hub import Desk, desk, refused, session_of
from tests.unit.test_payments_store import money_bench
from tests.unit.test_visit_kinds import asks, in_hours, told
from tests.unit.test_visits import ASKED, wish

# --------------------------------------------------------------------------- a stolen card


async def test_a_blocked_card_brings_no_phone_in(tmp_path: Path) -> None:
    """The visit at the kiosk outlives the card by minutes; a phone would outlive it for good."""
    async with desk(tmp_path) as here:
        token = await session_of(here)
        await here.bench.hub.writer.submit(block_card, BlockCard(CARD, "staff:x"))
        asked = here.kiosk.post("/api/v1/kiosk/phone-codes", {"card_session": token})
        assert (await refused(asked)).code == "lookup_expired"


async def test_a_code_that_a_stolen_card_drew_ends_with_the_card(tmp_path: Path) -> None:
    async with desk(tmp_path) as here:
        token = await session_of(here)
        drawn = await here.kiosk.post("/api/v1/kiosk/phone-codes", {"card_session": token})
        await here.bench.hub.writer.submit(block_card, BlockCard(CARD, "staff:x"))
        reply = await Phone("http://hub", here.bench.http).enrol(drawn["code"], "the thief's")
        assert (reply.status, reply.body["code"]) == (403, "code_wrong")


def invitation(here: Desk, by: str) -> Invitation:
    now_s = here.bench.now.timestamp()
    return Invitation("v-00", "p-1", ["d-1"], now_s, now_s + 3600, "", by)


async def test_a_wish_that_comes_behind_the_end_of_its_card_makes_nothing(tmp_path: Path) -> None:
    """A block overtakes what waits: what the gate saw a moment ago is not true any more."""
    async with desk(tmp_path) as here:
        await session_of(here)
        door_here(here)
        await ring(here)
        writer = here.bench.hub.writer
        await writer.submit(block_card, BlockCard(CARD, "staff:x"))
        with here.bench.hub.engines.read.connect() as connection:
            call = connection.execute(select(t.calls.c.id)).scalar_one()
        answer = CallAnswer(call, "open", f"card:{CARD}", "p-1", "kiosk-1")
        with pytest.raises(DomainError, match="lookup_expired"):
            await writer.submit(let_in, LetIn(answer, "k-1", "p-1", "gate", 2, None))
        with pytest.raises(DomainError, match="lookup_expired"):
            await writer.submit(invite, invitation(here, f"card:{CARD}"))
        with pytest.raises(DomainError, match="lookup_expired"):
            await writer.submit(issue_code, NewCode("p-1", "mark", "kiosk:kiosk-1", CARD))
        with here.bench.hub.engines.read.connect() as connection:
            assert connection.execute(select(t.passes)).all() == []
            assert connection.execute(select(t.codes)).all() == []
            assert connection.execute(select(t.calls.c.answer)).scalar_one() is None


async def test_a_revoked_phone_invites_nobody_who_was_still_waiting(tmp_path: Path) -> None:
    async with desk(tmp_path) as here:
        await here.bench.phone()
        with here.bench.hub.engines.read.connect() as connection:
            phone = connection.execute(select(t.phones.c.id)).scalar_one()
        writer = here.bench.hub.writer
        await writer.submit(revoke, Revocation(phone, "staff:x"))
        with pytest.raises(DomainError, match="phone_revoked"):
            await writer.submit(invite, invitation(here, f"phone:{phone}"))


async def test_a_restored_hub_takes_no_card_before_it_knows_what_was_blocked(
    tmp_path: Path,
) -> None:
    """Its list may be older than the theft; a card would bring a phone in, as sign-in would."""
    async with desk(tmp_path) as here:
        card = await here.issue()
        here.bench.hub.recalls.blind = True
        assert await prove(InHand(card), here.kiosk) is CardSign.BUSY
        assert here.journal("kiosk_card") == []
        here.bench.hub.recalls.blind = False
        assert isinstance(await prove(InHand(card), here.kiosk), Known)


# --------------------------------------------------------------------------- counted once, or never


async def test_a_long_pass_handed_back_at_once_is_another_use(tmp_path: Path) -> None:
    """Ten seconds are for a door that did not open; whoever was given a word has come in."""
    async with hub_bench(tmp_path) as bench:
        phone = await bench.phone()
        body = wish(bench, ends=in_hours(bench, 72), uses=2)
        visit = (await phone.send("POST", ASKED, body)).body["id"]
        for seq in (1, 11):
            assert await asks(bench, visit, seq) == [None]
            await told(bench, visit, seq + 1, seq, Outcome.GRANTED)
            bench.pass_s(8)
        assert await asks(bench, visit, 21) == ["pass_used"]


def test_a_code_shown_again_forgives_no_guesses() -> None:
    """Nothing is used up where the door was not opened, so nothing is bought with it either."""
    rules, state = coded(), State()
    decision, state = types(rules, state, DIGITS)
    assert isinstance(decision, Granted)
    for turn in range(TRIES_FREE):
        assert types(rules, state, DIGITS, turn)[0].reason == "granted"
        _, state = types(rules, state, DIGITS, turn)
        _, state = types(rules, state, WRONG, turn)
    assert types(rules, state, DIGITS, TRIES_FREE)[0].reason == "codes_locked"
    assert state.of(1).codes.wrong == TRIES_FREE


# --------------------------------------------------------------------------- spies


@pytest.mark.parametrize("block", [b"", b"\x17"])
def test_a_typed_digit_is_masked_wherever_the_line_cuts(block: bytes) -> None:
    """The code of "keys were pressed" is the byte that begins a frame: a cut there looks like one.

    On a bus with an echo the panel's own words come back, a new key among them.
    """
    typed = osdp_wire.encode(1, 1, Reply.KEYPAD, b"\x00\x041234", is_reply=True, block=block)
    key = bytes(range(0x20, 0x30))
    echoed = osdp_wire.encode(1, 1, Command.KEYSET, b"\x01\x10" + key, block=block)
    for whole, secret in ((typed, b"1234"), (echoed, key)):
        for cut in range(1, len(whole)):
            out = io.StringIO()
            spy = Spy("x", hide_reader_secrets, out.write, clock=lambda: datetime.now(UTC))
            spy("<", 0, whole[:cut])
            spy("<", 0, whole[cut:])
            shown = out.getvalue()
            assert not any(secret[at : at + 2].hex(" ") in shown for at in range(len(secret) - 1))


# --------------------------------------------------------------------------- the kiosk's hall


async def test_four_digits_cannot_be_tried_out_in_a_day(tmp_path: Path) -> None:
    """Behind them are a household's bills, and the screen that blocks its cards."""
    right = {"house": "1-1-101", "phone_last4": "7302"}
    async with money_bench(tmp_path) as money:
        answers: list[str] = []
        for digits in range(40):
            money.bench.pass_s(120)  # slower than the bound of a minute
            wrong = right | {"phone_last4": f"{digits:04d}"}
            reply = await money.kiosk.send("POST", "/api/v1/kiosk/bills", wrong)
            answers.append(reply.body["code"])
        assert 20 <= answers.count("house_unknown") <= 22
        assert answers[-1] == "too_many"
        reply = await money.kiosk.send("POST", "/api/v1/kiosk/bills", right)
        assert reply.body["code"] == "too_many", "or a guesser would learn it all the same"
        other = right | {"house": "1-1-102", "phone_last4": "0000"}
        reply = await money.kiosk.send("POST", "/api/v1/kiosk/bills", other)
        assert reply.body["code"] == "house_unknown", "another house is not held up"


async def test_whoever_knows_the_digits_may_look_all_day(tmp_path: Path) -> None:
    right = {"house": "1-1-101", "phone_last4": "7302"}
    async with money_bench(tmp_path) as money:
        for _ in range(40):
            money.bench.pass_s(120)
            reply = await money.kiosk.send("POST", "/api/v1/kiosk/bills", right)
            assert reply.status == 200, reply.body


class Hasty:
    """A hub where too many wait already: it answers at once, and always the same."""

    def __init__(self) -> None:
        self.asked = 0

    async def get(self, path: str, *, answer_s: float) -> dict[str, Any]:
        del answer_s
        self.asked += 1
        assert self.asked < 100, "asked again and again without a rest"
        return {"calls": [{"answer": None}] if "known" in path else []}


async def test_a_hub_that_holds_nobody_is_not_asked_without_a_rest() -> None:
    hub, rests = Hasty(), list[float]()

    async def sleep(seconds: float) -> None:
        rests.append(seconds)
        if len(rests) == 3:
            raise asyncio.CancelledError

    bell = Bell(cast("Hub", hub), lambda: 0.0, sleep)
    with pytest.raises(asyncio.CancelledError):
        await bell.run()
    assert (hub.asked, set(rests)) == (4, {REST_S})


# --------------------------------------------------------------------------- the edge


@pytest.mark.parametrize(
    ("header", "status"),
    [
        ([], 200),
        ([(b"x-forwarded-for", b"127.0.0.1")], 401),
        ([(b"x-forwarded-for", b"127.0.0.1, unknown")], 401),
        ([(b"x-forwarded-for", b"127.0.0.1, 198.51.100.7")], 401),
        (None, 200),
    ],
)
async def test_a_proxy_on_this_machine_makes_nobody_a_program_of_it(
    tmp_path: Path, header: list[tuple[bytes, bytes]] | None, status: int
) -> None:
    """Numbers are free to this machine's own programs, not to whom its proxy lets through."""
    trusted = [ipaddress.ip_network("127.0.0.1")] if header is not None else []
    async with hub_bench(tmp_path) as bench:
        said: list[Any] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Any) -> None:
            said.append(message.get("status"))

        scope = {
            "type": "http", "method": "GET", "path": "/metrics", "raw_path": b"/metrics",
            "query_string": b"", "http_version": "1.1", "scheme": "http", "root_path": "",
            "server": ("hub", 80), "client": ("127.0.0.1", 5), "headers": header or [],
        }  # fmt: skip
        await bench.app(real_scope(scope, trusted), receive, send)
        assert said[0] == status


@pytest.mark.parametrize("host", ["127.0.0.1\nallow_anonymous true", "localhost x", ""])
def test_no_setting_writes_a_line_into_the_brokers_file(tmp_path: Path, host: str) -> None:
    file = tmp_path / "x.pem"
    with pytest.raises(BrokerFailed, match="has no host"):
        ManagedBroker(
            tmp_path, 1883, site=SITE, hub="hub-1",
            outside=(Listener(host, 8883, file, file),), kind="mosquitto",
        )  # fmt: skip
