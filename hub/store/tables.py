"""Every table of the hub. Times are seconds since 1970 (UTC) as floats, money is whole fen.

Tables marked *recorded* hold facts that never change; each of their rows stands in the chain too.
Without SQLite's own row ids a hot row is one page of the disk instead of three.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

SCHEMA_VERSION = 1

metadata = MetaData()

# ----------------------------------------------------------------- the site and its judge

site = Table(
    "site",
    metadata,
    Column("id", String(63), primary_key=True),
    Column("name", JSON, nullable=False),
    Column("time_zone", String(64), nullable=False),
    Column("demo", Boolean, nullable=False, default=False),
    Column("epoch", BigInteger, nullable=False, default=0),
    Column("holder", String(64), nullable=False, default=""),
    Column("chain_n", BigInteger, nullable=False, default=0),
    Column("chain_hash", String(64), nullable=False),
    Column("schema_version", Integer, nullable=False),
)

settings = Table(
    "settings",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("value", Text, nullable=False),
)

# Every epoch that a life of this hub took: what devices hold of another one, this disk forgot.
lives = Table(
    "lives",
    metadata,
    Column("epoch", BigInteger, primary_key=True, autoincrement=False),
    Column("began_at", Double, nullable=False),
)

chain = Table(
    "chain",
    metadata,
    Column("n", BigInteger, primary_key=True, autoincrement=False),
    Column("at", Double, nullable=False),
    Column("kind", String(32), nullable=False),
    Column("salt", String(32)),
    Column("body", Text),
    Column("commitment", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    sqlite_with_rowid=False,
)

chain_heads = Table(
    "chain_heads",
    metadata,
    Column("n", BigInteger, primary_key=True, autoincrement=False),
    Column("at", Double, nullable=False),
    Column("signed", Text, nullable=False),
)

# ----------------------------------------------------------------- people and places

households = Table(
    "households",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("house", String(32), nullable=False, unique=True),
    Column("building", String(32), nullable=False),
    Column("unit", String(32), nullable=False, default=""),
    Column("area_centi_m2", Integer, nullable=False, default=0),
)

people = Table(
    "people",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("household_id", ForeignKey("households.id"), index=True),
    Column("name", String(64), nullable=False),
    Column("elder", Boolean, nullable=False, default=False),
    Column("longer", Boolean, nullable=False, default=False),  # needs the door open for longer
    Column("phone_mark", String(64), index=True),
    Column("id_mark", String(64), index=True),
)

doors = Table(
    "doors",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("device_id", String(63), nullable=False, index=True),
    Column("number", Integer, nullable=False),
    Column("name", JSON, nullable=False),
    Column("building", String(32), nullable=False, default=""),
    Column("unit", String(32), nullable=False, default=""),
    Column("kind", String(16), nullable=False),
    Column("mode", String(16), nullable=False, default="Locked"),
    Column("asks", Integer, nullable=False, default=3),
    Column("remote", Boolean, nullable=False, default=True),
    # what else the door asks for and does; the words are those of devices/rules.py
    Column("pin", Boolean, nullable=False, default=False),
    Column("typed", Boolean, nullable=False, default=False),
    Column("passes", Boolean, nullable=False, default=True),
    Column("codes", Boolean, nullable=False, default=False),  # couriers' codes are typed here
    Column("staff_open", Boolean, nullable=False, default=True),
    Column("asks_by", JSON, nullable=False, default=list),
    Column("modes", JSON, nullable=False, default=list),
    Column("two_person", Boolean, nullable=False, default=False),
    Column("passback", String(8), nullable=False, default="off"),
    Column("passback_within_s", Integer),
    Column("area_from", String(32), nullable=False, default=""),
    Column("area_to", String(32), nullable=False, default=""),
    Column("interlock", JSON, nullable=False, default=list),
    Column("longer_ms", Integer, nullable=False, default=10_000),
    Column("held_s", Integer, nullable=False, default=30),
    Column("enter_s", Integer, nullable=False, default=10),
    Column("hold_ms", Integer, nullable=False, default=3000),
    Column("hold_max_ms", Integer, nullable=False, default=10_000),
    Column("fail_safe", Boolean, nullable=False, default=True),
    Column("ha", Boolean, nullable=False, default=False),  # Home Assistant may operate it
    Column("remote_only", Boolean, nullable=False, default=False),  # its strike is an MQTT relay
    UniqueConstraint("device_id", "number"),
)

schedules = Table(
    "schedules",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("days", JSON, nullable=False),
    Column("calendar_id", String(32), nullable=False, default="site"),
)

# holidays by calendar; "site" is the site's own, others are shared as plain rows
calendars = Table(
    "calendars",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("days", JSON, nullable=False),
)

areas = Table(
    "areas",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("name", JSON, nullable=False),
)

groups = Table(
    "groups",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("name", JSON, nullable=False),
)

group_members = Table(
    "group_members",
    metadata,
    Column("group_id", ForeignKey("groups.id"), primary_key=True),
    Column("person_id", ForeignKey("people.id"), primary_key=True, index=True),
)

door_groups = Table(
    "door_groups",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("name", JSON, nullable=False),
)

door_group_doors = Table(
    "door_group_doors",
    metadata,
    Column("door_group_id", ForeignKey("door_groups.id"), primary_key=True),
    Column("door_id", ForeignKey("doors.id"), primary_key=True, index=True),
)

rules = Table(
    "rules",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("door_id", ForeignKey("doors.id"), index=True),  # either a door or a group of doors
    Column("door_group_id", ForeignKey("door_groups.id"), index=True),
    Column("subject_kind", String(16), nullable=False),
    Column("subject", String(64), nullable=False, default=""),
    Column("schedule_id", ForeignKey("schedules.id")),
    Column("valid_from", Double),
    Column("valid_to", Double),
    Column("deny", Boolean, nullable=False, default=False),
)

# ----------------------------------------------------------------- credentials

phones = Table(
    "phones",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("person_id", ForeignKey("people.id"), nullable=False, index=True),
    Column("kid", String(64), nullable=False, unique=True),
    Column("jwk", JSON, nullable=False),
    Column("label", String(64), nullable=False),
    Column("enrolled_at", Double, nullable=False),
    Column("revoked_at", Double),
    Column("card_id", String(32)),  # shown at a kiosk for it
    Column("suspended_at", Double),  # that card was lost, and nobody has said that they know it
)

codes = Table(
    "codes",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("purpose", String(16), nullable=False),
    Column("subject", String(32), nullable=False),
    Column("mark", String(64), nullable=False, index=True),
    Column("expires_at", Double, nullable=False),
    Column("tries_left", Integer, nullable=False),
    Column("used_at", Double),
    Column("card_id", String(32)),
)

cards = Table(
    "cards",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("uid", String(20), nullable=False, unique=True),
    Column("person_id", ForeignKey("people.id"), nullable=False, index=True),
    Column("kind", String(16), nullable=False, default="ntag424"),
    Column("issued_at", Double, nullable=False),
    Column("blocked_at", Double),
    Column("sun_counter", Integer, nullable=False, default=-1),
)

sun_taps = Table(
    "sun_taps",
    metadata,
    Column("card_id", ForeignKey("cards.id"), primary_key=True),
    Column("counter", Integer, primary_key=True, autoincrement=False),
    Column("at", Double, nullable=False),
    Column("device_id", String(63), nullable=False),
)

# PINs are sealed; the mark keeps two people of a household from having the same one
pins = Table(
    "pins",
    metadata,
    Column("person_id", ForeignKey("people.id"), primary_key=True),
    Column("kind", String(8), primary_key=True),  # pin or duress
    Column("sealed", Text, nullable=False),
    Column("mark", String(64), nullable=False, unique=True),
    Column("set_at", Double, nullable=False),
    Column("set_by", String(80), nullable=False, default=""),
)

# a lockdown holds from its beginning to its end; an empty building is the whole site
lockdowns = Table(
    "lockdowns",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("building", String(32), nullable=False, default=""),
    Column("reason", Text, nullable=False),
    Column("begun_by", String(64), nullable=False),
    Column("begun_at", Double, nullable=False),
    Column("ended_by", String(64)),
    Column("ended_at", Double, index=True),
    Column("ended_reason", Text),
)

# ----------------------------------------------------------------- visitors

passes = Table(
    "passes",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("host_id", ForeignKey("people.id"), nullable=False, index=True),
    Column("household_id", String(32), nullable=False, index=True),
    Column("doors", JSON, nullable=False),
    Column("label_sealed", Text, nullable=False),
    Column("from_at", Double, nullable=False),
    Column("to_at", Double, nullable=False, index=True),
    Column("issued_at", Double, nullable=False),
    Column("issued_by", String(64), nullable=False),
    Column("revoked_at", Double),
    Column("strict", Boolean, nullable=False, default=False),  # once in all, not at each door
    Column("uses", Integer, nullable=False, default=1),  # at each door
    Column("code_sealed", Text),  # a courier's typed code instead of a signed pass
)

pass_uses = Table(
    "pass_uses",
    metadata,
    Column("pass_id", ForeignKey("passes.id"), primary_key=True),
    Column("door_id", String(32), primary_key=True),
    Column("at", Double, nullable=False),
    Column("last_at", Double, nullable=False),
    Column("times", Integer, nullable=False, default=1),
)

# the hub's word for one showing of a pass at a door that asked
pass_words = Table(
    "pass_words",
    metadata,
    Column("device_id", String(63), primary_key=True),
    Column("ask", String(32), primary_key=True),
    Column("pass_id", String(32), nullable=False, index=True),
    Column("door_id", String(32), nullable=False),
    Column("at", Double, nullable=False),
    Column("state", String(8), nullable=False),  # given, used, void
    sqlite_with_rowid=False,
)

bells = Table(
    "bells",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("door_id", ForeignKey("doors.id"), nullable=False),
    Column("button", Integer, nullable=False),
    Column("household_id", ForeignKey("households.id"), nullable=False),
    Column("kiosk_id", String(63)),  # rings there too
    UniqueConstraint("door_id", "button"),
)

calls = Table(
    "calls",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("door_id", String(32), nullable=False),
    Column("household_id", String(32), index=True),
    Column("desk", Boolean, nullable=False),
    Column("kiosk_id", String(63), index=True),
    Column("rang_at", Double, nullable=False, index=True),
    Column("answer", String(16)),
    Column("answered_by", String(64)),
    Column("answered_at", Double),
)

# ----------------------------------------------------------------- devices

devices = Table(
    "devices",
    metadata,
    Column("id", String(63), primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("ed25519", LargeBinary, nullable=False),
    Column("x25519", LargeBinary, nullable=False),
    Column("adopted_at", Double, nullable=False),
    Column("removed_at", Double),
)

policies = Table(
    "policies",
    metadata,
    Column("device_id", ForeignKey("devices.id"), primary_key=True),
    Column("epoch", BigInteger, nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("head", String(64), nullable=False),
    Column("count", Integer, nullable=False),
    Column("made_at", Double, nullable=False),
    # the snapshot that a device begins with; its bytes stand beside
    Column("base_epoch", BigInteger, nullable=False),
    Column("base_number", BigInteger, nullable=False),
    Column("base_head", String(64), nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("size_bytes", Integer, nullable=False),
    Column("sealed_to", LargeBinary, nullable=False),
    Column("have_epoch", BigInteger, nullable=False, default=0),
    Column("have_number", BigInteger, nullable=False, default=0),
    Column("have_at", Double),
)

# sealed to the device, and enveloped for the hub itself. A table of its own: SQLite writes a row
# anew with all its bytes, and each receipt of a lost card would carry a megabyte to the disk
policy_snapshots = Table(
    "policy_snapshots",
    metadata,
    Column("device_id", ForeignKey("devices.id"), primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("body", LargeBinary, nullable=False),
)

policy_changes = Table(
    "policy_changes",
    metadata,
    Column("device_id", String(63), primary_key=True),
    Column("asked_at", Double, nullable=False),
)

# one step of a device's policy: sealed to it, and enveloped for the hub itself
policy_deltas = Table(
    "policy_deltas",
    metadata,
    Column("device_id", ForeignKey("devices.id"), primary_key=True),
    Column("epoch", BigInteger, primary_key=True, autoincrement=False),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("after_epoch", BigInteger, nullable=False),
    Column("after_number", BigInteger, nullable=False),
    Column("sealed", LargeBinary, nullable=False),
    Column("body", LargeBinary, nullable=False),
)

# people whose cards changed: spread to the doors as small deltas
card_changes = Table(
    "card_changes",
    metadata,
    Column("person_id", String(32), primary_key=True),
    Column("asked_at", Double, nullable=False),
)

# ----------------------------------------------------------------- lost cards

revocations = Table(
    "revocations",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("subject", String(32), nullable=False, index=True),
    Column("person_id", ForeignKey("people.id"), nullable=False),
    Column("by", String(80), nullable=False),
    Column("asked_at", Double, nullable=False),
    Column("spread_at", Double),  # when every door that knew it had been told
    Column("ended_at", Double),  # taken back by staff
)

# a device that knew the card, the revision that removes it, and its receipt
revocation_doors = Table(
    "revocation_doors",
    metadata,
    Column("revocation_id", ForeignKey("revocations.id"), primary_key=True),
    Column("device_id", String(63), primary_key=True),
    Column("doors", JSON, nullable=False),
    Column("epoch", BigInteger, nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("gone_at", Double),
    Index("revocation_doors_waiting", "device_id", "gone_at"),
)

acks = Table(
    "acks",
    metadata,
    Column("device_id", String(63), primary_key=True),
    Column("boot", String(64), primary_key=True),
    Column("upto", BigInteger, nullable=False),
)

gaps = Table(
    "gaps",
    metadata,
    Column("device_id", String(63), primary_key=True),
    Column("boot", String(64), primary_key=True),
    Column("first", BigInteger, primary_key=True, autoincrement=False),
    Column("last", BigInteger, nullable=False),
)

# ----------------------------------------------------------------- what happened

openings = Table(
    "openings",
    metadata,
    Column("id", String(40), primary_key=True),  # of key and nonce: it spends the nonce
    Column("digest", String(64), nullable=False, default=""),  # of the bytes that asked (phones)
    Column("phone_id", String(32), nullable=False),
    Column("person_id", String(32), nullable=False),
    Column("door_id", String(32), nullable=False),
    Column("presented_at", Double, nullable=False),
    Column("outcome", String(16)),
    Column("reason", String(32)),
    Column("ms", JSON, nullable=False, default=dict),
    Column("answered_at", Double),
    sqlite_with_rowid=False,
)

# recorded
events = Table(
    "events",
    metadata,
    Column("n", BigInteger, primary_key=True, autoincrement=False),
    Column("device_id", String(63), nullable=False),
    Column("boot", String(64), nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("at", Double, nullable=False),
    Column("recorded_at", Double, nullable=False),
    Column("kind", String(32), nullable=False),
    Column("door_id", String(32)),
    Column("outcome", String(16)),
    Column("reason", String(32)),
    Column("person_id", String(32)),
    Column("via", String(16)),
    Column("late", Boolean, nullable=False, default=False),
    Column("ms", JSON, nullable=False, default=dict),
    Column("body", Text, nullable=False),
    UniqueConstraint("device_id", "boot", "seq"),
    Index("events_of_door", "door_id", "n"),
    Index("events_of_person", "person_id", "n"),
)

# recorded
archive = Table(
    "archive",
    metadata,
    Column("n", BigInteger, primary_key=True, autoincrement=False),
    Column("person_id", ForeignKey("people.id"), nullable=False, index=True),
    Column("kind", String(16), nullable=False),
    Column("at", Double, nullable=False),
    Column("place", String(64), nullable=False),
    Column("device_id", String(63), nullable=False),
    Column("event_n", BigInteger),
    Column("review", Boolean, nullable=False, default=False),
)

quarantine = Table(
    "quarantine",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("at", Double, nullable=False),
    Column("source", String(128), nullable=False),
    Column("content", Text, nullable=False),
    Column("fault", Text, nullable=False),
)

effects = Table(
    "effects",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("kind", String(32), nullable=False),
    Column("body", JSON, nullable=False),
    Column("due_at", Double, nullable=False, index=True),
    Column("tries", Integer, nullable=False, default=0),
    Column("done_at", Double),
)

# ----------------------------------------------------------------- staff

staff = Table(
    "staff",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("name", String(64), nullable=False, unique=True),
    Column("password_hash", Text, nullable=False),
    Column("totp_sealed", Text, nullable=False),
    Column("totp_step", BigInteger, nullable=False, default=0),
    Column("created_at", Double, nullable=False),
    Column("ended_at", Double),
)

sessions = Table(
    "sessions",
    metadata,
    Column("mark", String(64), primary_key=True),
    Column("staff_id", ForeignKey("staff.id"), nullable=False),
    Column("expires_at", Double, nullable=False),
)

grants = Table(
    "grants",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("subject", String(64), nullable=False, index=True),
    Column("role", String(32), nullable=False),
    Column("scope", String(64), nullable=False),
    Column("purpose", String(64), nullable=False, default=""),
    Column("valid_from", Double),
    Column("valid_to", Double),
)

access_log = Table(
    "access_log",
    metadata,
    Column("n", BigInteger, primary_key=True, autoincrement=False),
    Column("at", Double, nullable=False),
    Column("subject", String(64), nullable=False),
    Column("verb", String(16), nullable=False),
    Column("object", String(64), nullable=False),
)

# ----------------------------------------------------------------- money

accounts = Table(
    "accounts",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("ledger", Integer, nullable=False),
    Column("code", Integer, nullable=False),
    Column("flags", Integer, nullable=False, default=0),
    Column("debits_pending", BigInteger, nullable=False, default=0),
    Column("debits_posted", BigInteger, nullable=False, default=0),
    Column("credits_pending", BigInteger, nullable=False, default=0),
    Column("credits_posted", BigInteger, nullable=False, default=0),
)

# recorded
transfers = Table(
    "transfers",
    metadata,
    Column("n", BigInteger, primary_key=True, autoincrement=False),
    Column("id", String(32), nullable=False, unique=True),
    Column("debit", String(32), nullable=False),
    Column("credit", String(32), nullable=False),
    Column("amount_fen", BigInteger, nullable=False),
    Column("ledger", Integer, nullable=False),
    Column("code", Integer, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("pending_id", String(32), unique=True),
    Column("timeout_s", Integer, nullable=False, default=0),
    Column("at", Double, nullable=False),
)

bills = Table(
    "bills",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("household_id", ForeignKey("households.id"), nullable=False, index=True),
    Column("kind", String(16), nullable=False),
    Column("period", String(16), nullable=False),
    Column("amount_fen", BigInteger, nullable=False),
    Column("due_on", String(10), nullable=False),
    Column("lines", JSON, nullable=False),
    Column("state", String(16), nullable=False, default="open"),
    Column("held_by", String(32)),
    UniqueConstraint("household_id", "kind", "period"),
)

intents = Table(
    "intents",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("kiosk_id", String(63), nullable=False),
    Column("bill_id", ForeignKey("bills.id"), nullable=False, index=True),
    Column("amount_fen", BigInteger, nullable=False),
    Column("state", String(16), nullable=False, index=True),
    Column("code_url", Text),
    Column("created_at", Double, nullable=False),
    Column("expires_at", Double, nullable=False),
    Column("close_asked_at", Double),
    Column("paid_at", Double),
    Column("money", JSON, nullable=False, default=list),
    Column("receipt", String(32)),
)

notices = Table(
    "notices",
    metadata,
    Column("id", String(80), primary_key=True),
    Column("intent_id", String(32), nullable=False),
    Column("amount_fen", BigInteger, nullable=False),
    Column("first_at", Double, nullable=False),
    Column("seen", Integer, nullable=False, default=1),
)

refunds = Table(
    "refunds",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("intent_id", String(32), nullable=False),
    Column("transaction_id", String(64), nullable=False),
    Column("amount_fen", BigInteger, nullable=False),
    Column("asked_at", Double, nullable=False),
    Column("done_at", Double),
)

# ----------------------------------------------------------------- day two

# after a restore: which devices must still tell what they hold (state waiting, told or released)
recalls = Table(
    "recalls",
    metadata,
    Column("device_id", String(63), primary_key=True),
    Column("mark", String(32), nullable=False),
    Column("state", String(16), nullable=False),
    Column("changed_at", Double, nullable=False),
    Column("released_by", String(64), nullable=False, default=""),
    # the policy that the copy remembers: a device that still has it denies nothing more
    Column("known_epoch", BigInteger, nullable=False, default=0),
    Column("known_number", BigInteger, nullable=False, default=0),
)

# what a door denied and the restored roster would let in: kept out of its policy until released
restraints = Table(
    "restraints",
    metadata,
    Column("device_id", String(63), primary_key=True),
    Column("subject", String(600), primary_key=True),  # a rule stands here with all that it says
    Column("since", Double, nullable=False),
)

# how long what is kept; `at_n` is the job's cursor in the table
retention = Table(
    "retention",
    metadata,
    Column("scope", String(64), primary_key=True),
    Column("days", Integer, nullable=False),
    Column("at_n", BigInteger, nullable=False, default=0),
    Column("forgotten", BigInteger, nullable=False, default=0),
    Column("ran_at", Double),
)

# ----------------------------------------------------------------- onboarding

tenancies = Table(
    "tenancies",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("household_id", ForeignKey("households.id"), nullable=False, index=True),
    Column("person_id", ForeignKey("people.id"), nullable=False, index=True),
    Column("kind", String(16), nullable=False),
    Column("valid_from", String(10)),
    Column("valid_to", String(10)),
    UniqueConstraint("household_id", "person_id"),
)

imports = Table(
    "imports",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("file", String(120), nullable=False),
    Column("begun_by", String(64), nullable=False),
    Column("begun_at", Double, nullable=False),
    Column("ended_at", Double),
    Column("state", String(16), nullable=False, index=True),
    Column("changes", Integer, nullable=False),
    Column("cursor", Integer, nullable=False, default=0),
    Column("counts", JSON, nullable=False),
)

import_changes = Table(
    "import_changes",
    metadata,
    Column("import_id", ForeignKey("imports.id"), primary_key=True),
    Column("n", Integer, primary_key=True, autoincrement=False),
    Column("table", String(16), nullable=False),
    Column("row_id", String(32), nullable=False),
    Column("fresh", Boolean, nullable=False),
    Column("before", JSON),
    Column("after", JSON, nullable=False),
)

letters = Table(
    "letters",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("household_id", ForeignKey("households.id"), nullable=False, index=True),
    Column("issued_by", String(64), nullable=False),
    Column("issued_at", Double, nullable=False),
    Column("expires_at", Double, nullable=False),
    Column("voided_at", Double),
)

# Facts that never change: each row stands in the chain with exactly these columns.
RECORDED: dict[str, Table] = {table.name: table for table in (events, archive, transfers)}

# ----------------------------------------------------------------- alerts

# ``open_key`` is the key while the alert is open, else null: the database itself holds that no
# key has two open alerts.
alerts = Table(
    "alerts",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("kind", String(32), nullable=False),
    Column("subject", String(80), nullable=False),
    Column("open_key", String(128), unique=True),
    Column("severity", String(16), nullable=False),
    Column("policy_id", String(32), nullable=False),
    Column("state", String(16), nullable=False),
    Column("opened_at", Double, nullable=False),
    Column("last_at", Double, nullable=False),
    Column("times", BigInteger, nullable=False),
    Column("round", Integer, nullable=False),
    Column("step", Integer, nullable=False),
    Column("next_step_at", Double, index=True),
    Column("acked_by", JSON, nullable=False, default=list),
    Column("closed_at", Double, index=True),
    Column("quiet_upto", Double),
    Index("alerts_key", "kind", "subject", "opened_at"),
)

# recorded
alert_log = Table(
    "alert_log",
    metadata,
    Column("n", BigInteger, primary_key=True, autoincrement=False),
    Column("alert_id", String(16), nullable=False, index=True),
    Column("at", Double, nullable=False),
    Column("what", String(32), nullable=False),
    Column("by", String(64), nullable=False, default=""),
    Column("detail", String(500), nullable=False, default=""),
)

alert_policies = Table(
    "alert_policies",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("kinds", JSON, nullable=False),
    Column("least", String(16), nullable=False, default="minor"),
    Column("mode", String(8), nullable=False, default="any"),
    Column("responders", JSON, nullable=False, default=list),
    Column("steps", JSON, nullable=False),
    Column("repeat_s", Integer, nullable=False, default=1_800),
)

# how the outlets of hub.toml fare; a row appears with the first message
outlets = Table(
    "outlets",
    metadata,
    Column("id", String(24), primary_key=True),
    Column("failures", Integer, nullable=False, default=0),
    Column("failing_since", Double),
    Column("fault", String(32)),
    Column("sent_at", Double),
)

RECORDED |= {alert_log.name: alert_log}

# ----------------------------------------------------------------- the issuing desk

# cards that bear our keys, and cards that never will; which of them somebody has is in ``cards``
card_stock = Table(
    "card_stock",
    metadata,
    Column("uid", String(20), primary_key=True),
    Column("ready_at", Double),
    Column("scrapped_at", Double),
    Column("why", String(32)),  # of scrap
    Column("by", String(64), nullable=False),
)

# who was given which card, when and by whom; a card's row may go, this stays
handouts = Table(
    "handouts",
    metadata,
    Column("card_id", String(32), primary_key=True),
    Column("person_id", String(32), nullable=False, index=True),
    Column("kind", String(16), nullable=False),
    Column("at", Double, nullable=False, index=True),
    Column("by", String(64), nullable=False),
    Column("replaces", String(32)),
)


# ----------------------------------------------------------------- incidents

# What somebody noticed and what became of it (hub/core/policelink.py). Texts of people stand in
# its log alone; what leaves has no field for one.
incidents = Table(
    "incidents",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("door_id", String(32), nullable=False),
    Column("rule", String(63), nullable=False),
    Column("source", String(64), nullable=False),  # alert:ID, staff:ID or rule:ID
    Column("authority", JSON),
    Column("detected_at", Double, nullable=False),
    Column("state", String(16), nullable=False, index=True),
    Column("reviewer", String(63), nullable=False, default=""),
    Column("confirmed_at", Double),
    Column("way", String(24), nullable=False, default=""),  # the station that it is meant for
    Column("sent_at", Double),
    Column("number", Integer, nullable=False, default=0),
    Column("station", String(24), nullable=False, default=""),  # the one that it was sent to
    Column("simulated", Boolean, nullable=False, default=False),
    Column("withdrawal", Integer, nullable=False, default=0),  # the number of the message back
    Column("withdrawal_at", Double),
    Column("withdrawn", Boolean, nullable=False, default=False),
    Column("trouble", String(32), nullable=False, default=""),  # why it does not get through
    Column("closed_at", Double, index=True),
)

# sealed under a key of the incident's own; the hash stays when the picture is gone
incident_pictures = Table(
    "incident_pictures",
    metadata,
    Column("incident_id", ForeignKey("incidents.id"), primary_key=True),
    Column("n", Integer, primary_key=True, autoincrement=False),
    Column("sha256", String(64), nullable=False),
    Column("role", String(8), nullable=False),
    Column("taken_at", Double, nullable=False),
    Column("media_type", String(16), nullable=False),
    Column("sealed", LargeBinary),
    Column("gone_at", Double),
)

# recorded
incident_log = Table(
    "incident_log",
    metadata,
    Column("n", BigInteger, primary_key=True, autoincrement=False),
    Column("incident_id", String(40), nullable=False, index=True),
    Column("at", Double, nullable=False),
    Column("what", String(16), nullable=False),
    Column("old", String(16), nullable=False),
    Column("new", String(16), nullable=False),
    Column("party", String(16), nullable=False),
    Column("by", String(64), nullable=False, default=""),
    Column("number", Integer, nullable=False, default=0),
    Column("simulated", Boolean, nullable=False, default=False),
    Column("detail", String(500), nullable=False, default=""),
)

# how the stations of hub.toml fare, and which of them has accepted which wire
stations = Table(
    "stations",
    metadata,
    Column("id", String(24), primary_key=True),
    Column("sequence", Integer, nullable=False, default=0),  # of the newest message
    Column("accepted_at", Double),
    Column("accepted_by", String(64), nullable=False, default=""),
    Column("accepted_basis", String(200), nullable=False, default=""),
    Column("accepted_mark", String(64), nullable=False, default=""),  # of the wire
    Column("failures", Integer, nullable=False, default=0),
    Column("failing_since", Double),
    Column("trouble", String(32), nullable=False, default=""),
    Column("heard_at", Double),
)

RECORDED |= {incident_log.name: incident_log}


# ----------------------------------------------------------------- faces

# One row: nothing of a face is kept before somebody assessed what it means and said what for.
# ``keys`` names the store of the persons' keys (a file that no back-up holds).
face_site = Table(
    "face_site",
    metadata,
    Column("id", String(8), primary_key=True),  # always "site"
    Column("keys", String(32), nullable=False),
    Column("controller", String(120), nullable=False),  # who answers for it, as the notice says
    Column("contact", String(120), nullable=False),
    Column("purpose", String(300), nullable=False),
    Column("necessity", String(1_000), nullable=False),
    Column("measures", String(1_000), nullable=False),
    Column("assessed_by", String(120), nullable=False),
    Column("assessed_at", Double, nullable=False),
    # the rates the site wants, shares of attempts: what thresholds are computed from
    Column("strangers", Double, nullable=False),
    Column("claims", Double, nullable=False),
    Column("misses", Double, nullable=False),
)

# ``open_person`` is the person while the consent holds, else null: nobody has two.
face_consents = Table(
    "face_consents",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("person_id", ForeignKey("people.id"), nullable=False, index=True),
    Column("open_person", String(32), unique=True),
    Column("notice", String(16), nullable=False),
    Column("notice_sha256", String(64), nullable=False),
    Column("language", String(8), nullable=False),
    Column("purpose", String(300), nullable=False),
    Column("giver_id", String(32), nullable=False),  # the person, or the guardian of a child
    Column("turns_14_on", String(10)),  # of a child only: then it must speak for itself
    Column("given_by", String(64), nullable=False),
    Column("given_at", Double, nullable=False),
    Column("ended_at", Double, index=True),
    Column("ended_by", String(64)),
    Column("end_reason", String(16)),
)

# Sealed by a key that stands in no database; without it these are random bytes.
face_templates = Table(
    "face_templates",
    metadata,
    Column("consent_id", ForeignKey("face_consents.id"), primary_key=True),
    Column("person_id", String(32), nullable=False, index=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("model_id", String(64), nullable=False),
    Column("days", JSON, nullable=False),  # of each photo, since 1970
    Column("quality", JSON, nullable=False),  # of each photo: clear or fair
    Column("changed_at", Double, nullable=False),
)

face_doors = Table(
    "face_doors",
    metadata,
    Column("door_id", ForeignKey("doors.id"), primary_key=True),
    Column("mode", String(8), nullable=False),  # claim, or alone
    Column("zone", String(16), nullable=False),
    Column("purpose", String(300), nullable=False),
    Column("turn", Boolean, nullable=False, default=True),  # the head-turn challenge
    Column("set_by", String(64), nullable=False),
    Column("set_at", Double, nullable=False),
)

# the newest self-audit of everybody (scope "") and of each door that wants faces alone
face_audits = Table(
    "face_audits",
    metadata,
    Column("scope", String(32), primary_key=True),
    Column("revision", String(32), nullable=False),
    Column("made_at", Double, nullable=False),
    Column("model_id", String(64), nullable=False),
    Column("document", JSON, nullable=False),
)

# recorded: every comparison that was decided, never a picture, never a score
face_matches = Table(
    "face_matches",
    metadata,
    Column("n", BigInteger, primary_key=True, autoincrement=False),
    Column("at", Double, nullable=False, index=True),
    Column("door_id", String(32), nullable=False),
    Column("way", String(8), nullable=False),  # claim, alone, watch
    Column("person_id", String(32), index=True),  # null: nobody who is known
    Column("reason", String(32)),  # why not
    Column("frames", Integer, nullable=False),
    Column("model_id", String(64), nullable=False),
    Column("audit", String(32), nullable=False),  # the revision of the thresholds
)

# a watch list: off until an authority, its basis, its end and what it will cost are written down
face_orders = Table(
    "face_orders",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("authority", String(63), nullable=False),
    Column("basis", String(63), nullable=False),
    Column("from_at", Double, nullable=False),
    Column("to_at", Double, nullable=False),
    Column("passers_a_day", Integer, nullable=False),
    Column("alarms_a_day", Double, nullable=False),  # false ones that people will look at
    Column("audit", String(32), nullable=False),  # the measurement that the next two come from
    Column("threshold", Double, nullable=False),
    Column("expected_a_day", Double, nullable=False),
    Column("entered_by", String(64), nullable=False),
    Column("entered_at", Double, nullable=False),
    Column("approved_by", String(64)),
    Column("approved_at", Double),
    Column("ended_at", Double),
)

face_listed = Table(
    "face_listed",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("order_id", ForeignKey("face_orders.id"), nullable=False, index=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("model_id", String(64), nullable=False),
    Column("picture", LargeBinary, nullable=False),  # the authority's own; sealed as well
    Column("picture_sha256", String(64), nullable=False),
    Column("listed_at", Double, nullable=False),
    Column("listed_by", String(64), nullable=False),  # who therefore cannot approve the order
)

RECORDED |= {face_matches.name: face_matches}
