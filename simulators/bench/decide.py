"""How fast a door with 15,000 credentials decides, and how large its policy is on the disk.

The door is alone: no network, no reader, no strike. What is measured is the pure decision with
rules by schedule, a PIN, areas and denials in the policy, and the way from the journal to memory.
"""

from __future__ import annotations

import hashlib
import statistics
import tempfile
import time
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from devices.access import (
    Ask,
    Credential,
    DoorPolicy,
    Pins,
    Policy,
    Request,
    Rule,
    Schedule,
    State,
    Way,
    decide,
)
from devices.messages import Assurance, Revision
from devices.outbox import Journal
from devices.pins import pin_mark
from devices.policy import CardKeys, Compiled, decode, encode
from simulators.bench.figures import Target, spread
from simulators.bench.machine import load_1_min

CREDENTIALS = 15_000
ROUNDS = 20_000
ROUNDS_QUICK = 4_000
LOADS = 5
TARGETS = (Target("p50_us", "us", 30.0), Target("policy_mb", "MB", 2.0), Target("load_s", "s", 0.5))
NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)


def run(quick: bool) -> dict[str, Any]:
    """Build the policy, keep it as a controller does, load it, and decide."""
    compiled, uids = _estate()
    plain = encode(compiled)
    with tempfile.TemporaryDirectory() as folder:
        journal = Journal(Path(folder) / "journal.db")
        journal.keep_policy(Revision(1, 1), "x", plain)
        disk_bytes = journal.policy_bytes()
        load_s = [_load(journal) for _ in range(LOADS)]
        journal.close()
    taken_us = _decide(compiled.policy, uids, ROUNDS_QUICK if quick else ROUNDS)
    values = {
        "p50_us": statistics.median(taken_us),
        "policy_mb": disk_bytes / 1e6,
        "load_s": statistics.median(load_s),
    }
    detail = {
        "scale": {"credentials": CREDENTIALS, "rounds": len(taken_us), "quick": quick},
        "method": _METHOD,
        "decide_us": spread(taken_us),
        "load_s": spread(load_s),
        "plain_mb": round(len(plain) / 1e6, 3),
        "load_1_min": [load_1_min()],
    }
    return {"results": [target.result(values[target.name]) for target in TARGETS], "detail": detail}


_METHOD: Final = {
    "p50_us": "one call of decide, cards in a mixed order, all granted; policy and state in memory",
    "policy_mb": "the bytes of the policy's row in the controller's journal",
    "load_s": "from that row to a policy that decides; median of five",
}


def _load(journal: Journal) -> float:
    before = time.perf_counter()
    kept = journal.policy()
    if kept is None or not isinstance(decode(kept[2]), Compiled):
        raise RuntimeError("the policy did not come back")
    return time.perf_counter() - before


def _id(kind: str, number: int) -> str:
    return hashlib.blake2b(f"{kind}{number}".encode(), digest_size=8).hexdigest()


def _estate() -> tuple[Compiled, list[str]]:
    """One perimeter door that everybody of an estate may use, with rules of every kind."""
    people = [_id("person", number) for number in range(CREDENTIALS)]
    uids = [f"04{_id('uid', number)[:12]}" for number in range(CREDENTIALS)]
    office = Schedule((((8 * 60, 12 * 60), (14 * 60, 18 * 60)),) * 5 + ((), (), ()))
    rules = {
        "all": Rule(),
        "office": Rule("office"),
        "guest": Rule(None, NOW.timestamp() - 1e6, NOW.timestamp() + 1e6),
        "no": Rule(deny=True, valid_to_s=NOW.timestamp() - 1),
    }
    kinds = (("all",), ("office",), ("guest", "no"), ("no", "office", "all"))
    pins = Pins(b"k" * 32, {}, {who: (pin_mark(b"k" * 32, who, "2580"), bytes(12))
                                for who in people[: CREDENTIALS // 10]})  # fmt: skip
    door = DoorPolicy(
        1,
        slot=3,
        rules=rules,
        people={who: kinds[index % len(kinds)] for index, who in enumerate(people)},
        asks_by=(Ask("office", Assurance.MUTUAL),),
        pins=pins,
    )
    policy = Policy(
        Revision(1, 1),
        ZoneInfo("Asia/Shanghai"),
        {"office": office},
        frozenset({date(2026, 10, 1)}),
        {1: door},
        {uid: Credential(_id("card", n), people[n]) for n, uid in enumerate(uids)},
    )
    keys = {
        uid: CardKeys({3: hashlib.blake2b(uid.encode(), digest_size=16).digest()}) for uid in uids
    }
    return Compiled(policy, keys), uids


def _decide(policy: Policy, uids: list[str], rounds: int) -> list[float]:
    requests = [
        Request(1, Way.CARD, card=uids[(index * 7_919) % len(uids)], assurance=Assurance.MUTUAL)
        for index in range(rounds)
    ]
    state, taken_us = State(), []
    for request in requests:
        before = time.perf_counter_ns()
        decision, state = decide(policy, state, request, NOW)
        taken_us.append((time.perf_counter_ns() - before) / 1e3)
        if decision.reason != "granted":
            raise RuntimeError(f"the bench's own door refused: {decision.reason}")
    return taken_us
