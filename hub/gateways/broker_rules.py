"""Who may read and write what at the broker, and who may come in (design/contract.md, Broker).

One table serves mosquitto's files, the broker of last resort, and operators of another broker.
"""

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Final, Literal

from devices import wire
from devices.wire_desk import DESK_DO, DESK_STATE, DESK_TOLD

HOME_ASSISTANT: Final = "ha"
PROBE: Final = "_probe"  # the hub's own look at its broker; no device id begins with _
USER: Final = "%u"  # stands for the name of whoever asks, as mosquitto writes it

_DEVICE_READS: Final = (
    wire.COMMAND,
    wire.EVENT_ACK,
    wire.TIME_TOLD,
    wire.POLICY_WANT,
    wire.POLICY_DELTA,
    f"{wire.POLICY_SNAPSHOT}/+",
    "zone",
    DESK_DO,
    wire.STATE,
)
_DEVICE_WRITES: Final = (
    wire.STATE,
    wire.DESCRIPTION,
    "door/+/state",
    wire.EVENT,
    wire.ALARM,
    wire.ANSWER,
    wire.TIME_WANT,
    wire.POLICY_HAVE,
    DESK_STATE,
    DESK_TOLD,
)
_HUB_TELLS_ALL: Final = (wire.STATE, wire.KEYSET, "endings")

# Mosquitto's own hash: PBKDF2-HMAC-SHA512. Its 101 rounds are enough because our secrets are
# 256 random bits, and few enough for 1,000 doors that come back in the same second.
_ROUNDS: Final = 101
_SALT_BYTES: Final = 12
_SECRET_BYTES: Final = 32

Access = Literal["read", "write", "readwrite", "deny"]


@dataclass(frozen=True, slots=True)
class Rule:
    """One line: an access to the topics of a filter."""

    access: Access
    topic_filter: str


@dataclass(frozen=True, slots=True)
class Rules:
    """`everybody` holds for each user by name (`%u`); `named` adds to it, and its denials win."""

    everybody: tuple[Rule, ...]
    named: Mapping[str, tuple[Rule, ...]]

    def may_read(self, user: str, topic: str) -> bool:
        """Whether this user is given messages of this topic."""
        return self._may(user, "read", lambda rule: matches(rule, topic))

    def may_write(self, user: str, topic: str) -> bool:
        """Whether this user's messages to this topic are taken."""
        return self._may(user, "write", lambda rule: matches(rule, topic))

    def may_subscribe(self, user: str, topic_filter: str) -> bool:
        """Whether all that this filter can match may be read."""
        return self._may(user, "read", lambda rule: covers(rule, topic_filter))

    def _may(self, user: str, access: Access, fits: Callable[[str], bool]) -> bool:
        mine = self.named.get(user, ())
        if any(rule.access == "deny" and fits(rule.topic_filter) for rule in mine):
            return False
        wanted = (access, "readwrite")
        if any(rule.access in wanted and fits(rule.topic_filter) for rule in mine):
            return True
        return any(
            rule.access in wanted and fits(rule.topic_filter.replace(USER, user))
            for rule in self.everybody
        )


@dataclass(frozen=True, slots=True)
class RelayRule:
    """A relay on MQTT and the one strike that may move it: who they are, what each writes."""

    relay: str  # the device's user
    strike: str  # the controller's second user
    heard: tuple[str, ...]  # what the strike writes and the relay reads
    said: tuple[str, ...]  # what the relay writes and the strike reads

    def named(self) -> dict[str, tuple[Rule, ...]]:
        """Both users' rules; neither has a part in our own topics."""
        ours = (Rule("deny", f"{wire.ROOT}/#"), Rule("deny", "homeassistant/#"))
        return {
            self.relay: (
                *ours,
                *(Rule("read", topic) for topic in self.heard),
                *(Rule("write", topic) for topic in self.said),
            ),
            self.strike: (
                *ours,
                *(Rule("write", topic) for topic in self.heard),
                *(Rule("read", topic) for topic in self.said),
            ),
        }


def read_relays(text: str) -> tuple[RelayRule, ...]:
    """Return the relays of a file's text; ours, so what does not fit is our fault."""
    rows = json.loads(text) if text else []
    return tuple(
        RelayRule(row["relay"], row["strike"], tuple(row["heard"]), tuple(row["said"]))
        for row in rows
    )


def write_relays(relays: Iterable[RelayRule]) -> str:
    """Return the relays' file's text."""
    return json.dumps([asdict(relay) for relay in relays], indent=1) + "\n"


def rules_of(site: str, hubs: Iterable[str], relays: Iterable[RelayRule] = ()) -> Rules:
    """Return the rules of one site, its hubs and its relays on MQTT."""
    hubs = tuple(hubs)
    mine = wire.Topics(site, USER)
    everybody = [Rule("read", mine.of(leaf)) for leaf in _DEVICE_READS]
    everybody += [Rule("write", mine.of(leaf)) for leaf in _DEVICE_WRITES]
    for hub in hubs:
        everybody += [Rule("read", wire.Topics(site, hub).of(leaf)) for leaf in _HUB_TELLS_ALL]
    any_device, ha = wire.Topics(site, "+"), wire.Topics(site, HOME_ASSISTANT)
    home_assistant = (
        # It is nobody's device: what everybody may write under his own name is not for it.
        *(Rule("deny", ha.of(leaf)) for leaf in _DEVICE_WRITES),
        *(Rule("deny", wire.Topics(site, h).of(leaf)) for h in hubs for leaf in _HUB_TELLS_ALL[1:]),
        Rule("read", ha.of("#")),
        Rule("read", any_device.of(wire.STATE)),
        Rule("read", any_device.of("door/+/state")),
        Rule("write", ha.of("+/door/+/set")),
        Rule("read", "homeassistant/device/+/config"),
        Rule("readwrite", "homeassistant/status"),
    )
    hub_rules: tuple[Rule, ...] = (
        Rule("readwrite", f"{wire.ROOT}/{site}/#"),
        Rule("readwrite", "homeassistant/#"),
        Rule("read", "$SYS/#"),
    )
    named = dict.fromkeys(hubs, hub_rules)
    named[HOME_ASSISTANT] = home_assistant
    for relay in relays:
        named |= relay.named()
    named[PROBE] = (Rule("deny", "#"),)
    return Rules(tuple(everybody), named)


def mosquitto_text(rules: Rules) -> str:
    """Return the rules as mosquitto's `acl_file`."""
    lines = ["# Written by linli; changes here are lost."]
    for user, mine in rules.named.items():
        lines += ["", f"user {user}", *(f"topic {r.access} {r.topic_filter}" for r in mine)]
    lines += ["", *(f"pattern {r.access} {r.topic_filter}" for r in rules.everybody)]
    return "\n".join(lines) + "\n"


def matches(topic_filter: str, topic: str) -> bool:
    """Whether a topic is one of a filter's (MQTT 5, 4.7)."""
    if topic.startswith("$") != topic_filter.startswith("$"):
        return False
    wanted, have = topic_filter.split("/"), topic.split("/")
    for at, level in enumerate(wanted):
        if level == "#":
            return True
        if at >= len(have) or level not in ("+", have[at]):
            return False
    return len(wanted) == len(have)


def covers(wide: str, narrow: str) -> bool:
    """Whether every topic that `narrow` matches is matched by `wide`."""
    if narrow.startswith("$") != wide.startswith("$"):
        return False
    outer, inner = wide.split("/"), narrow.split("/")
    for at, level in enumerate(outer):
        if level == "#":
            return True
        if at >= len(inner) or inner[at] == "#" or (level != "+" and level != inner[at]):
            return False
    return len(outer) == len(inner)


def new_secret() -> str:
    """Return a broker secret: 256 random bits."""
    return secrets.token_urlsafe(_SECRET_BYTES)


def hashed(secret: str, salt: bytes | None = None) -> str:
    """Return a secret's hash as mosquitto's password file holds it."""
    salt = secrets.token_bytes(_SALT_BYTES) if salt is None else salt
    digest = hashlib.pbkdf2_hmac("sha512", secret.encode(), salt, _ROUNDS)
    return f"$7${_ROUNDS}${_b64(salt)}${_b64(digest)}"


def fits(hash_line: str, secret: str) -> bool:
    """Whether a secret is the one of this hash; a line that is no hash fits nothing."""
    try:
        empty, kind, rounds, salt, digest = hash_line.split("$")
        have = hashlib.pbkdf2_hmac("sha512", secret.encode(), base64.b64decode(salt), int(rounds))
        return not empty and kind == "7" and hmac.compare_digest(have, base64.b64decode(digest))
    except ValueError:
        return False


def read_passwords(text: str) -> dict[str, str]:
    """Return user → hash from a password file's text; lines that are none are left out."""
    pairs = (line.split(":", 1) for line in text.splitlines() if ":" in line)
    return {user: hash_line.strip() for user, hash_line in pairs if user}


def write_passwords(hashes: Mapping[str, str]) -> str:
    """Return a password file's text."""
    return "".join(f"{user}:{hash_line}\n" for user, hash_line in sorted(hashes.items()))


def _b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")
