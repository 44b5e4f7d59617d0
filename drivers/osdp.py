"""A control panel's talk with one OSDP reader: pure; frames in and out, time as an argument.

Everything is said inside the secure channel; a reader that has not proven its key is away. The
installation key (SCBK-D) is only accepted where pairing asks for it.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from drivers import osdp_secure as secure
from drivers.osdp_wire import Frame, encode
from drivers.osdp_words import (
    Ack,
    Busy,
    Capabilities,
    Capability,
    CardBits,
    CardText,
    Command,
    Identity,
    Inputs,
    KeysPressed,
    LocalStatus,
    Nak,
    Outputs,
    ReaderStatus,
    Reply,
    Said,
    Strange,
    said,
)

TRIES: Final = 3  # sendings of one frame until a new session is begun
SILENT_S: Final = 0.55  # without a good reply: three waits of the standard's 200 ms say it is away
PROBE_S: Final = 0.3  # how often a reader that is away is looked for
REFUSED_S: Final = 1.0  # the same for one that holds another key
BUSY_S: Final = 0.05  # a busy reader is asked again after this
BUSY_MOST: Final = 12  # in a row, 0.6 s: then it counts as no answer
ORDER_FIRST_S: Final = 1.0  # orders go before polls that are late by less than this
STATES_S: Final = 2.0  # how often case and power, and how often contacts are asked for
STATES_APART: Final = 8  # parts of that time over which readers that came at once are spread
ORDERS_MOST: Final = 32  # orders that wait; lights and beeps are human speed
PASSING_NAKS: Final = (1, 4)  # garbled, or out of the row: says nothing of the key
CHALLENGE_BYTES: Final = 8

Told = CardBits | CardText | KeysPressed | LocalStatus | Inputs | Outputs | ReaderStatus


@dataclass(frozen=True, slots=True)
class Here:
    """The reader has proven its key and said what it is."""

    identity: Identity | None
    capabilities: Capabilities


@dataclass(frozen=True, slots=True)
class Gone:
    """The reader does not answer, or not as the one it should be; one line says what to check."""

    why: str


Happening = Here | Gone | Told


@dataclass(slots=True, eq=False)
class Order:
    """Something the reader shall do; ``on_end`` hears the reply, None when none ever came."""

    code: int
    body: bytes
    on_end: Callable[[Said | None], None]
    is_sent: bool = False
    is_void: bool = False  # whoever gave it no longer waits


class Phase(Enum):
    """How far the two have come."""

    AWAY = auto()
    PROVING = auto()  # the reader has proven its key, ours is under way
    OPEN = auto()


@dataclass(slots=True)
class Tally:
    """Counters of one reader since the start of the program."""

    repeats: int = 0  # frames sent again
    sessions: int = 0  # secure channels that came about
    strangers: int = 0  # frames that claimed to be the reader's and proved nothing
    strange: int = 0  # proven replies that we do not understand
    old: int = 0  # cards and keys from before the reader came back


class Session:
    """One reader. The bus asks ``due_s``, sends ``next``, and tells ``hear`` or ``miss``."""

    def __init__(
        self,
        address: int,
        key: bytes,
        luck: Callable[[int], bytes],
        *,
        poll_s: float,
        installing: bool = False,
    ) -> None:
        self.address = address
        self.is_here = False
        self.tally = Tally()
        self._key = secure.INSTALL_KEY if installing else key
        self._key_mark = bytes((0 if installing else 1,))
        self._luck = luck
        self._poll_s = poll_s
        self._phase = Phase.AWAY
        self._keys: secure.SessionKeys | None = None
        self._challenge = self._challenge_before = self._proof = b""
        self._channel: secure.SecureChannel | None = None
        self._sequence = 0
        self._frame: bytes | None = None  # under way: sent, and not answered yet
        self._asked = 0  # the code under way
        self._order: Order | None = None  # the order under way
        self._orders: deque[Order] = deque()  # bounded by ORDERS_MOST, see order()
        self._setup: deque[int] = deque()  # bounded by the five commands that set a reader up
        self._missed = self._busy = 0
        self._again_s = 0.0
        self._polled_s = self._heard_s = self._proven_s = 0.0
        self._states_at_s = 0.0
        self._asks_contacts = False  # whose turn it is
        self._identity: Identity | None = None
        self._capabilities = Capabilities({})

    # ----------------------------------------------------------------- the bus's side

    def due_s(self) -> float:
        """When this reader wants the line next; the past means now."""
        if self._frame is not None or self._phase is Phase.AWAY:
            return self._again_s
        if self._orders:  # somebody waits at a door: before whatever is only asked in turn
            return self._heard_s - ORDER_FIRST_S
        if self._phase is Phase.PROVING or self._setup:
            return self._heard_s
        return self._polled_s + (self._poll_s if self.is_here else 0.0)

    def next(self, now_s: float) -> bytes:
        """The frame to send now: the one under way again, or a new one."""
        if self._order is not None and self._order.is_void:
            self._begin_again(now_s)  # a repeat would carry out what nobody waits for any more
        if self._frame is not None:
            self.tally.repeats += 1
            return self._frame
        match self._phase:
            case Phase.AWAY:
                self._challenge_before = self._challenge
                self._challenge = self._luck(CHALLENGE_BYTES)
                self._sequence = 0
                self._frame = self._bare(
                    Command.CHLNG, self._challenge, secure.CHALLENGE_BLOCK, self._key_mark
                )
            case Phase.PROVING:
                self._frame = self._bare(
                    Command.SCRYPT, self._proof, secure.SERVER_BLOCK, self._key_mark
                )
            case Phase.OPEN:
                self._frame = self._sealed(now_s)
        return self._frame

    def hear(self, frame: Frame, now_s: float) -> list[Happening] | None:
        """A frame of this reader; None when it is no answer to what is under way: wait on."""
        if self._frame is None:
            return None
        if frame.code == Reply.BUSY and frame.block is None:
            return self._told_busy(now_s)
        if frame.sequence != self._sequence:
            return None
        match self._phase:
            case Phase.AWAY:
                return self._hear_crypt(frame, now_s)
            case Phase.PROVING:
                return self._hear_rmac(frame, now_s)
            case Phase.OPEN:
                return self._hear_sealed(frame, now_s)

    def miss(self, now_s: float, *, garbled: bool = False) -> list[Happening]:
        """No answer came, or only noise."""
        self._missed += 1
        self._again_s = now_s
        if self._phase is not Phase.OPEN or self._missed >= TRIES:
            self._begin_again(now_s if self.is_here else now_s + PROBE_S)
        if not self._is_silent(now_s):
            return []
        if garbled:
            return self._gone("answers with noise; check baud, cable and termination", now_s)
        return self._gone("is silent; check power, wiring, address and baud", now_s)

    def _is_silent(self, now_s: float) -> bool:
        if not self.is_here:
            return self._missed > 1
        return self._missed >= TRIES and now_s - self._proven_s >= SILENT_S

    def lose(self, why: str) -> list[Happening]:
        """The line itself is gone."""
        self._begin_again(0.0)
        return self._gone_as(why)

    def order(self, order: Order) -> bool:
        """Put an order into the row; False when the reader is away or too many wait."""
        if not self.is_here or len(self._orders) >= ORDERS_MOST:
            return False
        self._orders.append(order)
        return True

    # ----------------------------------------------------------------- saying

    def _bare(self, code: int, body: bytes, block: int, mark: bytes) -> bytes:
        self._asked = code
        return encode(self.address, self._sequence, code, body, block=bytes((block,)) + mark)

    def _sealed(self, now_s: float) -> bytes:
        assert self._channel is not None
        self._order = None
        code, body = int(Command.POLL), b""
        while self._orders and self._orders[0].is_void:
            self._orders.popleft()
        if self._orders:
            self._order = self._orders.popleft()
            self._order.is_sent = True
            code, body = self._order.code, self._order.body
        elif self._setup or self._is_time_for_states(now_s):
            code = self._setup[0]
            body = b"\0" if code in (Command.ID, Command.CAP) else b""
        else:
            self._polled_s = now_s
        self._asked = code
        self._sequence = self._sequence % 3 + 1
        return self._channel.seal(self.address, self._sequence, code, body)

    def _is_time_for_states(self, now_s: float) -> bool:
        """Not every reader tells of a change by itself, and what it told may have been lost.

        One question at a time: on a line of many readers two of each would hold up every card.
        """
        if now_s < self._states_at_s:
            return False
        has_contacts = self._capabilities.count(Capability.CONTACTS) > 0
        self._setup.append(Command.ISTAT if self._asks_contacts else Command.LSTAT)
        self._asks_contacts = has_contacts and not self._asks_contacts
        self._states_at_s = now_s + STATES_S / (1 + has_contacts)
        return True

    def _ask_states(self, now_s: float) -> None:
        """All at once, and from then on in turn."""
        self._setup.append(Command.LSTAT)
        if self._capabilities.count(Capability.CONTACTS):
            self._setup.append(Command.ISTAT)
        self._asks_contacts = False
        part = self.address % STATES_APART / STATES_APART
        self._states_at_s = now_s + STATES_S * (0.5 + part / 2)

    # ----------------------------------------------------------------- hearing

    def _told_busy(self, now_s: float) -> list[Happening]:
        self._busy += 1
        if self._busy > BUSY_MOST:
            self._busy = 0
            return self.miss(now_s)
        self._again_s = now_s + BUSY_S
        return []

    def _hear_crypt(self, frame: Frame, now_s: float) -> list[Happening] | None:
        """The reader's half of the proof."""
        if frame.code == Reply.NAK:
            told = said(frame.code, frame.body)
            if isinstance(told, Nak) and told.code in PASSING_NAKS:
                return self.miss(now_s)
            why = told.why if isinstance(told, Nak) else "refuses"
            return self._refuse(f"{why} when asked for a secure channel; pair it first", now_s)
        if frame.code != Reply.CCRYPT or frame.block != secure.CRYPT_BLOCK:
            return None
        if len(frame.body) != 32 or frame.block_data != self._key_mark:
            return self._refuse("offers another kind of key; pair it first", now_s)
        answer, proof = frame.body[8:16], frame.body[16:]
        keys = secure.session_keys(self._key, self._challenge)
        if not secure.same(proof, secure.client_cryptogram(keys, self._challenge, answer)):
            if self._is_late(answer, proof):
                return None
            return self._refuse("holds another key; check the secret, or pair it again", now_s)
        self._keys = keys
        self._proof = secure.server_cryptogram(keys, self._challenge, answer)
        self._phase = Phase.PROVING
        self._sequence = 1
        self._frame = None
        self._heard_s = now_s
        return []

    def _is_late(self, answer: bytes, proof: bytes) -> bool:
        """A slow reader's answer to the challenge before this one proves the key, not its time."""
        before = self._challenge_before
        if not before:
            return False
        keys = secure.session_keys(self._key, before)
        return secure.same(proof, secure.client_cryptogram(keys, before, answer))

    def _hear_rmac(self, frame: Frame, now_s: float) -> list[Happening] | None:
        """The reader took our half."""
        assert self._keys is not None
        if frame.code == Reply.NAK:
            return self._refuse("does not accept our key; pair it again", now_s)
        if frame.code != Reply.RMAC_I or frame.block != secure.RMAC_BLOCK:
            return None
        first = secure.first_reply_mac(self._keys, self._proof)
        if frame.block_data != b"\1" or not secure.same(frame.body, first):
            return self._refuse("does not accept our key; pair it again", now_s)
        self._channel = secure.SecureChannel(self._keys, first)
        self._phase = Phase.OPEN
        self.tally.sessions += 1
        self._setup.clear()
        if not self.is_here:
            self._setup += (Command.ID, Command.CAP)
        self._answered(now_s)
        self._ask_states(now_s)
        return []

    def _hear_sealed(self, frame: Frame, now_s: float) -> list[Happening] | None:
        assert self._channel is not None
        if frame.block is None and frame.code == Reply.NAK:
            # Anybody can say so; it costs a new session and nothing else.
            if frame.body[:1] == b"\1":
                return self.miss(now_s)
            self._begin_again(now_s)
            return []
        body = self._channel.open(frame)
        if body is None:
            self.tally.strangers += 1
            return None
        order, self._order = self._order, None
        self._answered(now_s)
        told = said(frame.code, body)
        if isinstance(told, Busy):
            if order is not None:
                self._orders.appendleft(order)
            return []
        if order is not None:
            order.on_end(told)
        elif self._setup and self._asked == self._setup[0]:
            self._setup.popleft()
        if not self.is_here and not self._setup:
            return self._drain(told)
        return self._happened(told)

    def _happened(self, told: Said) -> list[Happening]:
        match told:
            case Identity():
                self._identity = told
            case Capabilities():
                self._capabilities = told
                if told.count(Capability.CONTACTS):
                    self._setup.append(Command.ISTAT)
            case Strange():
                self.tally.strange += 1
            case Ack() | Nak() | Busy():
                pass
            case CardBits() | CardText() | KeysPressed() | LocalStatus() | Inputs():
                return [told]
            case Outputs() | ReaderStatus():
                return [told]
            case _:
                pass  # a COM is only of interest to whoever ordered it
        return []

    def _drain(self, told: Said) -> list[Happening]:
        """A tap from while the line was cut must open nothing now; then the reader is here."""
        if self._asked != Command.POLL:
            return self._happened(told)
        if isinstance(told, CardBits | CardText | KeysPressed):
            self.tally.old += 1
            return []
        self.is_here = True
        return [*self._happened(told), Here(self._identity, self._capabilities)]

    # ----------------------------------------------------------------- beginning and ending

    def _answered(self, now_s: float) -> None:
        self._frame = None
        self._missed = self._busy = 0
        self._heard_s = self._proven_s = now_s

    def _begin_again(self, at_s: float) -> None:
        """The session is over; what was ordered and not answered is said again in the next."""
        if self._order is not None and not self._order.is_void:
            self._orders.appendleft(self._order)
        self._order = self._frame = self._channel = self._keys = None
        self._phase = Phase.AWAY
        self._again_s = at_s

    def _refuse(self, why: str, now_s: float) -> list[Happening]:
        self._missed = 0
        self._begin_again(now_s + REFUSED_S)
        return self._gone_as(f"the reader at address {self.address} {why}")

    def _gone(self, why: str, now_s: float) -> list[Happening]:
        self._begin_again(now_s + PROBE_S)
        return self._gone_as(f"the reader at address {self.address} {why}")

    def _gone_as(self, why: str) -> list[Happening]:
        self.is_here = False
        self._setup.clear()
        self._capabilities = Capabilities({})
        while self._orders:
            order = self._orders.popleft()
            if not order.is_void:
                order.on_end(None)
        return [Gone(why)]
