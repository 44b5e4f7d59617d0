"""The hub's early no: only where a door would surely refuse, whatever it remembers."""

from __future__ import annotations

from datetime import datetime

from devices.access import Policy, Refused, Request, State, decide

# who else stands there, and which doors are open, only the door itself knows
ONLY_THE_DOOR_KNOWS = frozenset({"second_awaited", "interlock"})


def early_refusal(policy: Policy | None, request: Request, now: datetime) -> str | None:
    """Why the door will refuse, or None: then it is asked, and its word is the last."""
    decision, _ = decide(policy, State(), request, now)
    if isinstance(decision, Refused) and decision.reason not in ONLY_THE_DOOR_KNOWS:
        return decision.reason
    return None
