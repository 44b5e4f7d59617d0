"""The policy on a device's shelf: fetched by manifest, checked, stored, in force, receipted."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from devices import wire
from devices.access import Policy
from devices.device import Device
from devices.messages import NO_REVISION, Have, Manifest, Refusal, Revision
from devices.policy import FEATURES, SEALED_BYTES_MAX, Compiled, decode, unseal


class PolicyShelf:
    """Holds the policy in force; replaces it only by one that is whole, ours, and newer."""

    def __init__(self, device: Device) -> None:
        self.device = device
        self.on_change: Callable[[], None] = lambda: None
        self.on_manifest: Callable[[Manifest], None] = lambda _want: None
        self.compiled: Compiled | None = None
        self.revision = NO_REVISION
        self._sha256 = ""
        self._want: Manifest | None = None
        self._chunks: dict[int, bytes] = {}
        device.handlers[wire.POLICY_WANT] = self._on_want
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
        compiled = decode(kept[2])
        if isinstance(compiled, Compiled):
            self.revision, self._sha256, self.compiled = kept[0], kept[1], compiled

    def announce(self) -> None:
        """``policy/have``: the receipt, and the question for more when it is too old."""
        self._have(None)

    def _have(self, refused: str | None) -> None:
        device = self.device
        count = self.compiled.count if self.compiled else 0
        have = Have(self.revision, self._sha256, count, device.clock.now_s(), refused)
        device.publish(
            wire.POLICY_HAVE,
            wire.sign_have(have, device.topics, device.identity.signer),
            retain=True,
        )

    def _on_want(self, raw: bytes) -> None:
        device = self.device
        want = wire.open_manifest(raw, device.topics, device.keys_for("policy"))
        if isinstance(want, Refusal):
            return device.drop(want.reason, "policy manifest")
        if want.epoch < device.journal.number("epoch"):
            return device.drop("epoch_old", "policy manifest")
        self.on_manifest(want)
        if want.revision <= self.revision:
            return None
        lacking = set(want.features) - set(FEATURES)
        if lacking or want.size_bytes > SEALED_BYTES_MAX:
            device.drop("unsupported", "policy manifest")
            return self._have("unsupported")
        if self._want is None or self._want.sha256 != want.sha256:
            self._chunks.clear()
        self._want = want
        if device.ready:
            self.announce()  # the hub sends the snapshot to whoever has less than it wants
        return None

    def _on_other(self, leaf: str, payload: bytes) -> None:
        if not leaf.startswith(wire.POLICY_SNAPSHOT + "/"):
            return self.device.drop("topic")
        chunk = wire.decode_chunk(payload)
        if isinstance(chunk, Refusal):
            return self.device.drop(chunk.reason, "policy chunk")
        revision, index, part = chunk
        want = self._want
        if want is None or revision != want.revision or index >= want.chunks:
            return None  # a chunk of another revision; the manifest will say which one counts
        self._chunks[index] = part
        if len(self._chunks) == want.chunks:
            self._take(want)
        return None

    def _take(self, want: Manifest) -> None:
        device = self.device
        sealed = b"".join(self._chunks[index] for index in range(want.chunks))
        self._chunks.clear()
        if hashlib.sha256(sealed).hexdigest() != want.sha256:
            return device.drop("signature", "policy hash")
        plain = unseal(
            sealed,
            device.identity.sealing,
            device.topics.site,
            device.topics.device,
            want.revision,
        )
        compiled = decode(plain) if isinstance(plain, bytes) else plain
        if isinstance(compiled, Refusal) or compiled.policy.revision != want.revision:
            device.drop("form", "policy body")
            return self._have("form")
        device.journal.keep_policy(
            want.revision, want.sha256, plain if isinstance(plain, bytes) else b""
        )
        device.journal.raise_to("epoch", want.epoch)
        self._put_in_force(compiled, want.revision, want.sha256)
        return None

    def _put_in_force(self, compiled: Compiled, revision: Revision, sha256: str) -> None:
        self.compiled, self.revision, self._sha256 = compiled, revision, sha256
        self._want = None
        self._have(None)
        self.on_change()
