"""The card point: reads the senior card's signed tap and tells it to the hub, raw.

The hub verifies and archives; what it says comes back as ``indicate`` and is shown at the point.
Without the hub the tap waits in the outbox and the person is told that it was received.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import replace

from devices import wire
from devices.device import Device
from devices.messages import Command, Refusal
from devices.ports import Card, CardReader
from drivers.ntag424 import CardFault, read_ndef_url, select_application

log = logging.getLogger(__name__)

SHOWN_MAX = 64  # taps whose answer may still come
URL_CHARS_MAX = 400  # what a card may say; ours are below 120


class CardPoint:
    """A device with one reader and something that shows words (``show(reason)``)."""

    def __init__(
        self, device: Device, reader: CardReader, place: str, show: Callable[[str], None]
    ) -> None:
        self.device = device
        self.reader = reader
        self.place = place
        self.show = show
        self._told: OrderedDict[str, str] = OrderedDict()
        device.handlers[wire.COMMAND] = self._on_command

    async def run(self) -> None:
        """Serve the reader until cancelled."""
        async for card in self.reader.cards():
            try:
                await self.on_card(card)
            except Exception:  # one strange card must not blind the reader
                self.device.counters["card"] += 1
                log.exception("a card could not be served")

    async def on_card(self, card: Card) -> None:
        """Read the card's message and put it into the outbox."""
        device = self.device
        try:
            await select_application(card.transceive)
            url = await read_ndef_url(card.transceive)
        except CardFault:
            self.show("sun_form")
            return
        except Exception:  # noqa: BLE001 - torn away: the next tap will do
            device.drop("card_torn")
            return
        if not url:  # a tag that anybody can buy, with an address of no characters
            self.show("sun_form")
            return
        content = {"url": url[:URL_CHARS_MAX], "place": self.place}
        draft = replace(device.draft("sun"), via="card", content=content)
        event = device.journal.record(draft)
        device.send(event)
        if not device.ready:
            self.show("sun_review")

    def _on_command(self, raw: bytes) -> None:
        """The hub's word about a tap: only words are moved, so the envelope's checks suffice."""
        device = self.device
        command = wire.open_command(raw, device.topics, device.keys_for("command"))
        if isinstance(command, Refusal):
            return device.drop(command.reason, "command")
        why = self._refusal(command)
        if why is not None:
            return device.drop(why, "command")
        assert command.about is not None
        assert command.reason is not None
        self._told[command.id] = command.about
        if len(self._told) > SHOWN_MAX:
            self._told.popitem(last=False)
        self.show(command.reason)
        return None

    def _refusal(self, command: Command) -> str | None:
        device = self.device
        if command.op != "indicate" or command.about is None or command.reason is None:
            return "unsupported"
        if command.id in self._told:
            return "id_conflict"
        if command.epoch < device.journal.number("epoch"):
            return "epoch_old"
        if command.connection != device.connection:
            return "connection_old"
        return "expired" if device.clock.now_s() >= command.expires_at_s else None
