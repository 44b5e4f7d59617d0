"""What the API answers, as shapes: the OpenAPI document and the pages' types are made from them.

The endpoints build their answers by hand; tests/unit/test_api_shapes.py holds real answers against
these shapes, member by member.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, RootModel

from hub.core.words import PLAIN

StagesMs = dict[str, float]  # milliseconds of each stage, each measured on one clock


class Shaped(BaseModel):
    """A shape; validators are built only where somebody validates (tests)."""

    model_config = ConfigDict(defer_build=True)


class Words(Shaped):
    """One text in the three languages; zh-Hans is the source."""

    zh_hans: str = Field(alias="zh-Hans")
    zh_hant: str = Field(alias="zh-Hant")
    en: str


class Problem(Shaped):
    """Why not (RFC 9457): a stable reason code, words for people, the cure for staff."""

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int
    detail: str
    code: str
    words: Words
    cure: str
    field: str | None = Field(None, description="The member of the request that is wrong.")


class Site(Shaped):
    """The site, and its time now."""

    site: str
    name: Words
    time_zone: str
    now: str
    demo: bool


class SiteNamed(Shaped):
    """The site as the console's head shows it."""

    site: str
    name: Words
    time_zone: str


# --------------------------------------------------------------------------- phones


class PersonNamed(Shaped):
    """A person by name."""

    name: str


class PhoneShown(Shaped):
    """An enrolled phone."""

    id: str
    label: str
    enrolled_at: str


class UsedPhone(PhoneShown):
    """A phone as the desk sees it; ``paused`` with the lost card that brought it in."""

    paused: bool


class OwnDoor(Shaped):
    """A door that this phone may ask for."""

    id: str
    name: Words
    building: str
    kind: Literal["perimeter", "building", "room"]


class Me(Shaped):
    """Whose phone this is, and its doors."""

    person: PersonNamed
    phone: PhoneShown
    doors: list[OwnDoor]


class OpeningTold(Shaped):
    """The door opened; ``repeat`` says that these very bytes were answered before."""

    opening: str
    outcome: Literal["opened"]
    reason: str
    ms: StagesMs
    repeat: bool


class OpeningProblem(Problem):
    """The door did not open, or nobody knows; without ``outcome`` it was never asked."""

    opening: str | None = None
    outcome: Literal["refused", "unknown"] | None = None
    reason: str | None = None
    ms: StagesMs | None = None
    repeat: bool | None = None


# --------------------------------------------------------------------------- the wall


class EventShown(Shaped):
    """Something that happened; unknown members of the future are strings."""

    n: int
    at: str
    recorded_at: str
    kind: str
    door: str | None
    door_name: Words | None
    outcome: Literal["granted", "refused", "unknown"] | None
    reason: str | None
    person: str | None = Field(description="The person's id.")
    person_name: str | None = Field(
        None, description="Only where it was asked for: the live stream names nobody."
    )
    device: str
    via: str | None
    late: bool
    ms: StagesMs


class EventsPage(Shaped):
    """Events from the newest; ``next`` is the ``before`` of the page that follows."""

    events: list[EventShown]
    next: int | None


class RuleShown(Shaped):
    """An access rule that speaks of somebody at a door."""

    id: str
    subject_kind: str
    subject: str
    schedule: str | None
    valid_from: str | None
    valid_to: str | None
    deny: bool


class Why(Shaped):
    """Why a door answered as it did, and what it would answer now."""

    event: EventShown
    code: str
    words: Words = Field(description="What the resident heard.")
    cure: str
    policy: str | None = Field(
        description="The revision in force then, as far as the door's receipts tell."
    )
    rules: list[RuleShown] = Field(
        description="Today's rules of this door that speak of the person."
    )
    now: str | None = Field(
        description="The reason code that the same person would get now; null when nobody "
        "was recognised.",
    )


class OwnEvent(Shaped):
    """Something that the resident did at a door."""

    n: int
    at: str
    door_name: Words | None
    outcome: Literal["opened", "refused", "unknown"]
    reason: str | None
    words: Words = Field(description="Why, in plain words.")
    via: str | None
    opening: str | None


class OwnHistory(Shaped):
    """A resident's own events, the newest first."""

    events: list[OwnEvent]


class StageTimes(Shaped):
    """How long a stage took: half, 95 and 99 of a hundred of the newest openings were faster."""

    p50_ms: float
    p95_ms: float
    p99_ms: float


class DoorTimesShown(StageTimes):
    """Granted openings of a door, from card or command to the strike, and stage by stage."""

    count: int = Field(description="Openings since the hub's memory begins.")
    stages: dict[str, StageTimes]


class DoorShown(Shaped):
    """A door on the wall; what is not known is said to be unknown."""

    id: str
    name: Words
    building: str
    unit: str
    kind: Literal["perimeter", "building", "room"]
    device: str
    number: int
    lock: Literal["locked", "unlocked", "unknown"]
    contact: Literal["open", "closed", "unknown"]
    mode: str
    online: bool | None
    last: EventShown | None
    latency: DoorTimesShown | None


class DeviceShown(Shaped):
    """A device; the policies of a door controller are told as epoch.number."""

    id: str
    kind: Literal["door", "point", "kiosk", "meter"]
    state: Literal["init", "ready", "sleeping", "disconnected", "lost", "unknown"]
    since: str | None
    firmware: str
    policy_want: str | None
    policy_have: str | None
    states: list[str] = Field(
        description="What staff should know, as reason codes, the gravest first; empty: "
        "all is well.",
    )
    p50_ms: float | None
    p95_ms: float | None


class ConsoleShown(Shaped):
    """All that the wall shows."""

    site: SiteNamed
    doors: list[DoorShown]
    devices: list[DeviceShown]
    broker: bool = Field(description="Whether the hub itself hears its broker.")


class PersonShown(Shaped):
    """A resident with the phones in use and the number of cards."""

    id: str
    name: str
    house: str = Field(description="Empty for somebody without one.")
    phones: list[UsedPhone]
    cards: int


class PeopleShown(Shaped):
    """Residents that fit a query."""

    people: list[PersonShown]


# --------------------------------------------------------------------------- lost cards


class RevocationDoor(Shaped):
    """A door that knew a card: gone after so many seconds, or why it still knows it."""

    id: str
    name: Words
    device: str
    online: bool | None
    gone_after_s: float | None = Field(
        description="From the wish to the door's signed receipt, by the hub's clock."
    )
    offline_since: str | None
    refused: str | None = Field(
        description="A reason code: the controller could not take the newer list."
    )


class RevocationShown(Shaped):
    """How far a lost card is forgotten; ``told`` when every door that knew it is listed."""

    id: str
    by: Literal["staff", "phone", "kiosk", "recall"]
    asked_at: str
    told: bool
    doors: list[RevocationDoor]


class CardShown(Shaped):
    """A card by its id, never its number; ``revocation`` while it is blocked."""

    id: str
    person: str
    person_name: str
    house: str
    issued_at: str
    blocked_at: str | None
    revocation: RevocationShown | None


class PhoneEnded(Shaped):
    """A phone that opens nothing any more; no door ever knew it, so it ended at once."""

    id: str
    person_name: str
    house: str
    label: str
    ended_at: str
    by: Literal["staff", "phone", "kiosk", "recall"]


class CardsShown(Shaped):
    """Cards that fit a query; without one, the lost ones, newest first; and ended phones."""

    cards: list[CardShown]
    phones: list[PhoneEnded] = Field(description="The newest ended ones that fit the query.")


class OwnCard(Shaped):
    """A card of one's household, and how many doors have forgotten it."""

    id: str
    holder: str
    mine: bool
    issued_at: str
    blocked_at: str | None
    told: bool
    doors_total: int
    doors_gone: int
    still_known: list[Words]


class OwnCards(Shaped):
    """The cards of one's household; on a kiosk the holders are masked."""

    cards: list[OwnCard]


# --------------------------------------------------------------------------- kiosk and money


class CardExchange(Shaped):
    """Our half of the card's authentication, in hex."""

    exchange: str
    response: str


class NoticeShown(Shaped):
    """A public notice: what, and when and where."""

    id: str
    kind: Literal["exercise", "meal", "health", "show", "notice"]
    title: Words
    line: Words


class NoticesShown(Shaped):
    """All public notices, in the order of the screen."""

    notices: list[NoticeShown]


class BillsByCard(Shaped):
    """Bills of whoever showed a card."""

    card_session: str = Field(min_length=1, max_length=64)


class BillsByHouse(Shaped):
    """Bills of a house, for somebody who knows the phone's last digits."""

    house: str = Field(min_length=1, max_length=32, pattern=PLAIN)
    phone_last4: str = Field(pattern=r"^[0-9]{4}$")


class BillsAsked(RootModel[BillsByCard | BillsByHouse]):
    """Whose bills."""

    model_config = ConfigDict(defer_build=True)


class BillLine(Shaped):
    """How a part of the amount came about."""

    text: Words
    amount_fen: int


class BillShown(Shaped):
    """A bill."""

    id: str
    kind: Literal["property", "water", "power"]
    period: str
    amount_fen: int
    due_on: str
    lines: list[BillLine]
    state: Literal["open", "pending", "paid"]


class KioskBills(Shaped):
    """A household's bills; ``lookup`` lets this kiosk pay them."""

    lookup: str
    holder: str = Field(description="Masked.")
    house: str
    bills: list[BillShown]


class PaymentAsked(Shaped):
    """A wish to pay a bill under an id that the kiosk made."""

    id: str = Field(pattern=r"^[0-9a-f]{32}$")
    bill: str = Field(min_length=1, max_length=128, pattern=PLAIN)
    lookup: str = Field(min_length=1, max_length=128, pattern=PLAIN)


class Receipt(Shaped):
    """Proof of a payment."""

    number: str
    paid_at: str
    amount_fen: int
    bill: str
    house: str
    provider_ref: str | None


class PaymentShown(Shaped):
    """A payment as its kiosk may see it."""

    id: str
    bill: str
    state: Literal["created", "pending", "paid", "closed", "suspense"]
    amount_fen: int
    code_url: str | None
    expires_at: str
    receipt: Receipt | None


# --------------------------------------------------------------------------- the operator


class RowsLoaded(Shaped):
    """How many rows were taken in."""

    rows: int


class Adopted(Shaped):
    """The adoption file for the device."""

    adoption: str


# --------------------------------------------------------------------------- doors operated


class LockdownShown(Shaped):
    """A lockdown in force; an empty building is the whole site."""

    id: str
    building: str
    reason: str
    begun_by: str
    begun_at: str


class LockdownsShown(Shaped):
    """What is locked down now."""

    lockdowns: list[LockdownShown]
