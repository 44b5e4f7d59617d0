"""The desk over the bus: keys stay in the hub, nobody reads along, nothing is done twice."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from devices import wire
from devices.jws import Signer
from devices.messages import Life, Refusal, StateNote
from devices.wire_desk import (
    DESK_DO,
    DESK_TOLD,
    DeskTold,
    give_key,
    open_asked,
    open_desk_do,
    seal_answered,
    seal_asked,
    sign_desk_do,
    sign_desk_told,
    take_key,
)
from hub import desks as hub_desks
from hub.gateways.cards import keys_for
from simulators.ends import ClonedUidCard, Ntag424Card
from tests.drivers.waiting import until
from tests.unit.desk_bench import Laid
from tests.unit.desk_town import NAME, DeskTown, desk_town
from tests.unit.hub_bench import CLIENT, SITE

UID = bytes.fromhex("04dd0000000001")
OTHER = bytes.fromhex("04dd0000000002")
ME = wire.Topics(SITE, NAME)


async def staffed(here: DeskTown) -> str:
    secret = await here.bench.administrator()
    await here.open(secret)
    return secret


async def test_a_blank_is_tapped_and_given_and_the_desk_never_sees_a_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with desk_town(tmp_path, monkeypatch) as here:
        await staffed(here)
        card = Ntag424Card(UID)
        laid = await here.lay(card)
        status, told = await here.ask("look")
        assert (status, told["lies"], told["state"], told["tail"]) == (
            200,
            "blank",
            "unknown",
            "0001",
        )
        status, told = await here.ask("give", person="p-1")
        assert (status, told["lies"], told["state"]) == (200, "ours", "given"), told
        assert told["person_name"] == "沈桂芳"
        keys = here.bench.hub.keys
        assert tuple(card.keys) == keys_for(keys.masters, UID, keys.system_id).slots
        carried = b"".join(payload for _, payload in here.line.seen)
        assert UID.hex().encode() not in carried
        await here.lift(laid)
        assert (await here.ask("look"))[1]["code"] == "desk_empty"


async def test_stock_is_made_ahead_and_a_new_card_ends_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with desk_town(tmp_path, monkeypatch) as here:
        await staffed(here)
        first = await here.lay(Ntag424Card(UID))
        assert (await here.ask("ready"))[1]["state"] == "ready"
        assert (await here.ask("ready"))[1]["state"] == "ready"
        old = (await here.ask("give", person="p-1"))[1]["card"]
        assert (await here.ask("give", person="p-2"))[1]["code"] == "card_taken"
        await here.lift(first)
        await here.lay(Ntag424Card(OTHER))
        status, told = await here.ask("give", person="p-1", replaces=old)
        assert (status, told["state"]) == (200, "given")
        stopped = (await here.bench.http.get(f"/api/v1/cards/{old}")).json()
        assert stopped["blocked_at"] is not None
        assert stopped["revocation"]["by"] == "staff"


async def test_each_exchange_may_be_the_last_and_the_next_tap_heals(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with desk_town(tmp_path, monkeypatch) as here:
        await staffed(here)
        whole = Laid(Ntag424Card(OTHER))
        await here.bench.hub.desks.writer.make_ready(whole.transceive, OTHER, spent=False)
        for tear_after in range(0, whole.exchanges, 7):
            uid = bytes.fromhex(f"04dc{tear_after:010x}")
            card = Ntag424Card(uid)
            await here.lay(card, tear_after)
            status, told = await here.ask("give", person="p-1")
            assert (status, told["code"]) in ((409, "card_torn"), (409, "desk_empty")), told
            await until(lambda: here.presence is None)
            laid = await here.lay(card)
            status, told = await here.ask("give", person="p-2")
            assert status == 200, (tear_after, told)
            await here.lift(laid)


async def test_another_card_than_the_clerk_saw_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with desk_town(tmp_path, monkeypatch) as here:
        await staffed(here)
        laid = await here.lay(Ntag424Card(UID))
        seen = here.presence
        await here.lift(laid)
        swapped = Ntag424Card(OTHER)
        await here.lay(swapped)
        assert (await here.ask("give", card=seen, person="p-1"))[1]["code"] == "desk_changed"
        assert swapped.versions == [0] * 5


async def test_keys_are_written_only_after_a_second_factor_and_by_whoever_may(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with desk_town(tmp_path, monkeypatch) as here:
        secret = await here.bench.administrator()
        card = Ntag424Card(UID)
        await here.lay(card)
        assert (await here.ask("give", person="p-1"))[1]["code"] == "desk_shut"
        assert (await here.ask("ready"))[1]["code"] == "desk_shut"
        assert (await here.ask("look"))[0] == 200
        await here.open(secret)
        here.bench.pass_s(hub_desks.OPEN_S)
        assert (await here.ask("ready"))[1]["code"] == "desk_shut"
        assert card.versions == [0] * 5
        url = f"/api/v1/desks/{NAME}/open"
        again = {"otp": here.bench.otp(secret)}
        assert (await here.bench.http.post(url, json=again, headers=CLIENT)).status_code == 200
        assert (await here.bench.http.post(url, json=again, headers=CLIENT)).status_code == 401
        officer = await here.bench.administrator("officer", "officer")
        here.bench.pass_s(31)
        body = {"otp": here.bench.otp(officer)}
        assert (await here.bench.http.post(url, json=body, headers=CLIENT)).status_code == 403
        assert (await here.ask("ready"))[0] == 403
        assert (await here.ask("look"))[0] == 200


async def test_old_cards_enrol_as_numbers_and_cards_with_keys_never_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with desk_town(tmp_path, monkeypatch) as here:
        await staffed(here)
        monkeypatch.setattr("devices.desk.NUMBER_S", 0.3)
        await here.lay(ClonedUidCard(b"\x0a\x0b\x0c\x0d"))
        assert (await here.ask("give", person="p-1"))[1]["code"] == "card_number_only"
        status, told = await here.ask("give", person="p-1", kind="mifare")
        assert (status, told["assurance"], told["proven"]) == (200, "identifier", False)
        await until(lambda: here.presence is None)
        await here.lay(Ntag424Card(UID))
        assert (await here.ask("give", person="p-1", kind="cpu"))[0] == 422


async def test_desk_that_is_away_or_silent_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with desk_town(tmp_path, monkeypatch) as here:
        await staffed(here)
        await here.lay(Ntag424Card(UID))
        monkeypatch.setattr(hub_desks, "ANSWER_S", 0.05)
        here.line.stopped.add(DESK_TOLD)
        assert (await here.ask("look"))[1]["code"] == "card_torn"
        here.line.stopped.clear()
        entry = here.bench.hub.memory.devices[NAME]
        entry.note = StateNote(Life.LOST, "b", "c", 0.0)
        assert (await here.ask("look"))[1]["code"] == "desk_away"
        (shown,) = (await here.bench.http.get("/api/v1/desks")).json()["desks"]
        assert (shown["online"], shown["reader"], shown["card"]) == (False, False, None)
        answer = await here.bench.http.post(
            "/api/v1/desks/gate/look", json={"card": "x"}, headers=CLIENT
        )
        assert answer.status_code == 404  # a door is no desk


async def test_messages_that_come_twice_are_carried_out_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with desk_town(tmp_path, monkeypatch) as here:
        await staffed(here)
        card = Ntag424Card(UID)
        here.line.twice = True
        await here.lay(card)
        status, told = await here.ask("give", person="p-1")
        assert (status, told["state"]) == (200, "given")


async def test_a_copied_session_is_not_played_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with desk_town(tmp_path, monkeypatch) as here:
        await staffed(here)
        laid = await here.lay(Ntag424Card(UID))
        await here.ask("look")
        copied = [each for each in here.line.seen if each[0].endswith(DESK_DO)]
        await here.ask("look")  # another session took its place
        monkeypatch.setattr("devices.desk.LOOK_S", 60.0)
        await asyncio.sleep(0.02)
        before = laid.exchanges
        for topic, payload in copied:
            here.desk.device.on_message(topic, payload)
        await asyncio.sleep(0.05)
        assert laid.exchanges == before
        assert here.desk.device.counters["desk_session"] > 0


async def test_only_the_hub_commands_and_only_this_desk_answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with desk_town(tmp_path, monkeypatch) as here:
        await staffed(here)
        await here.lay(Ntag424Card(UID))
        await here.ask("look")
        device, keys = here.desk.device, here.bench.hub.keys
        raw = next(payload for topic, payload in here.line.seen if topic.endswith(DESK_DO))
        do = open_desk_do(raw, ME, lambda _kid: keys.signers["command"].key.public_key())
        assert not isinstance(do, Refusal)
        wrong = {
            "key_unknown": sign_desk_do(do, ME, keys.signers["policy"]),
            "audience": sign_desk_do(do, wire.Topics(SITE, "desk-2"), keys.signers["command"]),
            "epoch_old": sign_desk_do(replace(do, epoch=0), ME, keys.signers["command"]),
            "connection_old": sign_desk_do(
                replace(do, connection="x"), ME, keys.signers["command"]
            ),
            "expired": sign_desk_do(
                replace(do, issued_at_s=1.0, expires_at_s=2.0), ME, keys.signers["command"]
            ),
            "window_long": sign_desk_do(
                replace(do, expires_at_s=do.expires_at_s + 60), ME, keys.signers["command"]
            ),
        }
        for reason, payload in wrong.items():
            before = device.counters[reason]
            device.on_message(ME.of(DESK_DO), payload)
            assert device.counters[reason] == before + 1, reason
        forged = sign_desk_told(DeskTold("s", 1, b"x"), ME, Signer(NAME, keys.signers["pass"].key))
        counters = here.bench.hub.ingest.counters
        before = sum(counters.values())
        here.bench.hub.ingest.on_message(ME.of(DESK_TOLD), forged)
        here.bench.hub.ingest.on_message(wire.Topics(SITE, "gate").of(DESK_TOLD), forged)
        assert sum(counters.values()) == before + 2


def test_what_is_carried_opens_only_for_its_session_number_and_direction() -> None:
    from devices.identity import Identity  # noqa: PLC0415

    desk, other = Identity.make(NAME, "desk"), Identity.make("desk-2", "desk")
    key = bytes(range(32))
    sealed = give_key(key, desk.public.x25519, ME, "s-1")
    assert take_key(sealed, desk.sealing, ME, "s-1") == key
    assert take_key(sealed, desk.sealing, ME, "s-2") is None
    assert take_key(sealed, other.sealing, ME, "s-1") is None
    asked = seal_asked(key, ME, "s-1", 3, b"apdu")
    assert open_asked(key, ME, "s-1", 3, asked) == b"apdu"
    assert open_asked(key, ME, "s-1", 4, asked) is None
    assert open_asked(key, ME, "s-2", 3, asked) is None
    assert open_asked(key, ME, "s-1", 3, seal_answered(key, ME, "s-1", 3, b"apdu")) is None
    assert b"apdu" not in asked
