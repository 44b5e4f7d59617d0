"""The policy on a device's shelf: fetched by manifest, checked, stored, in force, receipted.

A snapshot comes in chunks, a change as deltas. Nothing of either counts before the signed
manifest's head fits, and what is put in force is on the disk first, whole, in one transaction.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from devices import wire
from devices.access import Policy
from devices.device import Device
from devices.jws import canonical
from devices.messages import NO_REVISION, Delta, Have, Manifest, Refusal, Revision
from devices.policy import FEATURES, SEALED_BYTES_MAX, Compiled, decode, unseal
from devices.policy_patch import chained, merged, patched, unseal_patch

DELTAS_HELD_MAX = 64  # deltas that wait for their manifest; the hub sends no longer chains
PATCHES_MAX = 64  # patches on the disk before they are worked into the whole
STORE_AGAIN_S = 60.0  # a disk that was full is tried again; the old policy is in force meanwhile


@dataclass(frozen=True, slots=True)
class _Step:
    """One verified delta: what it makes, its head, and the patch."""

    revision: Revision
    head: str
    patch: dict[str, Any]

    @property
    def row(self) -> tuple[Revision, str, bytes]:
        return self.revision, self.head, canonical(self.patch)


class PolicyShelf:
    """Holds the policy in force; replaces it only by one that is whole, ours, and newer."""

    def __init__(self, device: Device) -> None:
        self.device = device
        self.on_change: Callable[[], None] = lambda: None
        self.on_manifest: Callable[[Manifest], None] = lambda _want: None
        self.compiled: Compiled | None = None
        self.revision = NO_REVISION
        self._head = ""
        self._count = 0
        self._kept = 0  # patches on the disk
        self._refused: str | None = None
        self._want: Manifest | None = None
        self._chunks: dict[int, bytes] = {}  # bounded by SEALED_BYTES_MAX
        self._deltas: dict[Revision, Delta] = {}  # bounded by DELTAS_HELD_MAX
        device.handlers[wire.POLICY_WANT] = self._on_want
        device.handlers[wire.POLICY_DELTA] = self._on_delta
        device.extra_filters = lambda: (f"{wire.POLICY_SNAPSHOT}/+",)  # type: ignore[method-assign]
        device.on_other = self._on_other  # type: ignore[method-assign]
        self._load()

    @property
    def policy(self) -> Policy | None:
        """The policy in force, if any."""
        return self.compiled.policy if self.compiled else None

    def _load(self) -> None:
        kept = self.device.journal.policy()
        if kept is None:
            return
        revision, head, plain = kept
        steps = self.device.journal.patches()
        if steps:
            revision, head = steps[-1][:2]
            plain = _whole(plain, [json.loads(step[2]) for step in steps])
        compiled = decode(plain)
        if isinstance(compiled, Compiled):
            self.revision, self._head, self.compiled = revision, head, compiled
            self._count, self._kept = compiled.count, len(steps)

    # ----------------------------------------------------------------- receipts

    def announce(self) -> None:
        """``policy/have``: the receipt, and the question for more when it is too old."""
        device = self.device
        now_s = device.clock.now_s()
        have = Have(self.revision, self._head, self._count, now_s, self._refused)
        device.publish(
            wire.POLICY_HAVE,
            wire.sign_have(have, device.topics, device.identity.signer),
            retain=True,
        )

    def _refuse(self, why: str, what: str) -> None:
        """The old policy stays in force, and the receipt says why until a newer one is."""
        self._chunks.clear()
        self._deltas.clear()
        self._refused = why
        self.device.drop(why, what)
        self.announce()

    # ----------------------------------------------------------------- hearing

    def _on_want(self, raw: bytes) -> None:
        device = self.device
        want = wire.open_manifest(raw, device.topics, device.keys_for("policy"))
        if isinstance(want, Refusal):
            return device.drop(want.reason, "policy manifest")
        if want.epoch < device.journal.number("epoch"):
            return device.drop("epoch_old", "policy manifest")
        self.on_manifest(want)
        if want.revision <= self.revision:
            if want.revision < self.revision and device.ready:
                self.announce()  # the hub may not know that its disk is an older one
            return None
        lacking = set(want.features) - set(FEATURES)
        if lacking or want.size_bytes > SEALED_BYTES_MAX:
            return self._refuse("unsupported", "policy manifest")
        if self._want is None or self._want.sha256 != want.sha256:
            self._chunks.clear()
        self._want = want
        if not self._take(want) and device.ready:
            self.announce()  # the hub sends what is missing to whoever has less than it wants
        return None

    def _on_delta(self, raw: bytes) -> None:
        delta = wire.decode_delta(raw)
        if isinstance(delta, Refusal):
            return self.device.drop(delta.reason, "policy delta")
        if len(self._deltas) >= DELTAS_HELD_MAX and delta.after not in self._deltas:
            self._deltas.pop(next(iter(self._deltas)))
        self._deltas[delta.after] = delta
        if self._want is not None:
            self._take(self._want)
        return None

    def _on_other(self, leaf: str, payload: bytes) -> None:
        if not leaf.startswith(wire.POLICY_SNAPSHOT + "/"):
            return self.device.drop("topic")
        chunk = wire.decode_chunk(payload)
        if isinstance(chunk, Refusal):
            return self.device.drop(chunk.reason, "policy chunk")
        revision, index, part = chunk
        want = self._want
        if want is None or revision != want.base or index >= want.chunks:
            return None  # a chunk of another snapshot; the manifest will say which one counts
        self._chunks[index] = part
        self._take(want)
        return None

    # ----------------------------------------------------------------- taking

    def _take(self, want: Manifest) -> bool:
        """Put what is wanted in force as soon as all of it is here; whether it now is."""
        if self.compiled is not None:
            deltas = self._path(self.revision, want.revision)
            if deltas is not None and self._leads(self._head, deltas, want):
                return self._step_on(want, self.compiled, deltas)
        if len(self._chunks) < want.chunks:
            return False
        deltas = self._path(want.base, want.revision)
        return deltas is not None and self._begin_anew(want, deltas)

    def _path(self, start: Revision, end: Revision) -> list[Delta] | None:
        """The deltas from one revision to another, None when one is missing."""
        path: list[Delta] = []
        while start != end:
            delta = self._deltas.get(start)
            if delta is None or delta.revision > end:
                return None
            path.append(delta)
            start = delta.revision
        return path

    def _leads(self, head: str, deltas: list[Delta], want: Manifest) -> bool:
        for delta in deltas:
            head = chained(head, delta)
        return head == want.head

    def _steps(
        self, compiled: Compiled, head: str, deltas: list[Delta]
    ) -> tuple[Compiled, list[_Step]] | None:
        """The policy after the deltas, None when one of them does not fit."""
        device = self.device
        steps: list[_Step] = []
        for delta in deltas:
            patch = unseal_patch(
                delta, device.identity.sealing, device.topics.site, device.topics.device
            )
            after = patched(compiled, patch) if isinstance(patch, dict) else patch
            if isinstance(after, Refusal) or after.policy.revision != delta.revision:
                return None
            head = chained(head, delta)
            steps.append(_Step(delta.revision, head, patch if isinstance(patch, dict) else {}))
            compiled = after
        return compiled, steps

    def _step_on(self, want: Manifest, compiled: Compiled, deltas: list[Delta]) -> bool:
        taken = self._steps(compiled, self._head, deltas)
        if taken is None:
            self._refuse("form", "policy delta")
            return False
        after, steps = taken
        journal = self.device.journal
        try:
            if self._kept + len(steps) > PATCHES_MAX:
                self._work_in(want, steps)
            else:
                journal.keep_patches([step.row for step in steps])
                self._kept += len(steps)
        except sqlite3.Error as fault:
            return self._without_disk(fault)
        self._put_in_force(want, after)
        return True

    def _work_in(self, want: Manifest, steps: list[_Step]) -> None:
        """Write the policy whole again, so that a start need not apply a year of patches."""
        journal = self.device.journal
        kept = journal.policy()
        if kept is None:
            raise RuntimeError("patches without a policy")  # our own journal: our fault
        earlier = [json.loads(step[2]) for step in journal.patches()]
        plain = _whole(kept[2], [*earlier, *(step.patch for step in steps)])
        journal.keep_policy(want.revision, want.head, plain)
        self._kept = 0

    def _begin_anew(self, want: Manifest, deltas: list[Delta]) -> bool:
        """The snapshot and whatever deltas follow it; verified whole, stored whole."""
        device = self.device
        sealed = b"".join(self._chunks[index] for index in range(want.chunks))
        if hashlib.sha256(sealed).hexdigest() != want.sha256:
            self._chunks.clear()
            device.drop("signature", "policy hash")
            return False
        if not self._leads(want.base_head, deltas, want):
            self._deltas.clear()
            device.drop("signature", "policy head")
            return False
        plain = unseal(
            sealed, device.identity.sealing, device.topics.site, device.topics.device, want.base
        )
        compiled = decode(plain) if isinstance(plain, bytes) else plain
        if isinstance(compiled, Refusal) or compiled.policy.revision != want.base:
            self._refuse("form", "policy body")
            return False
        taken = self._steps(compiled, want.base_head, deltas)
        if taken is None:
            self._refuse("form", "policy delta")
            return False
        after, steps = taken
        body = plain if isinstance(plain, bytes) else b""
        try:
            device.journal.keep_policy(
                want.revision, want.head, _whole(body, [step.patch for step in steps])
            )
        except sqlite3.Error as fault:
            return self._without_disk(fault)
        self._kept = 0
        self._put_in_force(want, after)
        return True

    def _without_disk(self, fault: sqlite3.Error) -> bool:
        """The old policy stays, the receipt says why, and the disk is tried again later."""
        self._refuse("storage_fault", str(fault))
        if self.device.ready:
            self.device.spawn(self._ask_again())
        return False

    async def _ask_again(self) -> None:
        await asyncio.sleep(STORE_AGAIN_S)
        if self._refused == "storage_fault":
            self._refused = None
            self.announce()

    def _put_in_force(self, want: Manifest, compiled: Compiled) -> None:
        journal = self.device.journal
        if want.epoch > journal.number("epoch"):
            journal.raise_to("epoch", want.epoch)
        self._count = _count(self.compiled, compiled, self._count)
        self.compiled, self.revision, self._head = compiled, want.revision, want.head
        self._want = self._refused = None
        self._chunks.clear()
        self._deltas.clear()
        self.announce()
        self.on_change()


def _whole(plain: bytes, patches: list[dict[str, Any]]) -> bytes:
    """A policy's body with patches worked in."""
    if not patches:
        return plain
    body = json.loads(plain)
    for patch in patches:
        body = merged(body, patch)
    return canonical(body)


def _count(before: Compiled | None, after: Compiled, known: int) -> int:
    """How many people and cards; counted anew only where people came or went."""
    if before is None:
        return after.count
    doors = after.policy.doors
    old = before.policy.doors
    if doors.keys() != old.keys() or any(doors[n].people is not old[n].people for n in doors):
        return after.count
    return known + len(after.policy.cards) - len(before.policy.cards)
