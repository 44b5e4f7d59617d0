"""The hub's ear: facts once, poison passed over, gapless acknowledgements, taps archived."""

import ast
import asyncio
import random
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

import pytest
from sqlalchemy import delete, select

import devices
from devices import faces, guests, meter, recall, wire
from devices.identity import KINDS, Identity
from devices.messages import Ack, ClockQuality, Command, Event, Life, Outcome, StateNote
from hub.acts import events
from hub.acts.events import Poison, pass_over
from hub.acts.issuing import NewCard, issue_card
from hub.acts.policies import Adoptee, adopt
from hub.core.event_kinds import SENDERS
from hub.gateways.cards import SUN_URL, keys_for
from hub.recalls import DiskOlder
from hub.store import chain
from hub.store import tables as t
from simulators.ends import Ntag424Card
from tests.unit.door_bench import Bus
from tests.unit.hub_bench import SITE, HubBench, hub_bench

BOOT = "1-00000000000000aa"


class Ear:
    """A hub that hears a gate, and what it says back."""

    def __init__(self, bench: HubBench, name: str = "gate") -> None:
        self.bench = bench
        self.gate = Identity.load(bench.folder / name)
        self.topics = wire.Topics(SITE, name)
        self.bus = Bus()
        bench.hub.ingest.hail()
        bench.hub.ingest.connected(self.bus)

    @classmethod
    async def of_new(cls, bench: HubBench, name: str, kind: str) -> Self:
        """A device that is taken in for this test."""
        identity = Identity.make(name, kind)
        (bench.folder / name).mkdir()
        identity.save(bench.folder / name)
        public = identity.public
        wish = Adoptee(name, kind, public.ed25519, public.x25519)
        await bench.hub.writer.submit(adopt, wish)
        bench.hub.memory.reload()
        return cls(bench, name)

    def event(self, seq: int, **more: Any) -> Event:
        plain = Event(BOOT, seq, 1_795_000_000.0 + seq, ClockQuality.SIGNED, "access", 1,
                      Outcome.GRANTED, "granted", "p-1", "c-1", "card")  # fmt: skip
        return replace(plain, **more)

    async def hear(self, *heard: Event, leaf: str = wire.EVENT) -> None:
        for event in heard:
            raw = wire.sign_event(event, self.topics, self.gate.signer)
            self.bench.hub.ingest.on_message(self.topics.of(leaf), raw)
        for _ in range(60):
            await asyncio.sleep(0)

    def acks(self) -> list[Ack]:
        raws = [raw for topic, raw, _ in self.bus.said if topic == self.topics.of(wire.EVENT_ACK)]
        found = [wire.decode_ack(raw) for raw in raws]
        return [ack for ack in found if isinstance(ack, Ack)]

    def alerts(self) -> set[str]:
        """The kinds of alerts that were raised."""
        with self.bench.hub.engines.read.connect() as connection:
            return set(connection.execute(select(t.alerts.c.kind)).scalars())

    def rows(self, table: Any = t.events) -> list[Any]:
        with self.bench.hub.engines.read.connect() as connection:
            return list(connection.execute(select(table).order_by(table.c.n)).all())

    def fine(self) -> bool:
        with self.bench.hub.engines.read.connect() as connection:
            return chain.verify(connection).fine


async def test_a_fact_is_recorded_once_however_often_it_comes(tmp_path: Path) -> None:
    async with hub_bench(tmp_path) as bench:
        ear = Ear(bench)
        await ear.hear(ear.event(1), ear.event(1), ear.event(1))
        await ear.hear(ear.event(1), leaf=wire.ALARM)
        assert [row.seq for row in ear.rows()] == [1]
        assert ear.acks()[-1] == Ack(BOOT, 1)
        assert ear.fine()


async def test_an_acknowledgement_never_crosses_a_gap(tmp_path: Path) -> None:
    async with hub_bench(tmp_path) as bench:
        ear = Ear(bench)
        await ear.hear(ear.event(1), ear.event(3), ear.event(4))
        assert ear.acks()[-1] == Ack(BOOT, 1)
        assert bench.hub.ingest.counters["ahead"] == 2  # an operator sees a device that is stuck
        await ear.hear(ear.event(2), ear.event(3), ear.event(4))
        assert ear.acks()[-1] == Ack(BOOT, 4)
        assert [row.seq for row in ear.rows()] == [1, 2, 3, 4]


async def test_an_alarm_is_heard_before_its_turn_and_acknowledged_in_it(tmp_path: Path) -> None:
    async with hub_bench(tmp_path) as bench:
        ear = Ear(bench)
        await ear.hear(ear.event(1), ear.event(4, kind="forced", reason="forced", outcome=None),
                       leaf=wire.ALARM)  # fmt: skip
        assert [row.seq for row in ear.rows()] == [1, 4]
        await ear.hear(ear.event(5))  # its forerunner is here, and others are not
        assert ear.acks()[-1] == Ack(BOOT, 1)
        await ear.hear(*map(ear.event, (2, 3)), ear.event(5))
        assert ear.acks()[-1] == Ack(BOOT, 5)
        assert [row.seq for row in ear.rows()] == [1, 4, 2, 3, 5]


@pytest.mark.parametrize("seed", range(4))
async def test_whatever_is_lost_on_the_way_the_order_of_a_device_stays(
    tmp_path: Path, seed: int
) -> None:
    luck, last = random.Random(seed), 20
    async with hub_bench(tmp_path) as bench:
        ear = Ear(bench)
        for _ in range(200):
            upto = ear.acks()[-1].upto if ear.acks() else 0
            if upto == last:
                break
            sent = [n for n in range(upto + 1, min(upto + 9, last + 1)) if luck.random() < 0.6]
            if luck.random() < 0.3:
                luck.shuffle(sent)
            await ear.hear(*map(ear.event, sent))
        assert [row.seq for row in ear.rows()] == list(range(1, last + 1))
        assert ear.fine()


async def test_the_same_number_with_other_content_is_kept_and_told(tmp_path: Path) -> None:
    async with hub_bench(tmp_path) as bench:
        ear = Ear(bench)
        await ear.hear(ear.event(1), ear.event(1, reason="exit"))
        assert [row.reason for row in ear.rows()] == ["granted"]
        with bench.hub.engines.read.connect() as connection:
            kinds = connection.execute(select(t.chain.c.kind)).scalars().all()
        assert kinds.count("event_conflict") == 1


async def test_poison_is_kept_apart_and_life_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with hub_bench(tmp_path) as bench:
        ear = Ear(bench)
        good = events._row

        def brittle(heard: Any, body: str, now_s: float) -> dict[str, Any]:
            if heard.event.seq == 2 and heard.door is not None:
                raise ZeroDivisionError("poison")
            return good(heard, body, now_s)

        monkeypatch.setattr(events, "_row", brittle)
        await ear.hear(ear.event(1), ear.event(2), ear.event(3))
        await ear.hear(ear.event(3))  # told again, as whatever is not acknowledged
        assert [(row.seq, row.kind) for row in ear.rows()] == [
            (1, "access"), (2, "quarantined"), (3, "access"),
        ]  # fmt: skip
        assert ear.acks()[-1] == Ack(BOOT, 3)
        with bench.hub.engines.read.connect() as connection:
            (kept,) = connection.execute(select(t.quarantine)).all()
        assert "ZeroDivisionError" in kept.fault
        assert bench.hub.ingest.counters["quarantined"] == 1
        assert ear.fine()


def duress(ear: Ear, seq: int) -> Event:
    return ear.event(seq, kind="duress", outcome=None, reason="duress", via="pin")


async def test_quarantined_duress_is_told_to_its_responders_and_to_nobody_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with hub_bench(tmp_path) as bench:
        ear = Ear(bench)
        told: list[tuple[str, dict[str, Any]]] = []
        bench.hub.ingest.announce = lambda kind, body: told.append((kind, body))
        good = events._row

        def brittle(heard: Any, body: str, now_s: float) -> dict[str, Any]:
            if heard.event.seq == 2 and heard.door is not None:
                raise ZeroDivisionError("poison")
            return good(heard, body, now_s)

        monkeypatch.setattr(events, "_row", brittle)
        await ear.hear(ear.event(1), duress(ear, 2))
        rows = [(row.seq, row.kind, row.door_id) for row in ear.rows()]
        assert rows == [(1, "access", "d-1"), (2, "duress", "d-1")]
        with bench.hub.engines.read.connect() as connection:
            (alert,) = connection.execute(select(t.alerts)).all()
        assert (alert.kind, alert.subject) == ("duress", "door:d-1")
        assert [body["n"] for kind, body in told if kind == "event"] == [ear.rows()[0].n]
        assert ear.acks()[-1] == Ack(BOOT, 2)
        assert ear.fine()


async def test_an_event_whose_alert_fails_does_not_hold_up_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with hub_bench(tmp_path) as bench:
        ear = Ear(bench)

        def broken(*_args: Any) -> tuple[object, ...]:
            raise ZeroDivisionError("poison")

        monkeypatch.setattr("hub.acts.alerts.heard", broken)
        await ear.hear(duress(ear, 1))
        monkeypatch.undo()
        await ear.hear(ear.event(2))
        assert [row.kind for row in ear.rows()] == ["duress", "access"]
        assert ear.acks()[-1] == Ack(BOOT, 2)


async def test_what_another_device_signed_is_not_heard(tmp_path: Path) -> None:
    async with hub_bench(tmp_path) as bench:
        ear = Ear(bench)
        kiosk = Identity.load(bench.folder / "kiosk-1")
        own = wire.Topics(SITE, "kiosk-1")
        raw = wire.sign_event(ear.event(1), ear.topics, kiosk.signer)
        bench.hub.ingest.on_message(ear.topics.of(wire.EVENT), raw)
        bench.hub.ingest.on_message(own.of(wire.EVENT), raw)
        bench.hub.ingest.on_message(wire.Topics(SITE, "nobody").of(wire.EVENT), raw)
        bench.hub.ingest.on_message(wire.Topics("else", "gate").of(wire.EVENT), raw)
        await asyncio.sleep(0)
        assert ear.rows() == []
        counters = bench.hub.ingest.counters
        assert counters["key_unknown"] == 1
        assert counters["audience"] == 1
        assert counters["device_unknown"] == 1
        assert counters["topic"] == 1


async def test_a_late_lost_of_an_old_connection_is_no_news(tmp_path: Path) -> None:
    async with hub_bench(tmp_path) as bench:
        ear = Ear(bench)
        topic = ear.topics.of(wire.STATE)
        ready = StateNote(Life.READY, "2-b", "c2", 1.0)
        bench.hub.ingest.on_message(topic, wire.encode_state(ready))
        old = StateNote(Life.LOST, "1-a", "c1", 0.5)
        bench.hub.ingest.on_message(topic, wire.encode_state(old))
        assert bench.hub.memory.devices["gate"].ready
        bench.hub.ingest.on_message(topic, wire.encode_state(replace(ready, life=Life.LOST)))
        assert not bench.hub.memory.devices["gate"].ready


# --------------------------------------------------------------------------- taps at a card point


# --- whose word is believed -------------------------------------------------------------------

DEVICE_KINDS = KINDS


async def test_an_event_is_taken_only_from_the_kind_of_device_that_may_tell_it(
    tmp_path: Path,
) -> None:
    async with hub_bench(tmp_path) as bench:
        wanted: set[tuple[str, str]] = set()
        ear = Ear(bench)
        for device_kind in DEVICE_KINDS:
            ear = await Ear.of_new(bench, f"new-{device_kind}", device_kind)
            for number, kind in enumerate([*SENDERS, "of_next_year"], 1):
                content = {"from": 1, "to": 1} if kind == "gap" else {}
                event = ear.event(1, kind=kind, content=content, boot=f"{number}-{BOOT[2:]}")
                await ear.hear(replace(event, door=None, outcome=None, reason=None, via=None))
                if device_kind in SENDERS.get(kind, DEVICE_KINDS):
                    wanted.add((f"new-{device_kind}", kind))
        assert {(row.device_id, row.kind) for row in ear.rows()} == wanted
        refused = len(DEVICE_KINDS) * (len(SENDERS) + 1) - len(wanted)
        assert bench.hub.ingest.counters["event_foreign"] == refused > 0
        assert ear.fine()
        assert {type(one) for one in bench.fatal} == {DiskOlder}  # so say some that we forgot
        bench.fatal.clear()


async def test_what_a_device_of_the_wrong_kind_told_waits_unacknowledged(tmp_path: Path) -> None:
    async with hub_bench(tmp_path) as bench:
        ear = await Ear.of_new(bench, "water-1", "meter")
        await ear.hear(ear.event(1, kind="fire", door=None, outcome=None, reason="fire"))
        assert (ear.rows(), ear.acks()) == ([], [])
        with bench.hub.engines.read.connect() as connection:
            assert not connection.execute(select(t.alerts)).all()
        read = ear.event(2, kind="meter", door=None, outcome=None, content={"meter": "1"})
        await ear.hear(read)
        assert ear.rows() == []
        assert {ack.upto for ack in ear.acks()} == {0}  # it only hears that nothing is here
        await ear.hear(replace(read, seq=1))
        assert [row.kind for row in ear.rows()] == ["meter"]


async def test_what_retention_took_is_no_new_fact_when_it_is_told_again(tmp_path: Path) -> None:
    async with hub_bench(tmp_path) as bench:
        ear = Ear(bench)
        told = [ear.event(1), ear.event(2), ear.event(3, kind="forced", reason="forced")]
        await ear.hear(*told)
        with bench.hub.engines.write.begin() as connection:
            connection.execute(delete(t.events))
            connection.execute(delete(t.alerts))
        await ear.hear(told[2])
        await ear.hear(told[2], leaf=wire.ALARM)
        assert (ear.rows(), ear.alerts()) == ([], set())
        assert ear.acks()[-1].upto == 3
        await ear.hear(ear.event(4))
        assert [row.seq for row in ear.rows()] == [4]


async def test_what_stands_for_a_quarantined_event_is_no_other_content(tmp_path: Path) -> None:
    async with hub_bench(tmp_path) as bench:
        ear = Ear(bench)
        await bench.hub.writer.submit(pass_over, Poison("gate", ear.event(1), "q-1", "gate"))
        await ear.hear(ear.event(1))
        assert "event_conflict" not in ear.alerts()
        assert ear.acks()[-1].upto == 1


def drafted() -> set[str]:
    """Every kind that a device's code can put into an event: the words that stand in it."""
    found = {recall.KIND, recall.FORGOT, guests.ASKED, faces.ASKED, meter.READING, meter.SILENT}
    for path in Path(devices.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            texts = [arg.value for arg in node.args if isinstance(arg, ast.Constant)]
            if name in ("draft", "Happening", "_tell_reader"):
                found |= {text for text in texts if isinstance(text, str)}
            if name == "Event" and "gap" in texts:
                found.add("gap")
            if name == "replace":
                kinds = [one.value for one in node.keywords if one.arg == "kind"]
                found |= {str(one.value) for one in kinds if isinstance(one, ast.Constant)}
    return found


def test_every_kind_that_devices_tell_has_its_senders() -> None:
    assert set(SENDERS) == drafted() | {"fire", "fire_reset"}  # chosen from two in one line
    assert all(senders <= set(DEVICE_KINDS) for senders in SENDERS.values())


@pytest.fixture
def card() -> Ntag424Card:
    return Ntag424Card(bytes.fromhex("04112233445566"))


async def issued(bench: HubBench, card: Ntag424Card) -> None:
    from drivers.ntag424_desk import personalise  # noqa: PLC0415 (beside its one use)

    async def transceive(apdu: bytes, timeout_s: float = 1.0) -> bytes:
        del timeout_s
        return card.exchange(apdu)

    keys = keys_for(bench.hub.keys.masters, card.uid, bench.hub.keys.system_id)
    await personalise(transceive, card.uid, keys, SUN_URL)
    await bench.hub.writer.submit(issue_card, NewCard("c-1", card.uid.hex(), "p-1"))


async def tap_of(card: Ntag424Card) -> str:
    from drivers.ntag424 import read_ndef_url, select_application  # noqa: PLC0415 (as above)

    async def transceive(apdu: bytes, timeout_s: float = 1.0) -> bytes:
        del timeout_s
        return card.exchange(apdu)

    card.wake()
    await select_application(transceive)
    return await read_ndef_url(transceive)


def reasons(ear: Ear) -> list[str]:
    raws = [raw for topic, raw, _ in ear.bus.said if topic == ear.topics.of(wire.COMMAND)]
    key = ear.bench.hub.keys.signers["command"].key.public_key()
    found = [wire.open_command(raw, ear.topics, lambda _kid: key) for raw in raws]
    return [str(command.reason) for command in found if isinstance(command, Command)]


def sun(ear: Ear, seq: int, url: str, **more: Any) -> Event:
    return ear.event(
        seq, kind="sun", door=None, outcome=None, reason=None, person=None, credential=None,
        content={"url": url, "place": "hall"}, **more,
    )  # fmt: skip


async def test_a_tap_is_archived_once_and_its_copy_never(tmp_path: Path, card: Ntag424Card) -> None:
    async with hub_bench(tmp_path) as bench:
        ear = Ear(bench, "hall")
        ready = StateNote(Life.READY, "b", "c", 1.0)
        bench.hub.ingest.on_message(ear.topics.of(wire.STATE), wire.encode_state(ready))
        await issued(bench, card)
        first, second = await tap_of(card), await tap_of(card)
        await ear.hear(sun(ear, 1, first))
        await ear.hear(sun(ear, 2, first))  # the very same message again
        await ear.hear(sun(ear, 3, second))
        last = "0" if second[-1] != "0" else "1"
        await ear.hear(sun(ear, 4, second[:-1] + last), sun(ear, 5, "https://elsewhere.invalid/"))
        assert reasons(ear) == [
            "checked_in", "sun_repeat", "checked_in_again", "sun_forged", "sun_form",
        ]  # fmt: skip
        (entry,) = ear.rows(t.archive)
        assert (entry.person_id, entry.place, entry.review) == ("p-1", "hall", False)
        assert ear.fine()


async def test_an_old_message_shown_live_waits_for_review(
    tmp_path: Path, card: Ntag424Card
) -> None:
    async with hub_bench(tmp_path) as bench:
        ear = Ear(bench, "hall")
        ready = StateNote(Life.READY, "b", "c", 1.0)
        bench.hub.ingest.on_message(ear.topics.of(wire.STATE), wire.encode_state(ready))
        await issued(bench, card)
        skimmed, shown = await tap_of(card), await tap_of(card)
        await ear.hear(sun(ear, 1, shown))
        await ear.hear(sun(ear, 2, skimmed))  # a lower counter, now: it was kept back
        assert reasons(ear) == ["checked_in", "sun_review"]
        assert [row.review for row in ear.rows(t.archive)] == [False, True]


async def test_a_late_honest_tap_is_taken_in_its_time(tmp_path: Path, card: Ntag424Card) -> None:
    async with hub_bench(tmp_path) as bench:
        ear = Ear(bench, "hall")
        ready = StateNote(Life.READY, "b", "c", 1.0)
        bench.hub.ingest.on_message(ear.topics.of(wire.STATE), wire.encode_state(ready))
        await issued(bench, card)
        early, later = await tap_of(card), await tap_of(card)
        at_s = 1_795_000_000.0
        await ear.hear(sun(ear, 1, later, at_s=at_s + 7_200))
        await ear.hear(sun(ear, 2, early, at_s=at_s, late=True))
        assert reasons(ear) == ["checked_in", "checked_in"]
        assert [row.review for row in ear.rows(t.archive)] == [False, False]


@pytest.mark.parametrize("blocked", [True, False])
async def test_a_blocked_or_unknown_card_is_not_archived(
    tmp_path: Path, card: Ntag424Card, blocked: bool
) -> None:
    async with hub_bench(tmp_path) as bench:
        ear = Ear(bench, "hall")
        ready = StateNote(Life.READY, "b", "c", 1.0)
        bench.hub.ingest.on_message(ear.topics.of(wire.STATE), wire.encode_state(ready))
        await issued(bench, card)
        with bench.hub.engines.write.begin() as connection:
            if blocked:
                connection.execute(t.cards.update().values(blocked_at=1.0))
            else:
                connection.execute(t.cards.delete())
        await ear.hear(sun(ear, 1, await tap_of(card)))
        assert reasons(ear) == ["credential_blocked" if blocked else "credential_unknown"]
        assert ear.rows(t.archive) == []


async def test_a_door_cannot_speak_for_a_card_point(tmp_path: Path, card: Ntag424Card) -> None:
    async with hub_bench(tmp_path) as bench:
        ear = Ear(bench)
        await issued(bench, card)
        await ear.hear(sun(ear, 1, await tap_of(card)))
        assert ear.rows(t.archive) == ear.rows() == []
        assert bench.hub.ingest.counters["event_foreign"] == 1


async def test_what_a_device_gave_up_is_waited_for_no_more(tmp_path: Path) -> None:
    async with hub_bench(tmp_path) as bench:
        ear = Ear(bench)
        gap = ear.event(2, kind="gap", content={"from": 2, "to": 900}, outcome=None, reason=None)
        await ear.hear(ear.event(1), ear.event(901))
        assert ear.acks()[-1] == Ack(BOOT, 1)
        await ear.hear(gap, ear.event(901))
        assert ear.acks()[-1] == Ack(BOOT, 901)
        wider = replace(gap, content={"from": 2, "to": 902})  # more was given up since
        await ear.hear(wider)
        assert ear.acks()[-1] == Ack(BOOT, 902)
        lie = ear.event(950, kind="gap", content={"from": 1, "to": 99_999}, outcome=None)
        early = ear.event(950, kind="gap", content={"from": 950, "to": 960}, outcome=None)
        await ear.hear(lie, early)
        assert max(row.seq for row in ear.rows()) == 901  # neither is recorded before its turn
        assert ear.acks()[-1] == Ack(BOOT, 902)
