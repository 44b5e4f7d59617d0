"""What a member of staff may know of where some of it is restricted: alerts and incidents.

What is restricted (duress) is not there for anybody but named responders: not in lists, not in
counts, not by its id.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from fastapi import Request

from hub.acts.alerts import DURESS
from hub.acts.incidents import RESTRICTED
from hub.api.gate import CLIENT_HEADER, Gate, Member
from hub.core.alert_kinds import KINDS
from hub.core.errors import DomainError
from hub.core.may import may

What = Literal["alert", "incident"]
_RESTRICTED: Final[Mapping[What, Callable[[str], bool]]] = {
    "alert": lambda kind: KINDS[kind].restricted,
    "incident": lambda kind: kind in RESTRICTED,
}


@dataclass(frozen=True, slots=True)
class Sight:
    """What a member may know of."""

    member: Member
    ordinary: bool
    named: bool
    restricted: Callable[[str], bool]  # of a kind

    def sees(self, kind: str) -> bool:
        """Whether what is of a kind is there for this member."""
        return self.named if self.restricted(kind) else self.ordinary

    @property
    def by(self) -> str:
        """The member as the log names them."""
        return f"staff:{self.member.id}"


def sight_of(gate: Gate, request: Request, what: What, verb: str) -> Sight:
    """Who asks, and what of ``what`` they may see; raises DomainError where that is nothing.

    Whoever may answer a restricted alert may do anything with the incident that came of it.
    """
    if request.method != "GET" and request.headers.get(CLIENT_HEADER) != "console":
        raise DomainError("client_header")
    member = gate.session(request)
    subject, site, now = f"staff:{member.id}", gate.hub.memory.site, gate.hub.clock()
    ordinary = may(member.grants, subject, verb, what, site, now)
    word = verb if what == "alert" or verb == "read" else "answer"
    named = may(member.grants, subject, word, "restricted_alert", site, now, DURESS)
    if not (ordinary or named):
        raise DomainError("not_allowed")
    return Sight(member, ordinary, named, _RESTRICTED[what])
