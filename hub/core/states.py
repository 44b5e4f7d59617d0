"""What staff should know of a device, as named states with what to do; the gravest first."""

from __future__ import annotations

from collections.abc import Sequence

from devices.messages import Life, Revision

# state -> what to do. The console has the words (hub/web/console/doorwords.ts).
CURES = {
    "storage_fault": "Its disk is full or broken: free or replace it. Leaving works, entering is "
    "refused, and the old policy stays in force.",
    "device_silent": "It is switched off or cut off: look at its power and network. Cards open as "
    "before; passes and temporary grants end after seven days.",
    "feature_missing": "It does not understand its newest policy and keeps the old one: "
    "update its program.",
    "recall_waiting": "It has not told what it holds since a restore; its policy stays. Wait, or "
    "`linli restore --release DEVICE --reason ...`.",
    "policy_stale": "It cannot be reached and holds an older policy: whoever was blocked since may "
    "still open it.",
    "policy_behind": "It has not confirmed the newest policy yet; normal for a few seconds.",
    "meter_silent": "A meter does not answer: look at its wires and power, and at its id in the "
    "events.",
    "clock_unsigned": "It has no signed time: timed rules and remote opening wait. Look at the "
    "broker and at the hub's clock.",
}
_SILENT = (Life.LOST, Life.DISCONNECTED)


def states_of(
    life: Life | None,
    trouble: Sequence[str],
    refused: str | None,
    *,
    recalled: bool,
    want: Revision,
    have: Revision,
) -> list[str]:
    """The named states of a device; empty when all is well or nothing is known of it."""
    found = {code for code in trouble if code in CURES} if life is Life.READY else set()
    if life in _SILENT:
        found.add("device_silent")
    if refused == "unsupported":
        found.add("feature_missing")
    elif refused == "storage_fault":
        found.add("storage_fault")
    if recalled:
        found.add("recall_waiting")
    elif life is not None and have < want:
        found.add("policy_behind" if life is Life.READY else "policy_stale")
    return [code for code in CURES if code in found]
