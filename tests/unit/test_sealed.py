"""A sealed file opens whole, by the right hand, or not at all."""

import io

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from devices.mistake import Mistake
from hub import sealed
from hub.sealed import CHUNK_BYTES, Passphrase, SealedReader, SealedWriter

WORDS = Passphrase("correct horse battery")
KEY = X25519PrivateKey.generate()
SIZES = [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 2 * CHUNK_BYTES, 3 * CHUNK_BYTES + 7]


def close(plain: bytes, by: sealed.Sealer = WORDS, step: int = 10_000) -> bytes:
    raw = io.BytesIO()
    writer = SealedWriter(raw, by)
    for start in range(0, len(plain), step):
        writer.write(plain[start : start + step])
    writer.close()
    return raw.getvalue()


@pytest.fixture(autouse=True)
def _cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealed, "_SCRYPT_N", 2**10)


@pytest.mark.parametrize("size", SIZES)
def test_what_goes_in_comes_out(size: int) -> None:
    plain = bytes(index % 251 for index in range(size))
    assert SealedReader(io.BytesIO(close(plain)), WORDS).read() == plain
    assert SealedReader(io.BytesIO(close(plain, KEY.public_key())), KEY).read() == plain


def test_nothing_of_the_content_is_readable() -> None:
    assert b"secret" not in close(b"secret" * 1_000)


def test_reading_in_small_pieces_gives_the_same() -> None:
    plain = bytes(range(256)) * 600
    reader = SealedReader(io.BytesIO(close(plain)), WORDS)
    assert b"".join(iter(lambda: reader.read(977), b"")) == plain
    assert reader.finished


@pytest.mark.parametrize("size", SIZES)
def test_a_file_cut_off_anywhere_is_found(size: int) -> None:
    raw = close(bytes(size))
    for cut in {1, 15, 16, 17, CHUNK_BYTES + 16, len(raw) // 2}:
        if 0 < cut < len(raw):
            with pytest.raises(Mistake):
                SealedReader(io.BytesIO(raw[:-cut]), WORDS).read()


def test_chunks_cannot_change_places_or_be_left_out() -> None:
    raw = close(bytes(3 * CHUNK_BYTES))
    step = CHUNK_BYTES + 16
    head = len(raw) - 3 * step
    one, two, three = (raw[head + i * step : head + (i + 1) * step] for i in range(3))
    for wrong in (two + one + three, one + three, one + two, one + two + two + three):
        with pytest.raises(Mistake):
            SealedReader(io.BytesIO(raw[:head] + wrong), WORDS).read()


@settings(max_examples=60)
@given(st.data())
def test_any_changed_byte_is_found(data: st.DataObject) -> None:
    raw = bytearray(close(b"x" * 300))
    where = data.draw(st.integers(0, len(raw) - 1))
    raw[where] ^= data.draw(st.integers(1, 255))
    with pytest.raises(Mistake):
        SealedReader(io.BytesIO(bytes(raw)), WORDS).read()


def test_another_hand_does_not_open_it() -> None:
    raw, for_key = close(b"x"), close(b"x", KEY.public_key())
    for file, opener in (
        (raw, Passphrase("correct horse batterz")),
        (raw, KEY),
        (for_key, WORDS),
        (for_key, X25519PrivateKey.generate()),
    ):
        with pytest.raises(Mistake):
            SealedReader(io.BytesIO(file), opener)
    with pytest.raises(Mistake):
        SealedReader(io.BytesIO(b"something else"), WORDS)


def test_a_strange_file_cannot_take_the_memory() -> None:
    raw = close(b"x").replace(b'"n": 1024', b'"n": 99999999')
    with pytest.raises(Mistake, match="damaged"):
        SealedReader(io.BytesIO(raw), WORDS)


def test_a_short_passphrase_is_refused() -> None:
    with pytest.raises(Mistake, match="12"):
        Passphrase("short")
