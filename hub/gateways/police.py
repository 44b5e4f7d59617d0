"""What an incident's pack is called on each wire to a station: DC-09, CAP, signed webhook.

Pure. While the link is simulated every wire says so in its own words: DC-09 sends a test code, CAP
the status ``Test``; whoever dials a real station by mistake moves nobody.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from drivers.cap import (
    Alert,
    Area,
    Category,
    Certainty,
    MsgType,
    Reference,
    ResponseType,
    Scope,
    Segment,
    Severity,
    Status,
    Urgency,
)
from drivers.dc09 import SiaEvent
from hub.core.policelink import Kind, Pack

CODES: Final[Mapping[Kind, str]] = {
    Kind.PANIC: "PA",
    Kind.DURESS: "HA",
    Kind.FORCED: "BA",
    Kind.REPEATED: "JA",
    Kind.WATCH_LIST: "UA",  # SIA has no word for it: an alarm of no type
    Kind.TAILGATE: "UA",
    Kind.FIRE: "FA",
    Kind.TAMPER: "TA",
}
WITHDRAWN: Final[Mapping[str, str]] = {  # by alarm code; where SIA has no word: of no type
    "PA": "PR",
    "HA": "HR",
    "BA": "BR",
    "UA": "UR",
    "FA": "FR",
    "TA": "TR",
    "JA": "UR",
}
TEST_CODE: Final = "RX"  # a test by hand
LIVES_S: Final = 86_400  # a machine-readable incident is no standing warning
RESTRICTION: Final = "for the police desk named in addresses only"
EVENTS: Final[Mapping[Kind, tuple[str, str]]] = {  # zh-Hans, en
    Kind.PANIC: ("有人按了求助键", "Panic button pressed"),
    Kind.DURESS: ("有人被胁迫开门", "Opened under duress"),
    Kind.FORCED: ("门被强行打开", "Door forced open"),
    Kind.REPEATED: ("有人反复试图开门", "Repeated attempts at a door"),
    Kind.WATCH_LIST: ("疑似布控人员，已由人工核对", "Possible match of a watch list, reviewed"),
    Kind.TAILGATE: ("有人尾随进门", "Somebody followed through a door"),
    Kind.FIRE: ("消防报警", "Fire alarm"),
    Kind.TAMPER: ("设备外壳被打开", "A housing was opened"),
}
_URGENT: Final = frozenset({Kind.PANIC, Kind.DURESS, Kind.FIRE})


def dc09_event(pack: Pack, zone: int) -> SiaEvent:
    """The event for a receiver; ``zone`` is the door's number in the station's list of zones."""
    code = CODES[pack.kind]
    if pack.simulated:
        return SiaEvent(TEST_CODE, zone, text=f"SIMULATED {code}")
    return SiaEvent(code, zone)


def dc09_withdrawal(pack: Pack, zone: int) -> SiaEvent:
    """The event that takes an alarm back; it is one of its own, under a number of its own."""
    code = WITHDRAWN[CODES[pack.kind]]
    if pack.simulated:
        return SiaEvent(TEST_CODE, zone, text=f"SIMULATED {code} FALSE ALARM")
    return SiaEvent(code, zone, text="FALSE ALARM")


def webhook_withdrawal(pack: Pack, number: int, at: datetime) -> bytes:
    """The body that takes a message back, by its name."""
    data = {
        "incident": pack.incident,
        "message": message_id(pack, number),
        "simulated": pack.simulated,
        "station": pack.station,
    }
    return _told("incident.withdrawn", at, data)


def webhook_body(pack: Pack, at: datetime) -> bytes:
    """The body of a webhook: type, time and the pack itself."""
    return _told("incident.confirmed", at, pack.body())


def _told(what: str, at: datetime, data: Mapping[str, object]) -> bytes:
    stamp = at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    body = {"type": what, "timestamp": stamp, "data": data}
    return json.dumps(body, sort_keys=True, separators=(",", ":")).encode("ascii")


def message_id(pack: Pack, number: int) -> str:
    """The name of a message, the same in every copy."""
    return f"{pack.incident}-{number}"


def cap_alert(pack: Pack, sender: str, number: int, at: datetime) -> Alert:
    """The incident as an alert that only the addressed desk may read."""
    sent = at.replace(microsecond=0)
    return Alert(
        identifier=message_id(pack, number),
        sender=sender,
        sent=sent,
        status=Status.TEST if pack.simulated else Status.ACTUAL,
        msg_type=MsgType.ALERT,
        scope=Scope.RESTRICTED,
        restriction=RESTRICTION,
        addresses=(pack.station,),
        incidents=(pack.incident,),
        segments=tuple(
            _segment(pack, language, event, sent)
            for language, event in zip(("zh-Hans", "en"), EVENTS[pack.kind], strict=True)
        ),
    )


def cap_cancel(pack: Pack, sender: str, number: int, first_at: datetime, at: datetime) -> Alert:
    """The same alert taken back; ``first_at`` is when it was sent first."""
    name = message_id(pack, number)
    return Alert(
        identifier=f"{name}-cancel",
        sender=sender,
        sent=at.replace(microsecond=0),
        status=Status.TEST if pack.simulated else Status.ACTUAL,
        msg_type=MsgType.CANCEL,
        scope=Scope.RESTRICTED,
        restriction=RESTRICTION,
        addresses=(pack.station,),
        note="false alarm",
        references=(Reference(sender, name, first_at.replace(microsecond=0)),),
        incidents=(pack.incident,),
    )


def _segment(pack: Pack, language: str, event: str, sent: datetime) -> Segment:
    told = [("rule", pack.rule), ("authority", pack.authority), ("basis", pack.basis)]
    told += [(f"picture-{one.role}-sha256", one.sha256) for one in pack.pictures]
    return Segment(
        event=event,
        categories=(Category.FIRE if pack.kind is Kind.FIRE else Category.SECURITY,),
        urgency=Urgency.IMMEDIATE if pack.kind in _URGENT else Urgency.EXPECTED,
        severity=Severity.SEVERE if pack.kind in _URGENT else Severity.UNKNOWN,
        certainty=Certainty.LIKELY,
        language=language,
        responses=(ResponseType.ASSESS,),
        onset=pack.detected_at.replace(microsecond=0),
        expires=sent + timedelta(seconds=LIVES_S),
        parameters=(*((name, text) for name, text in told if text), ("pack-sha256", pack.sha256)),
        areas=(Area(pack.door),),
    )
