"""CAP 1.2 (OASIS, ITU-T X.1303): an alert as XML, written and read.

What is read was made by anybody: at most ``BYTES_MAX``, no document type and therefore no
entities, bounded depth. Elements that are not in the types below are passed over. Instants are
aware and in UTC. The order of elements is the schema's.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final, TypeVar

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

NAMESPACE: Final = "urn:oasis:names:tc:emergency:cap:1.2"
BYTES_MAX: Final = 65_536  # an honest alert has one to ten kilobytes
DEPTH_MAX: Final = 8  # alert, info, area, geocode, value: five
ELEMENTS_MAX: Final = 2_000
_NAME = re.compile(r"[^\s,<&\"\x00-\x20\x7f-\x9f]{1,200}")  # identifier and sender
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[-+]\d\d:\d\d", re.ASCII)
_UNWRITABLE = re.compile("[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]")
_ITEM = re.compile(r'"([^"]*)"|([^\s"]+)')


class CapWrong(ValueError):
    """This is no alert by CAP 1.2; the text says why and holds nothing of it."""


class Status(StrEnum):
    """Whom an alert moves: only ``Actual`` may ever sound a siren."""

    ACTUAL = "Actual"
    EXERCISE = "Exercise"
    SYSTEM = "System"
    TEST = "Test"
    DRAFT = "Draft"


class MsgType(StrEnum):
    """What an alert does to those it refers to."""

    ALERT = "Alert"
    UPDATE = "Update"
    CANCEL = "Cancel"
    ACK = "Ack"
    ERROR = "Error"


class Scope(StrEnum):
    """Who may read it."""

    PUBLIC = "Public"
    RESTRICTED = "Restricted"
    PRIVATE = "Private"


class Category(StrEnum):
    """What it is about."""

    GEO = "Geo"
    MET = "Met"
    SAFETY = "Safety"
    SECURITY = "Security"
    RESCUE = "Rescue"
    FIRE = "Fire"
    HEALTH = "Health"
    ENV = "Env"
    TRANSPORT = "Transport"
    INFRA = "Infra"
    CBRNE = "CBRNE"
    OTHER = "Other"


class ResponseType(StrEnum):
    """What those who read it should do."""

    SHELTER = "Shelter"
    EVACUATE = "Evacuate"
    PREPARE = "Prepare"
    EXECUTE = "Execute"
    AVOID = "Avoid"
    MONITOR = "Monitor"
    ASSESS = "Assess"
    ALL_CLEAR = "AllClear"
    NONE = "None"


class Urgency(StrEnum):
    """How soon."""

    IMMEDIATE = "Immediate"
    EXPECTED = "Expected"
    FUTURE = "Future"
    PAST = "Past"
    UNKNOWN = "Unknown"


class Severity(StrEnum):
    """How bad."""

    EXTREME = "Extreme"
    SEVERE = "Severe"
    MODERATE = "Moderate"
    MINOR = "Minor"
    UNKNOWN = "Unknown"


class Certainty(StrEnum):
    """How sure."""

    OBSERVED = "Observed"
    LIKELY = "Likely"
    POSSIBLE = "Possible"
    UNLIKELY = "Unlikely"
    UNKNOWN = "Unknown"


Pairs = tuple[tuple[str, str], ...]  # names and values


@dataclass(frozen=True, slots=True)
class Reference:
    """Another alert."""

    sender: str
    identifier: str
    sent: datetime

    def __post_init__(self) -> None:
        _named(self.sender, self.identifier)
        _whole_second(self.sent)


@dataclass(frozen=True, slots=True)
class Area:
    """Where; circles are "lat,lon km", polygons "lat,lon lat,lon ..."."""

    description: str
    polygons: tuple[str, ...] = ()
    circles: tuple[str, ...] = ()
    geocodes: Pairs = ()


@dataclass(frozen=True, slots=True)
class Segment:
    """What is told, in one language: the standard's "info"."""

    event: str
    categories: tuple[Category, ...]
    urgency: Urgency
    severity: Severity
    certainty: Certainty
    language: str = "en-US"
    responses: tuple[ResponseType, ...] = ()
    effective: datetime | None = None
    onset: datetime | None = None
    expires: datetime | None = None
    sender_name: str = ""
    headline: str = ""
    description: str = ""
    instruction: str = ""
    contact: str = ""
    parameters: Pairs = ()
    areas: tuple[Area, ...] = ()

    def __post_init__(self) -> None:
        if not self.categories:
            raise CapWrong("an info needs a category")
        _whole_second(*filter(None, (self.effective, self.onset, self.expires)))


@dataclass(frozen=True, slots=True)
class Alert:
    """One message; raises CapWrong where the standard asks for more than the schema can."""

    identifier: str
    sender: str
    sent: datetime
    status: Status
    msg_type: MsgType
    scope: Scope
    restriction: str = ""
    addresses: tuple[str, ...] = ()
    note: str = ""
    references: tuple[Reference, ...] = ()
    incidents: tuple[str, ...] = ()
    segments: tuple[Segment, ...] = ()

    def __post_init__(self) -> None:
        _named(self.sender, self.identifier)
        _whole_second(self.sent)
        if self.scope is Scope.RESTRICTED and not self.restriction:
            raise CapWrong("a restricted alert says by which rule")
        if self.scope is Scope.PRIVATE and not self.addresses:
            raise CapWrong("a private alert says for whom")
        if self.msg_type is not MsgType.ALERT and not self.references:
            raise CapWrong(f"an {self.msg_type} says of which alert")
        if any('"' in one or not one.strip() for one in (*self.addresses, *self.incidents)):
            raise CapWrong("an address or incident is empty or holds a quotation mark")


def _named(*names: str) -> None:
    if not all(_NAME.fullmatch(one) for one in names):
        raise CapWrong("an identifier or sender has no spaces, commas, quotation marks, < or &")


def _whole_second(*instants: datetime) -> None:
    if any(one.tzinfo is None or one.microsecond for one in instants):
        raise CapWrong("an instant of CAP knows its zone and is a whole second")


# --- writing -----------------------------------------------------------------------------------


def write(alert: Alert) -> bytes:
    """The alert as XML in UTF-8; raises CapWrong for signs XML cannot carry, or too many bytes."""
    root = ET.Element(_tag("alert"))
    _put(root, "identifier", alert.identifier)
    _put(root, "sender", alert.sender)
    _put(root, "sent", _instant(alert.sent))
    _put(root, "status", alert.status)
    _put(root, "msgType", alert.msg_type)
    _put(root, "scope", alert.scope)
    _put(root, "restriction", alert.restriction)
    _put(root, "addresses", _listed(alert.addresses))
    _put(root, "note", alert.note)
    told = (f"{one.sender},{one.identifier},{_instant(one.sent)}" for one in alert.references)
    _put(root, "references", " ".join(told))
    _put(root, "incidents", _listed(alert.incidents))
    for info in alert.segments:
        _put_segment(ET.SubElement(root, _tag("info")), info)
    raw: bytes = ET.tostring(root, "utf-8", xml_declaration=True, default_namespace=NAMESPACE)
    if len(raw) > BYTES_MAX:
        raise CapWrong(f"an alert of {len(raw)} bytes; at most {BYTES_MAX}")
    return raw


def _put_segment(node: ET.Element, info: Segment) -> None:
    _put(node, "language", info.language)
    for category in info.categories:
        _put(node, "category", category)
    _put(node, "event", info.event, needed=True)
    for response in info.responses:
        _put(node, "responseType", response)
    _put(node, "urgency", info.urgency)
    _put(node, "severity", info.severity)
    _put(node, "certainty", info.certainty)
    for name, instant in (
        ("effective", info.effective),
        ("onset", info.onset),
        ("expires", info.expires),
    ):
        _put(node, name, _instant(instant) if instant else "")
    _put(node, "senderName", info.sender_name)
    _put(node, "headline", info.headline)
    _put(node, "description", info.description)
    _put(node, "instruction", info.instruction)
    _put(node, "contact", info.contact)
    _put_pairs(node, "parameter", info.parameters)
    for area in info.areas:
        inner = ET.SubElement(node, _tag("area"))
        _put(inner, "areaDesc", area.description, needed=True)
        for polygon in area.polygons:
            _put(inner, "polygon", polygon)
        for circle in area.circles:
            _put(inner, "circle", circle)
        _put_pairs(inner, "geocode", area.geocodes)


def _put_pairs(node: ET.Element, name: str, pairs: Pairs) -> None:
    for key, value in pairs:
        inner = ET.SubElement(node, _tag(name))
        _put(inner, "valueName", key, needed=True)
        _put(inner, "value", value, needed=True)


def _put(node: ET.Element, name: str, text: str, *, needed: bool = False) -> None:
    if _UNWRITABLE.search(text):
        raise CapWrong(f"{name} holds a sign that XML cannot carry")
    if text or needed:
        ET.SubElement(node, _tag(name)).text = str(text)


def _tag(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"


def _instant(at: datetime) -> str:
    """CAP writes UTC as -00:00, never as Z."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S-00:00").rjust(25, "0")


def _listed(items: Iterable[str]) -> str:
    return " ".join(f'"{one}"' if re.search(r"\s", one) else one for one in items)


# --- reading -----------------------------------------------------------------------------------


class _Bounded(ET.TreeBuilder):
    """A tree that is neither deep nor large."""

    def __init__(self) -> None:
        super().__init__()
        self._depth = self._count = 0

    def start(self, tag: str, attrs: dict[str, str], /) -> ET.Element:
        """One element deeper."""
        self._depth += 1
        self._count += 1
        if self._depth > DEPTH_MAX or self._count > ELEMENTS_MAX:
            raise CapWrong("the alert is too deep or has too many elements")
        return super().start(tag, attrs)

    def end(self, tag: str, /) -> ET.Element:
        """One element less deep."""
        self._depth -= 1
        return super().end(tag)


def read(raw: bytes) -> Alert:
    """The alert in these bytes; raises CapWrong, nothing else."""
    if len(raw) > BYTES_MAX:
        raise CapWrong(f"an alert of {len(raw)} bytes; at most {BYTES_MAX}")
    parser = DefusedXMLParser(target=_Bounded(), forbid_dtd=True)
    try:
        parser.feed(raw)
        root = parser.close()
    except CapWrong:
        raise
    except (ET.ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise CapWrong("this is no XML, or has a document type or entities") from error
    if root.tag != _tag("alert"):
        raise CapWrong("the root is no alert of CAP 1.2")
    return Alert(
        identifier=_text(root, "identifier"),
        sender=_text(root, "sender"),
        sent=_read_instant(_text(root, "sent")),
        status=_one_of(Status, _text(root, "status")),
        msg_type=_one_of(MsgType, _text(root, "msgType")),
        scope=_one_of(Scope, _text(root, "scope")),
        restriction=_text(root, "restriction"),
        addresses=_read_list(_text(root, "addresses")),
        note=_text(root, "note"),
        references=tuple(_read_reference(one) for one in _text(root, "references").split()),
        incidents=_read_list(_text(root, "incidents")),
        segments=tuple(_read_segment(node) for node in root.iterfind(_tag("info"))),
    )


def _read_segment(node: ET.Element) -> Segment:
    effective, onset, expires = (
        _read_instant(told) if told else None
        for told in (_text(node, name) for name in ("effective", "onset", "expires"))
    )
    return Segment(
        event=_text(node, "event"),
        categories=tuple(_one_of(Category, one) for one in _texts(node, "category")),
        urgency=_one_of(Urgency, _text(node, "urgency")),
        severity=_one_of(Severity, _text(node, "severity")),
        certainty=_one_of(Certainty, _text(node, "certainty")),
        language=_text(node, "language") or "en-US",
        responses=tuple(_one_of(ResponseType, one) for one in _texts(node, "responseType")),
        effective=effective,
        onset=onset,
        expires=expires,
        sender_name=_text(node, "senderName"),
        headline=_text(node, "headline"),
        description=_text(node, "description"),
        instruction=_text(node, "instruction"),
        contact=_text(node, "contact"),
        parameters=_read_pairs(node, "parameter"),
        areas=tuple(
            Area(
                _text(inner, "areaDesc"),
                tuple(filter(None, _texts(inner, "polygon"))),
                tuple(filter(None, _texts(inner, "circle"))),
                _read_pairs(inner, "geocode"),
            )
            for inner in node.iterfind(_tag("area"))
        ),
    )


def _read_pairs(node: ET.Element, name: str) -> Pairs:
    return tuple(
        (_text(inner, "valueName"), _text(inner, "value")) for inner in node.iterfind(_tag(name))
    )


def _texts(node: ET.Element, name: str) -> Iterator[str]:
    for inner in node.iterfind(_tag(name)):
        yield (inner.text or "").replace("\r", "\n").strip()


def _text(node: ET.Element, name: str) -> str:
    """The text of the one element of a name; none is an empty text, two are a wrong alert."""
    found = list(_texts(node, name))
    if len(found) > 1:
        raise CapWrong(f"{name} stands there twice")
    return found[0] if found else ""


_E = TypeVar("_E", bound=StrEnum)


def _one_of(words: type[_E], text: str) -> _E:
    try:
        return words(text)
    except ValueError as error:
        raise CapWrong(f"{words.__name__} is none of CAP's words") from error


def _read_instant(text: str) -> datetime:
    if not _INSTANT.fullmatch(text):
        raise CapWrong("an instant is written 2026-11-26T08:00:00+08:00")
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise CapWrong("there is no such instant") from error


def _read_reference(text: str) -> Reference:
    sender, _, rest = text.partition(",")
    identifier, _, sent = rest.partition(",")
    return Reference(sender, identifier, _read_instant(sent))


def _read_list(text: str) -> tuple[str, ...]:
    found = tuple(quoted or bare for quoted, bare in _ITEM.findall(text))
    return tuple(one for one in found if one.strip())
