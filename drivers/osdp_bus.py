"""OSDP readers on one RS-485 line: who speaks when, and each reader as cards, keys and strike."""

import asyncio
import random
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

from drivers import osdp_words as words
from drivers.card_bits import Unreadable, number_of
from drivers.kinds import TRANSCEIVE_S, NotIsoDep, OnState, StrikeFault
from drivers.link import Link, LinkLost
from drivers.osdp import Gone, Happening, Here, Order, Session
from drivers.osdp_turns import Turns
from drivers.osdp_words import CardBits, CardText, Inputs, KeysPressed, LocalStatus, Said
from drivers.reconnect import Backoff, keep

BYTE_BITS: Final = 10
CARDS_MOST: Final = 4  # taps that wait for the door; an older one is given up first
KEYS_MOST: Final = 32  # typed keys that wait; a number and a PIN
BACK_S: Final = 0.5  # a line that is plugged in again is open within a second
POLL_MS: Final = 50

_COMMANDS: Final = {
    words.Capability.LIGHTS: words.Command.LED,
    words.Capability.SOUNDS: words.Command.BUZ,
    words.Capability.TEXTS: words.Command.TEXT,
}
_T = TypeVar("_T")


class _Row(Generic[_T]):
    """What waits to be taken, the oldest given up first; None when nothing more will come."""

    def __init__(self, most: int) -> None:
        self._queue: asyncio.Queue[_T | None] = asyncio.Queue(maxsize=most)
        self.lost = 0

    def put(self, item: _T | None) -> None:
        if self._queue.full():
            self._queue.get_nowait()
            self.lost += 1
        self._queue.put_nowait(item)

    async def items(self) -> AsyncIterator[_T]:
        while (item := await self._queue.get()) is not None:
            yield item


@dataclass(frozen=True, slots=True)
class OsdpCard:
    """A number that a reader told; see kinds.Card."""

    uid: bytes = field(repr=False)
    first_byte_at_ns: int

    @property
    def iso_dep(self) -> bool:
        """Nothing of the card but its number comes through such a reader."""
        return False

    @property
    def provable(self) -> bool:
        """No card can prove itself here."""
        return False

    async def transceive(self, apdu: bytes, timeout_s: float = TRANSCEIVE_S) -> bytes:
        """Never possible; raises NotIsoDep."""
        del apdu, timeout_s
        raise NotIsoDep("an OSDP reader passes on numbers only")


class OsdpReader:
    """One reader of a bus: a card reader, a keypad and a strike; close() ends all three."""

    def __init__(self, session: Session, name: str, wake: Callable[[], None]) -> None:
        self.session = session
        self.name = name
        self.on_state: OnState | None = None
        self.listeners: list[OnState] = []  # bounded by those who opened this reader
        self.on_case: Callable[[LocalStatus], None] | None = None
        self.is_strike = False
        self.is_closed = False
        self.here: Here | None = None
        self.unreadable = 0  # cards whose parity was wrong
        self._wake = wake
        self._cards: _Row[OsdpCard] = _Row(CARDS_MOST)
        self._keys: _Row[str] = _Row(KEYS_MOST)
        self._inputs: tuple[bool, ...] = ()
        self._told: tuple[bool, str] | None = None
        self._why = "the line is not open yet"
        self._done: set[asyncio.Future[Said | None]] = set()

    # ----------------------------------------------------------------- reader and keypad

    def cards(self) -> AsyncIterator[OsdpCard]:
        """Each card that the reader tells, until close()."""
        return self._cards.items()

    def keys(self) -> AsyncIterator[str]:
        """Each key, until close()."""
        return self._keys.items()

    # ----------------------------------------------------------------- strike

    async def pulse(self, output: int, duration_ms: int) -> None:
        """Switch an output on; the reader's own timer ends it.

        Raises StrikeFault where it surely stays as it was, TimeoutError where nobody knows.
        """
        here = self._present()
        found = here.capabilities.count(words.Capability.OUTPUTS)
        if not 0 <= output < found:
            raise StrikeFault(f"there is no output {output}; {self.name} has {found}")
        if not 0 < duration_ms <= words.TIMER_MOST_MS:
            raise StrikeFault(
                f"a pulse of {duration_ms} ms is none the reader can end by itself; "
                f"ask for 1 to {words.TIMER_MOST_MS} ms"
            )
        await self._ask(words.Command.OUT, words.pulse(output, duration_ms))

    async def inputs(self) -> tuple[bool, ...]:
        """The contacts as the reader told them last; raises StrikeFault while it is away."""
        self._present()
        return self._inputs

    # ----------------------------------------------------------------- lights, sounds, texts

    def light(self, color: words.Color, duration_ms: int, *, blink: bool = False) -> None:
        """A colour for a while; whoever is away, or has no light, shows nothing."""
        self._tell_if(words.Capability.LIGHTS, words.light(color, duration_ms, blink=blink))

    def beep(self, times: int, on_ms: int = 100) -> None:
        """So many tones, where it has a sounder."""
        self._tell_if(words.Capability.SOUNDS, words.beep(times, on_ms))

    def text(self, line: str, shown_s: int = 5) -> None:
        """A line of ASCII on a reader with a display."""
        self._tell_if(words.Capability.TEXTS, words.text(line, shown_s))

    # ----------------------------------------------------------------- acts of an installer

    async def set_key(self, key: bytes) -> None:
        """Give the reader another key, good from its next session on; raises as pulse()."""
        await self._ask(words.Command.KEYSET, words.key_set(key))

    async def move(self, address: int, baud: int) -> words.Com:
        """Another address and speed; returns what the reader took; raises as pulse()."""
        told = await self._ask(words.Command.COMSET, words.comset(address, baud))
        if not isinstance(told, words.Com):
            raise StrikeFault(f"{self.name} keeps its address and speed")
        return told

    async def close(self) -> None:
        """Let go of the reader; cards() and keys() end, a pulse ends by the reader's timer."""
        self.is_closed = True
        self._cards.put(None)
        self._keys.put(None)
        self._wake()

    # ----------------------------------------------------------------- the bus's side

    def take(self, happenings: list[Happening], began_ns: int) -> None:
        """What the reader told."""
        for happening in happenings:
            match happening:
                case Here():
                    self._came(happening)
                case Gone():
                    self.here = None
                    self._why = happening.why
                    self._report(False, happening.why)
                case CardBits() | CardText():
                    self._card(happening, began_ns)
                case KeysPressed():
                    for key in happening.keys:
                        self._keys.put(key)
                case LocalStatus():
                    if self.on_case is not None:
                        self.on_case(happening)
                case Inputs():
                    self._inputs = happening.active
                case _:
                    pass  # outputs and readers behind a reader are nobody's question yet

    def _came(self, here: Here) -> None:
        self.here = here
        who = here.identity
        model = f"vendor {who.vendor} model {who.model}" if who is not None else "a reader"
        self._report(True, f"{model} at address {self.session.address}, {self.name}")
        if self.is_strike:  # whatever somebody before us left switched on
            for output in range(here.capabilities.count(words.Capability.OUTPUTS)):
                self._tell(words.Command.OUT, bytes((output, 1, 0, 0)))

    def _card(self, told: CardBits | CardText, began_ns: int) -> None:
        if isinstance(told, CardText):
            self._cards.put(OsdpCard(told.text.encode(), began_ns))
            return
        number = number_of(told.bits, told.row)
        if isinstance(number, Unreadable):
            self.unreadable += 1
            if number.is_swapped:
                why = f"{self.name}: the data wires of the reader behind it are swapped"
                self._report(True, f"{why}; cards are not accepted, swap D0 and D1")
            return
        self._cards.put(OsdpCard(number, began_ns))

    def _present(self) -> Here:
        if self.here is None or self.is_closed:
            raise StrikeFault(self._why)
        return self.here

    def _tell_if(self, able: words.Capability, body: bytes) -> None:
        """Not every reader answers what it cannot do with a plain no."""
        level, _ = self.here.capabilities.found.get(able, (0, 0)) if self.here else (0, 0)
        if level:
            self._tell(_COMMANDS[able], body)

    def _tell(self, code: words.Command, body: bytes) -> None:
        if self.session.order(Order(code, body, lambda _told: None)):
            self._wake()

    async def _ask(self, code: words.Command, body: bytes) -> Said:
        self._present()
        ended: asyncio.Future[Said | None] = asyncio.get_running_loop().create_future()

        def on_end(told: Said | None) -> None:
            if not ended.done():
                ended.set_result(told)

        order = Order(code, body, on_end)
        if not self.session.order(order):
            raise StrikeFault(f"{self.name}: too much waits to be said to it")
        self._wake()
        try:
            told = await ended
        finally:
            order.is_void = True  # whoever gave up must not open a door later
        if told is None and order.is_sent:
            raise TimeoutError(f"{self.name} fell silent before it answered")
        if told is None:
            raise StrikeFault(self._why)
        if isinstance(told, words.Nak):
            raise StrikeFault(f"{self.name} {told.why}")
        if isinstance(told, words.Strange):
            raise StrikeFault(f"{self.name} answers what nobody understands")
        return told

    def _report(self, online: bool, why: str) -> None:
        """Tell what is new; a reader that stays away for the same reason is told once."""
        if self._told != (online, why):
            self._told = (online, why)
            for listener in [self.on_state, *self.listeners]:
                if listener is not None:
                    listener(online, why)


class OsdpBus:
    """One line with up to 127 readers; each gets its turn, whoever has something to do first."""

    def __init__(
        self,
        open_link: Callable[[], Awaitable[Link]],
        baud: int,
        *,
        luck: Callable[[int], bytes] = secrets.token_bytes,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._open_link = open_link
        self._byte_s = BYTE_BITS / baud
        self._luck = luck
        self._backoff = Backoff(most_s=BACK_S, luck=jitter)
        self._readers: dict[int, OsdpReader] = {}  # by address, so 127 at most
        self._upkeep: asyncio.Task[None] | None = None
        self._turns = Turns(self._open_readers, self._byte_s, self._backoff.reset)

    @property
    def dropped_bytes(self) -> int:
        """Bytes that belonged to no answer."""
        return self._turns.dropped_bytes

    @property
    def readers(self) -> dict[int, OsdpReader]:
        """Who hangs on the line, by address."""
        return self._readers

    def add(
        self,
        address: int,
        key: bytes,
        name: str,
        *,
        poll_ms: int = POLL_MS,
        installing: bool = False,
    ) -> OsdpReader:
        """One more reader; the line is opened with the first."""
        session = Session(address, key, self._luck, poll_s=poll_ms / 1000, installing=installing)
        reader = self._readers[address] = OsdpReader(session, name, self._turns.wake)
        if self._upkeep is None:
            self._upkeep = asyncio.create_task(self._keep(), name="osdp upkeep")
        self._turns.wake()
        return reader

    async def close(self) -> None:
        """Let go of the line and of every reader."""
        for reader in list(self._readers.values()):
            await reader.close()
        if self._upkeep is not None:
            self._upkeep.cancel()
            await asyncio.wait([self._upkeep])
            self._upkeep = None

    async def _keep(self) -> None:
        await keep(
            self._open_link,
            self._serve,
            self._backoff,
            expected=(LinkLost,),
            on_fault=self._fell,
        )

    def _fell(self, fault: Exception) -> None:
        for reader in self._readers.values():
            reader.take(reader.session.lose(str(fault)), 0)

    async def _serve(self, link: Link) -> None:
        try:
            await self._turns.serve(link)
        finally:
            link.close()

    def _open_readers(self) -> list[OsdpReader]:
        """Who hangs on the line; whoever was closed leaves it."""
        if any(one.is_closed for one in self._readers.values()):
            for address in [a for a, one in self._readers.items() if one.is_closed]:
                del self._readers[address]
        return list(self._readers.values())


class OsdpLines:
    """The lines of one program: readers with the same port share one bus."""

    def __init__(self, luck: Callable[[int], bytes] = secrets.token_bytes) -> None:
        self._luck = luck
        self._buses: dict[str, tuple[int, OsdpBus]] = {}  # by port, as many as there are URLs
        self._keys: dict[tuple[str, int], bytes] = {}  # the same

    def reader(
        self,
        port: str,
        baud: int,
        address: int,
        key: bytes,
        open_link: Callable[[], Awaitable[Link]],
        *,
        poll_ms: int = POLL_MS,
    ) -> OsdpReader:
        """The reader of this port and address, the same one each time; ValueError on a quarrel."""
        found = self._buses.get(port)
        if found is None:
            found = self._buses[port] = (baud, OsdpBus(open_link, baud, luck=self._luck))
        if found[0] != baud:
            raise ValueError(f"{port}: one line has one baud rate, not {found[0]} and {baud}")
        if self._keys.setdefault((port, address), key) != key:
            raise ValueError(f"{port}: the reader at address {address} has one key, not two")
        bus = found[1]
        known = bus.readers.get(address)
        if known is not None and not known.is_closed:
            return known
        return bus.add(address, key, f"address {address} at {port}", poll_ms=poll_ms)

    async def close(self) -> None:
        """Let go of all lines."""
        for _, bus in self._buses.values():
            await bus.close()
