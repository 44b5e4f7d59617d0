"""One golden file for each message and version; frozen from release 0.1.

`python -m tests.wire.test_golden` writes what is missing; it never replaces a file.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from devices import passes, wire
from devices.jws import Signer
from devices.messages import (
    Ack,
    Answer,
    Assurance,
    ClockQuality,
    Command,
    Delta,
    Description,
    DoorCondition,
    Event,
    Have,
    HubKey,
    KeySet,
    Life,
    Manifest,
    Outcome,
    Presentation,
    Recall,
    Revision,
    StateNote,
    TimeTold,
)
from devices.wire_desk import (
    DeskDo,
    DeskState,
    DeskTold,
    decode_desk_state,
    encode_desk_state,
    open_desk_do,
    open_desk_told,
    sign_desk_do,
    sign_desk_told,
)
from devices.wire_endings import Endings, open_endings, sign_endings
from devices.wire_zone import Zone, open_zone, sign_zone

FOLDER = Path(__file__).parent / "golden"
ME = wire.Topics("liuxi", "gate")
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))


def signer(kid: str) -> Signer:
    return Signer(kid, KEY)


def find(_kid: str) -> Any:
    return KEY.public_key()


COMMAND = Command(
    "o-0123", "access", 1, "c0ffee", 7, 1795000000.125, 1795000005.125,
    Presentation("p-1", Assurance.MUTUAL, Revision(7, 3), "phone"), 3000,
)  # fmt: skip
INDICATE = Command(
    "i-77", "indicate", 0, "c0ffee", 7, 1795000000.0, 1795000005.0, None, None, "1-ab.4",
    "checked_in",
)  # fmt: skip
TURN = Command(
    "i-78", "indicate", 1, "c0ffee", 7, 1795000000.0, 1795000005.0, None, None, "00ff00ff",
    "face_ask_left",
)  # fmt: skip
EVENT = Event(
    "3-00ff00ff00ff00ff", 12, 1795000001.5, ClockQuality.SIGNED, "access", 1, Outcome.GRANTED,
    "granted", "p-1", "k-1", "card", None, True, {"auth": 2.5, "strike": 0.75}, {},
)  # fmt: skip
SUN = Event(
    "3-00ff00ff00ff00ff", 13, 1795000001.5, ClockQuality.RTC, "sun", via="card",
    content={"url": "https://linli.invalid/t?p=00&m=11", "place": "活动室"},
)  # fmt: skip
METER = Event(
    "3-00ff00ff00ff00ff", 14, 1795000002.5, ClockQuality.SIGNED, "meter",
    content={"meter": "power-302", "number": "000102030425", "what": "energy", "value": "1206.42",
             "unit": "kWh", "raw": "6825040302010068910833333433753945338b16"},
)  # fmt: skip
KEYS = KeySet("liuxi", 4, (HubKey("command-1", "command", bytes(32), 1.0, 2.0),))
PASS = passes.Pass(
    "v-0011223344556677", (passes.PassDoor("gate", 1), passes.PassDoor("stair-1", 2)),
    1795000000, 1795007200, "p-1",
)  # fmt: skip
MANIFEST = Manifest(
    Revision(7, 3), "ab" * 32, 1234, 1, 86, ("policy-1",), 7, 1795000000.0, 1795604800.0,
    "cd" * 32, Revision(7, 1), "ef" * 32,
)  # fmt: skip
DELTA = Delta(Revision(7, 2), Revision(7, 3), b"sealed bytes")
ZONE = Zone(
    (("p-1", "lab", 1795000000.5), ("p-2", "", 1795000001.0)), 7, 1795000002.0, 1795000062.0
)

ENDED = Endings("liuxi", Revision(7, 3), b"sealed to the hub itself")

# name -> (message, bytes of it, reading it back)
CASES: dict[str, tuple[Any, bytes, Callable[[bytes], Any]]] = {
    "state": (
        note := StateNote(Life.READY, "3-00ff00ff00ff00ff", "c0ffee", 1795000000.25),
        wire.encode_state(note),
        wire.decode_state,
    ),
    "state-trouble": (
        sick := StateNote(Life.READY, "3-00ff00ff00ff00ff", "c0ffee", 1.5, ("clock_unsigned",)),
        wire.encode_state(sick),
        wire.decode_state,
    ),
    "desc": (
        desc := Description("door", "linli-0.1", 1, ("policy-1",), (1, 2)),
        wire.encode_description(desc),
        wire.decode_description,
    ),
    "door-state": (
        door := DoorCondition("locked", "unknown", "Locked", Revision(7, 3), 12),
        wire.encode_condition(door),
        wire.decode_condition,
    ),
    "evt-ack": (ack := Ack("3-00ff00ff00ff00ff", 12, 7), wire.encode_ack(ack), wire.decode_ack),
    "time": ("n0nce", wire.encode_time_want("n0nce"), wire.decode_time_want),
    "time-ok": (
        told := TimeTold("n0nce", 1795000000.5, 7),
        wire.sign_time(told, ME, signer("time-1")),
        lambda raw: wire.open_time(raw, ME, find),
    ),
    "time-ok-recall": (
        asked := TimeTold("n0nce", 1795000000.5, 7, Recall("r-00ff", Revision(6, 2))),
        wire.sign_time(asked, ME, signer("time-1")),
        lambda raw: wire.open_time(raw, ME, find),
    ),
    "cmd-access": (
        COMMAND,
        wire.sign_command(COMMAND, ME, signer("command-1")),
        lambda raw: wire.open_command(raw, ME, find),
    ),
    "cmd-indicate": (
        INDICATE,
        wire.sign_command(INDICATE, ME, signer("command-1")),
        lambda raw: wire.open_command(raw, ME, find),
    ),
    "cmd-indicate-door": (
        TURN,
        wire.sign_command(TURN, ME, signer("command-1")),
        lambda raw: wire.open_command(raw, ME, find),
    ),
    "rsp": (
        answer := Answer("o-0123", Outcome.GRANTED, "granted", {"strike": 0.75}),
        wire.sign_answer(answer, ME, signer("gate")),
        lambda raw: wire.open_answer(raw, ME, find),
    ),
    "evt-access": (
        EVENT,
        wire.sign_event(EVENT, ME, signer("gate")),
        lambda raw: wire.open_event(raw, ME, find),
    ),
    "evt-sun": (
        SUN,
        wire.sign_event(SUN, ME, signer("gate")),
        lambda raw: wire.open_event(raw, ME, find),
    ),
    "evt-meter": (
        METER,
        wire.sign_event(METER, ME, signer("gate")),
        lambda raw: wire.open_event(raw, ME, find),
    ),
    "policy-want": (
        MANIFEST,
        wire.sign_manifest(MANIFEST, ME, signer("policy-1")),
        lambda raw: wire.open_manifest(raw, ME, find),
    ),
    "policy-have": (
        have := Have(Revision(7, 3), "ab" * 32, 86, 1795000002.0, None),
        wire.sign_have(have, ME, signer("gate")),
        lambda raw: wire.open_have(raw, ME, find),
    ),
    "policy-snapshot": (
        (Revision(7, 3), 0, b"sealed"),
        wire.encode_chunk(Revision(7, 3), 0, b"sealed"),
        wire.decode_chunk,
    ),
    "zone": (ZONE, sign_zone(ZONE, ME, signer("policy-1")), lambda raw: open_zone(raw, ME, find)),
    "pass": (
        PASS,
        passes.sign(PASS, "liuxi", signer("pass-1")).encode(),
        lambda raw: passes.verify(raw.decode(), "liuxi", find),
    ),
    "policy-delta": (DELTA, wire.encode_delta(DELTA), wire.decode_delta),
    "endings": (
        ENDED,
        sign_endings(ENDED, signer("audit-1")),
        lambda raw: open_endings(raw, "liuxi", find),
    ),
    "keyset": (
        KEYS,
        wire.sign_keyset(KEYS, signer("root")),
        lambda raw: wire.open_keyset(raw, find),
    ),
    "desk-state": (
        laid := DeskState(True, "00ff00ff00ff00ff", 1795000000.5),
        encode_desk_state(laid),
        decode_desk_state,
    ),
    "desk-state-empty": (
        empty := DeskState(False, None, 1795000000.5),
        encode_desk_state(empty),
        decode_desk_state,
    ),
    "desk-do": (
        do := DeskDo("s-1", 0, "00ff00ff00ff00ff", "c0ffee", 7, 1.5, 6.5, b"sealed", b"key"),
        sign_desk_do(do, ME, signer("command-1")),
        lambda raw: open_desk_do(raw, ME, find),
    ),
    "desk-told": (
        answered := DeskTold("s-1", 3, b"sealed"),
        sign_desk_told(answered, ME, signer("gate")),
        lambda raw: open_desk_told(raw, ME, find),
    ),
    "desk-told-fault": (
        gone := DeskTold("s-1", 3, fault="gone"),
        sign_desk_told(gone, ME, signer("gate")),
        lambda raw: open_desk_told(raw, ME, find),
    ),
}


@pytest.mark.parametrize("name", sorted(CASES))
def test_a_message_is_spelled_as_ever(name: str) -> None:
    message, raw, read = CASES[name]
    assert raw == (FOLDER / f"{name}.v1").read_bytes()
    assert read(raw) == message


def test_every_golden_file_is_still_read() -> None:
    """A file whose case was removed is an old body that nobody reads any more."""
    assert {path.name for path in FOLDER.iterdir()} == {f"{name}.v1" for name in CASES}


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for one, (_, content, _) in CASES.items():
        target = FOLDER / f"{one}.v1"
        if not target.exists():
            target.write_bytes(content)
