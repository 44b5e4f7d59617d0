"""What the running hub keeps at hand: devices, doors and recent phones; all of it can be re-read.

Only the loop touches it, and it changes only by messages and after commits.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from statistics import quantiles
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import select

from devices.access import Policy
from devices.messages import NO_REVISION, DoorCondition, Life, Revision, StateNote
from hub.core.errors import DomainError
from hub.core.latency import DoorTimes
from hub.core.proofs import Key, phone_key
from hub.core.states import states_of
from hub.core.words import in_every_language
from hub.store import tables as t
from hub.store.engine import Engines

PHONES_CACHED = 4_096  # the phones of an evening; each entry is about 1 kB
LATENCIES_KEPT = 512  # openings per device for p50 and p95


@dataclass(frozen=True, slots=True)
class PhoneEntry:
    """An enrolled phone with its parsed key."""

    id: str
    person: str
    kid: str
    label: str
    enrolled_at: float
    key: Key
    revoked: bool
    paused: bool = False


@dataclass(slots=True)
class DoorEntry:
    """A door as staff know it, with what its controller last said."""

    id: str
    device: str
    number: int
    name: Mapping[str, str]
    building: str
    unit: str
    kind: str
    condition: DoorCondition | None = None
    last: Mapping[str, Any] | None = None
    times: DoorTimes = field(default_factory=DoorTimes)
    ha: bool = False  # Home Assistant may operate it


@dataclass(slots=True)
class DeviceEntry:
    """An adopted device: its key, its life, its policy."""

    id: str
    kind: str
    key: Ed25519PublicKey
    x25519: bytes
    note: StateNote | None = None
    since_s: float | None = None
    firmware: str = ""
    clock: str = ""  # the quality of its last event's time
    want: Revision = NO_REVISION
    have: Revision = NO_REVISION
    policy_refused: str | None = None  # why it keeps an older policy than it should
    policy: Policy | None = None
    recalled: bool = False  # after a restore: it has not told what it holds
    latencies_ms: deque[float] = field(default_factory=lambda: deque(maxlen=LATENCIES_KEPT))

    @property
    def ready(self) -> bool:
        """Whether commands can be sent now."""
        return self.note is not None and self.note.life is Life.READY

    @property
    def states(self) -> list[str]:
        """What staff should know of it."""
        door = self.kind == "door"
        return states_of(
            self.note.life if self.note else None,
            self.note.trouble if self.note else (),
            self.policy_refused,
            recalled=self.recalled,
            want=self.want if door else NO_REVISION,
            have=self.have if door else NO_REVISION,
        )

    def percentiles_ms(self) -> tuple[float | None, float | None]:
        """(p50, p95) of the recent openings, or None when there are too few."""
        if len(self.latencies_ms) < 2:
            return None, None
        cuts = quantiles(self.latencies_ms, n=20, method="inclusive")
        return round(cuts[9], 2), round(cuts[18], 2)


class Memory:
    """The hub's working knowledge, filled from the database."""

    def __init__(self, engines: Engines) -> None:
        self._engines = engines
        self._phones: OrderedDict[str, PhoneEntry | None] = OrderedDict()
        self.devices: dict[str, DeviceEntry] = {}
        self.doors: dict[str, DoorEntry] = {}
        self.by_number: dict[tuple[str, int], DoorEntry] = {}
        self.site = ""
        self.site_name: Mapping[str, str] = {}
        self.zone = "UTC"
        self.demo = False

    def reload(self) -> None:
        """Read site, devices and doors; what devices said of themselves is kept."""
        with self._engines.read.connect() as connection:
            row = connection.execute(select(t.site)).one()
            self.site, self.zone = row.id, row.time_zone
            self.site_name = in_every_language(row.name)
            self.demo = row.demo
            devices = connection.execute(
                select(t.devices).where(t.devices.c.removed_at.is_(None))
            ).all()
            doors = connection.execute(select(t.doors).order_by(t.doors.c.id)).all()
            wanted = connection.execute(
                select(
                    t.policies.c.device_id,
                    t.policies.c.epoch,
                    t.policies.c.number,
                    t.policies.c.have_epoch,
                    t.policies.c.have_number,
                )
            ).all()
        self._take_devices(devices)
        for policy in wanted:
            entry = self.devices.get(policy.device_id)
            if entry is not None:
                entry.want = Revision(policy.epoch, policy.number)
                entry.have = Revision(policy.have_epoch, policy.have_number)
        old = self.doors
        self.doors = {}
        for door in doors:
            entry_before = old.get(door.id)
            self.doors[door.id] = DoorEntry(
                door.id,
                door.device_id,
                door.number,
                in_every_language(door.name),
                door.building,
                door.unit,
                door.kind,
                entry_before.condition if entry_before else None,
                entry_before.last if entry_before else None,
                entry_before.times if entry_before else DoorTimes(),
                door.ha,
            )
        self.by_number = {(door.device, door.number): door for door in self.doors.values()}

    def _take_devices(self, rows: Any) -> None:
        old = self.devices
        self.devices = {}
        for row in rows:
            entry = old.get(row.id)
            if entry is None or entry.key.public_bytes_raw() != row.ed25519:
                key = Ed25519PublicKey.from_public_bytes(row.ed25519)
                entry = DeviceEntry(row.id, row.kind, key, row.x25519)
            self.devices[row.id] = entry

    # ----------------------------------------------------------------- phones

    def phone(self, kid: str) -> PhoneEntry:
        """An enrolled phone; refuses with phone_unknown, _revoked or _paused."""
        if kid in self._phones:
            self._phones.move_to_end(kid)
            entry = self._phones[kid]
        else:
            entry = self._read_phone(kid)
            if entry is not None:  # strangers must not push residents out
                self._phones[kid] = entry
                if len(self._phones) > PHONES_CACHED:
                    self._phones.popitem(last=False)
        if entry is None:
            raise DomainError("phone_unknown")
        if entry.revoked:
            raise DomainError("phone_revoked")
        if entry.paused:
            raise DomainError("phone_paused")
        return entry

    def _read_phone(self, kid: str) -> PhoneEntry | None:
        with self._engines.read.connect() as connection:
            row = connection.execute(select(t.phones).where(t.phones.c.kid == kid)).first()
        if row is None:
            return None
        return PhoneEntry(
            row.id,
            row.person_id,
            row.kid,
            row.label,
            row.enrolled_at,
            phone_key(row.jwk)[1],
            row.revoked_at is not None,
            row.suspended_at is not None,
        )

    def forget_phone(self, kid: str) -> None:
        """Its row changed; the next request reads it again."""
        self._phones.pop(kid, None)


def subject_name(memory: Memory, subject: str) -> Mapping[str, str] | str:
    """A subject as people call it: a door's name, a device's id, empty for the hub itself."""
    what, _, name = subject.partition(":")
    if what == "door":
        door = memory.doors.get(name)
        return door.name if door is not None else name
    return "" if what == "hub" else name
