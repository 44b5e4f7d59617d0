"""The nouns of drivers.mqtt, and what may go wrong; import them from there."""

from dataclasses import dataclass, field


class MqttError(Exception):
    """Something between us and the broker went wrong; the text says what."""


class BrokerUnreachable(MqttError):
    """No broker answered at this address in time."""


class BrokerRefused(MqttError):
    """The broker answered and does not want us: a credential, a version, a limit."""


class SubscriptionRefused(MqttError):
    """The broker does not let us read a topic."""


class Overrun(MqttError):
    """More is waiting to be sent than we keep; the caller holds the message and decides."""


class ConnectionLost(MqttError):
    """The connection had ended before this could be done; the text is the reason."""


class PayloadTooLarge(ValueError):
    """The caller's payload is longer than `PAYLOAD_MOST_BYTES`."""


@dataclass(frozen=True, slots=True)
class BrokerAddress:
    """Where a broker is and who we are there; `tls_ca` is a PEM file, None means plain TCP."""

    host: str
    port: int
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    tls_ca: str | None = None


@dataclass(frozen=True, slots=True)
class Will:
    """What the broker says for us when we vanish."""

    topic: str
    payload: bytes
    qos: int = 1
    retain: bool = True


@dataclass(frozen=True, slots=True)
class Message:
    """One message as it arrived; `expiry_s` is what is left of its life, on MQTT 5 only."""

    topic: str
    payload: bytes
    retain: bool
    expiry_s: int | None


@dataclass(frozen=True, slots=True)
class Subscription:
    """One filter to read.

    `live_only`, for commands: nothing stored is sent and the retain flag arrives as it was
    published (MQTT 5 only; on 3.1.1 the receiver's own checks must do).
    """

    topic_filter: str
    qos: int = 1
    live_only: bool = False
