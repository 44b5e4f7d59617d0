"""SIA DC-09 without a wire: published bytes, what is refused, and what an exchange believes."""

import dataclasses
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.dc09 import (
    ATTEMPTS_MAX,
    MESSAGE_BYTES_MAX,
    Account,
    Bodies,
    ContactId,
    Event,
    Exchange,
    Outcome,
    SiaEvent,
    Supervision,
    Word,
    crc16,
    framed,
    message,
    next_sequence,
    read_answer,
)
from simulators.receivers.station import Station

NOW = datetime(2026, 11, 26, 8, 0, 0, tzinfo=UTC)
KEY = b"AAAAAAAAAAAAAAAA"
PLAIN = Account("1234AB", line="0", receiver="1")
SEALED = dataclasses.replace(PLAIN, key=KEY)
PANIC = SiaEvent("PA", zone=7, area=2)
# a stranger's panel, its key being sixteen times the letter A
WILD = (
    b'\n05BB0076"*SIA-DCS"7654L0#1111[C07DA1EB73C617857476EE5D79436CEE5E0084485E79EC56B0D5D1F3F6E6'
    b"48B278050BBCCBC8FE5DCA7E3C80DBDD4945\r"
)


def zeros(count: int) -> bytes:
    return bytes(count)


def body_of(raw: bytes) -> bytes:
    (body,) = Bodies().feed(raw)
    return body


def station(account: Account = SEALED, at: datetime = NOW) -> Station:
    return Station(lambda: at, {account.account: account.key})


def test_sum_and_published_messages() -> None:
    assert crc16(b"123456789") == 0xBB3D  # the check value of CRC-16/ARC
    assert body_of(WILD).startswith(b'"*SIA-DCS"7654L0#1111[C07D')
    # our receiver reads what a stranger's panel sealed: the same cipher, not only the same mistake
    there = Station(lambda: datetime(2020, 7, 9, 16, 4, 5, tzinfo=UTC), {"1111": KEY})
    assert b'"*ACK"7654L0#1111[' in there.hear(WILD)
    assert [(one.words, one.account) for one in there.alarms] == [("Nri1/WA000", "1111")]


def test_messages_as_they_travel() -> None:
    assert body_of(message(PLAIN, ContactId(110, zone=129), 9876, NOW, zeros)) == (
        b'"ADM-CID"9876R1L0#1234AB[#1234AB|1110 00 129]_08:00:00,11-26-2026'
    )
    told = SiaEvent("HA", zone=3, text="north gate")
    assert body_of(message(PLAIN, told, 1, NOW, zeros)) == (
        b'"SIA-DCS"0001R1L0#1234AB[#1234AB|Nri0/HA003*north gate*]_08:00:00,11-26-2026'
    )
    assert body_of(message(PLAIN, Supervision(), 0, NOW, zeros)) == (
        b'"NULL"0000R1L0#1234AB[]_08:00:00,11-26-2026'
    )
    east = NOW.astimezone(timezone(timedelta(hours=8)))
    assert b"_08:00:00," in message(PLAIN, PANIC, 1, east, zeros)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: Account("12"),
        lambda: Account("12345G"),
        lambda: Account("1234", line=""),
        lambda: Account("1234", receiver="1234567"),
        lambda: Account("1234", key=b"short"),
        lambda: ContactId(99),
        lambda: ContactId(110, qualifier=2),
        lambda: SiaEvent("pa"),
        lambda: SiaEvent("PA", text="a]b"),
        lambda: SiaEvent("PA", text='a"b'),
        lambda: SiaEvent("PA", text="门"),
        lambda: SiaEvent("PA", zone=10_000),
        lambda: message(PLAIN, PANIC, 0, NOW, zeros),
        lambda: message(PLAIN, PANIC, 10_000, NOW, zeros),
        lambda: message(PLAIN, Supervision(), 1, NOW, zeros),
        lambda: framed(bytes(MESSAGE_BYTES_MAX + 1)),
    ],
)
def test_what_cannot_be_written_is_the_callers_fault(wrong: object) -> None:
    with pytest.raises(ValueError, match=r"DC-09|AES|Contact ID|SIA|sequence"):
        wrong()  # type: ignore[operator]


@pytest.mark.parametrize("length", range(17))
def test_every_sealed_message_is_padded(length: int) -> None:
    event = SiaEvent("PA", text="x" * length)
    plain = body_of(message(PLAIN, event, 1, NOW, zeros)).partition(b"[")[2]
    sealed = body_of(message(SEALED, event, 1, NOW, zeros)).partition(b"[")[2]
    assert 2 <= len(sealed) // 2 - len(plain) <= 17  # the bar, and 1 to 16 of padding
    assert len(sealed) % 32 == 0


def test_keys_are_in_no_text() -> None:
    assert "AAAA" not in repr(SEALED)


def test_the_ring_of_sequences_has_no_zero() -> None:
    assert [next_sequence(last) for last in (0, 1, 9_998, 9_999)] == [1, 2, 9_999, 1]


events: st.SearchStrategy[Event] = st.one_of(
    st.builds(
        ContactId,
        st.integers(100, 999),
        st.integers(0, 999),
        st.integers(0, 99),
        st.sampled_from([1, 3, 6]),
    ),
    st.builds(SiaEvent, st.from_regex(r"\A[A-Z]{2}\Z"), st.integers(0, 9_999)),
)


@given(events, st.integers(1, 9_999), st.sampled_from([None, KEY, KEY * 2]), st.randoms())
def test_a_receiver_of_another_hand_reads_every_event(
    event: Event, sequence: int, key: bytes | None, random: object
) -> None:
    account = dataclasses.replace(PLAIN, key=key)
    luck = random.randbytes  # type: ignore[attr-defined]
    exchange = Exchange(account, event, sequence, luck)
    raw = exchange.send(NOW)
    assert raw is not None
    there = station(account)
    verdict = exchange.feed(there.hear(raw), NOW)
    assert verdict is not None
    assert verdict.taken
    (alarm,) = there.alarms
    assert (alarm.words, alarm.sequence) == (event.words(), sequence)
    assert alarm.sealed == (key is not None)


@given(st.binary(max_size=200), st.integers(1, 40), st.lists(st.sampled_from([WILD, b"\n"])))
def test_any_cut_gives_the_same_bodies(noise: bytes, cut: int, more: list[bytes]) -> None:
    stream = noise + b"".join(more) + WILD
    whole, parts = Bodies(), Bodies()
    at_once = whole.feed(stream)
    cut_up: list[bytes] = []
    for at in range(0, len(stream), cut):
        cut_up += parts.feed(stream[at : at + cut])
        assert parts.held < parts.most_bytes
    assert (cut_up, parts.dropped) == (at_once, whole.dropped)


@given(st.integers(0, len(WILD) - 1), st.integers(1, 255))
def test_one_wrong_byte_is_no_message(at: int, flip: int) -> None:
    spoilt = bytearray(WILD)
    spoilt[at] ^= flip
    digits = at in range(1, 9)  # 0a and 0A are the same number
    found = Bodies().feed(bytes(spoilt))
    assert found == [] or (digits and found == [body_of(WILD)])


@given(st.binary(max_size=300), st.sampled_from([None, KEY]))
def test_no_answer_ever_raises(body: bytes, key: bytes | None) -> None:
    read_answer(body, key)
    read_answer(b'"*ACK"0001R1L0#1234AB[' + body.hex().encode(), key)
    read_answer(b'"ACK"0001R1L0#1234AB[' + body, key)


def test_an_impossible_time_is_no_answer() -> None:
    assert read_answer(b'"NAK"0000R0L0A0[]_25:00:00,13-40-2026', None) is None
    said = read_answer(b'"NAK"0000R0L0A0[]_08:00:09,11-26-2026', None)
    assert said is not None
    assert (said.word, said.at) == (Word.NAK, NOW + timedelta(seconds=9))


def asked(account: Account = SEALED, sequence: int = 41) -> tuple[Exchange, bytes]:
    exchange = Exchange(account, PANIC, sequence, zeros)
    raw = exchange.send(NOW)
    assert raw is not None
    return exchange, raw


def test_a_lost_ack_is_repeated_and_counts_once() -> None:
    there = station()
    there.deaf = 2
    exchange, raw = asked()
    assert exchange.feed(there.hear(raw), NOW) is None
    later = NOW + timedelta(seconds=10)
    second = exchange.send(later)
    assert second is not None
    assert second != raw  # a fresh time; an old one would be refused
    assert exchange.feed(there.hear(second), later) is None
    third = exchange.send(later)
    assert third is not None
    verdict = exchange.feed(there.hear(third), later)
    assert verdict is not None
    assert (verdict.outcome, verdict.attempts) == (Outcome.TAKEN, 3)
    assert (len(there.alarms), there.copies) == (1, 2)
    assert exchange.send(later) is None


def test_silence_ends_after_its_attempts_and_may_be_tried_again() -> None:
    exchange = Exchange(SEALED, PANIC, 1, zeros)
    sent = [exchange.send(NOW) for _ in range(ATTEMPTS_MAX)]
    assert all(sent)
    assert exchange.send(NOW) is None
    assert exchange.verdict is not None
    assert exchange.verdict.outcome is Outcome.SILENT
    assert exchange.verdict.again
    assert not exchange.verdict.taken


@pytest.mark.parametrize(
    ("skew_s", "outcome"),
    [
        (-21, Outcome.CLOCK),  # we are further ahead of the station than it allows
        (-20, Outcome.TAKEN),
        (40, Outcome.TAKEN),
        (41, Outcome.CLOCK),
    ],
)
def test_the_clock_of_the_station(skew_s: int, outcome: Outcome) -> None:
    exchange, raw = asked()
    verdict = exchange.feed(station(at=NOW + timedelta(seconds=skew_s)).hear(raw), NOW)
    assert verdict is not None
    assert (verdict.outcome, verdict.skew_s) == (outcome, skew_s)
    assert not verdict.again


def test_wrong_key_and_unknown_account_are_refused() -> None:
    exchange, raw = asked()
    there = Station(lambda: NOW, {SEALED.account: b"B" * 16})
    verdict = exchange.feed(there.hear(raw), NOW)
    assert verdict is not None
    assert verdict.outcome is Outcome.REFUSED
    exchange, raw = asked()
    verdict = exchange.feed(Station(lambda: NOW, {}).hear(raw), NOW)
    assert verdict is not None
    assert verdict.outcome is Outcome.REFUSED


def test_what_the_station_cannot_use() -> None:
    there = station()
    there.unknown_words.add(PANIC.words())
    exchange, raw = asked()
    verdict = exchange.feed(there.hear(raw), NOW)
    assert verdict is not None
    assert verdict.outcome is Outcome.UNABLE
    assert not there.alarms
    assert not verdict.again


def test_a_plain_ack_proves_nothing_of_a_sealed_message() -> None:
    exchange, _ = asked()
    assert exchange.feed(framed(b'"ACK"0041R1L0#1234AB[]'), NOW) is None
    assert exchange.feed(framed(b'"ACK"0041R1L0#1234AB[]_08:00:00,11-26-2026'), NOW) is None
    assert exchange.strange == 2
    plain, _ = asked(PLAIN)
    verdict = plain.feed(framed(b'"ACK"0041R1L0#1234AB[][K0000]'), NOW)
    assert verdict is not None
    assert verdict.taken


def test_an_ack_of_another_event_time_or_key_is_not_believed() -> None:
    there = station()
    first, raw = asked(sequence=40)
    old = there.hear(raw)
    exchange, _ = asked()
    assert exchange.feed(old, NOW) is None  # of the event before
    copied = bytearray(body_of(old))
    copied[6:10] = b"0041"
    much_later = NOW + timedelta(seconds=41)
    assert exchange.feed(framed(bytes(copied)), much_later) is None  # a copy with our number on it
    twin, _ = asked()
    verdict = twin.feed(framed(bytes(copied)), NOW)  # nothing but its age gives it away
    assert verdict is not None
    assert verdict.taken
    other = Exchange(dataclasses.replace(SEALED, key=b"B" * 16), PANIC, 40, zeros)
    other.send(NOW)
    assert other.feed(old, NOW) is None
    assert first.feed(old, NOW) is not None


def test_nothing_is_believed_before_something_was_sent() -> None:
    exchange = Exchange(PLAIN, PANIC, 41, zeros)
    assert exchange.feed(framed(b'"ACK"0041R1L0#1234AB[]'), NOW) is None
