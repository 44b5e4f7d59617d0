"""May I? One pure function over grants; deny by default."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Grant:
    """Somebody holds a role within a scope, perhaps for one purpose and for a time."""

    subject: str
    role: str
    scope: str
    purpose: str = ""
    valid_from_s: float | None = None
    valid_to_s: float | None = None


# Passes for people without a phone, and the calls that ring at the desk.
# What was noticed: looking at it, deciding on it, taking the evidence along.
_REVIEW = (("read", "incident"), ("review", "incident"))
_VISITS = (("read", "passes"), ("issue", "pass"), ("revoke", "pass"), ("answer", "call"))

# Faces at the desk: to see how they stand, to help somebody consent, enrol and withdraw.
_FACES = (("read", "faces"), ("read", "face"), ("enrol", "face"), ("forget", "face"))

# A watch list: whoever approves an order is another one than who entered it (hub/acts/face_watch).
_WATCH = tuple((verb, "watch_list") for verb in ("read", "enter", "approve", "end"))

# What each role may do to what kind of thing. Scopes narrow this further; nothing widens it.
_ROLES: dict[str, frozenset[tuple[str, str]]] = {
    "administrator": frozenset(
        {
            ("read", "console"),
            ("read", "events"),
            ("read", "people"),
            ("issue", "code"),
            ("confirm", "phone"),
            ("revoke", "phone"),
            ("load", "roster"),
            ("adopt", "device"),
            ("read", "metrics"),
            ("operate", "door"),
            ("operate", "lockdown"),
            ("set", "pin"),
            ("read", "card"),
            ("block", "card"),
            ("unblock", "card"),
            ("issue", "card"),
            *_VISITS,
            ("read", "alert"),
            ("answer", "alert"),
            *_REVIEW,
            ("export", "incident"),
            ("accept", "station"),
            ("import", "roster"),
            ("print", "letters"),
            *_FACES,
            ("set", "faces"),
            *_WATCH,
        }
    ),
    "property_staff": frozenset(
        {
            ("read", "console"),
            ("read", "events"),
            ("read", "people"),
            ("issue", "code"),
            ("confirm", "phone"),
            ("operate", "door"),
            ("operate", "lockdown"),
            ("set", "pin"),
            ("read", "card"),
            ("block", "card"),
            ("unblock", "card"),
            ("issue", "card"),
            *_VISITS,
            ("read", "alert"),
            ("answer", "alert"),
            *_FACES,
            *_REVIEW,
        }
    ),
    # a neighbourhood officer: may stop a lost card, not bring one back
    "officer": frozenset({("read", "console"), ("read", "card"), ("block", "card")}),
    # named for a purpose (duress): alerts that nobody else may even know of
    "responder": frozenset({("read", "restricted_alert"), ("answer", "restricted_alert")}),
    "operator": frozenset({("adopt", "device"), ("load", "roster"), ("read", "metrics")}),
    "kiosk": frozenset({("use", "kiosk"), ("begin", "payment")}),
    "resident": frozenset(
        {
            ("open", "door"),
            ("read", "self"),
            ("end", "phone"),
            ("block", "card"),
            ("set", "own_pin"),
            ("invite", "visitor"),
            ("answer", "call"),
            ("answer", "own_alert"),
            ("read", "household"),
            ("end", "household_phone"),
            ("confirm", "household_phone"),
            ("read", "own_face"),
            ("consent", "own_face"),
            ("forget", "own_face"),
        }
    ),
}


CLAIMABLE = ("administrator", "property_staff", "officer")  # what a member may come in as


def may_ever(grant: Grant, verb: str, thing: str) -> bool:
    """Whether a grant's role could allow this, whatever its scope and time."""
    return (verb, thing) in _ROLES.get(grant.role, frozenset())


def may(
    grants: Iterable[Grant],
    subject: str,
    verb: str,
    thing: str,
    scope: str,
    now: datetime,
    purpose: str = "",
) -> bool:
    """Whether any grant of the subject allows this now; a grant for a purpose serves only it."""
    at_s = now.timestamp()
    return any(
        grant.subject == subject
        and (verb, thing) in _ROLES.get(grant.role, frozenset())
        and (grant.scope in ("*", scope))
        and (not grant.purpose or grant.purpose == purpose)
        and (grant.valid_from_s is None or at_s >= grant.valid_from_s)
        and (grant.valid_to_s is None or at_s < grant.valid_to_s)
        for grant in grants
    )
