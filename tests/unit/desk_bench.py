"""An issuing desk on a bench: a hub in this process, a clerk, and cards laid down by a script."""

from collections.abc import AsyncIterator, Mapping
from typing import Any

from devices.mistake import Mistake
from drivers.kinds import Card, CardLost, NotIsoDep
from hub.clerk import Clerk
from hub.gateways.desk_cards import CardWriter
from simulators.ends import VirtualCard
from tests.unit.hub_bench import HubBench


class Laid:
    """One presence of a card; after so many exchanges it is torn away, its answer lost or not."""

    first_byte_at_ns = 0
    provable = True

    def __init__(
        self, card: VirtualCard, tear_after: int | None = None, *, acts: bool = False
    ) -> None:
        self.card = card
        self.uid = card.uid
        self.iso_dep = bool(card.sel_res & 0x20)
        self.left = tear_after
        self.acts = acts
        self.exchanges = 0

    async def transceive(self, apdu: bytes, timeout_s: float = 1.0) -> bytes:
        del timeout_s
        if self.left is not None and self.exchanges >= self.left:
            if self.acts:
                self.card.exchange(apdu)
            self.card.wake()
            raise CardLost("torn away")
        self.exchanges += 1
        answer = self.card.exchange(apdu)
        if answer is None:
            raise NotIsoDep("a number and nothing else")
        return answer


async def cards_of(*laid: Card) -> AsyncIterator[Card]:
    for each in laid:
        yield each


class ClerkBench:
    """A clerk before a hub on a bench."""

    def __init__(self, bench: HubBench) -> None:
        self.bench = bench
        self.said: list[Mapping[str, Any]] = []
        self.lose_answer_of: str | None = None  # the hub has done it, and we do not hear it
        keys = bench.hub.keys
        self.writer = CardWriter(keys.masters, keys.system_id)

    async def ask(self, path: str, body: Mapping[str, Any]) -> Any:
        headers = {"Authorization": f"Bearer {self.bench.gate.operator_token}"}
        url = f"/api/v1/operator/{path}"
        answer = await self.bench.http.post(url, json=dict(body), headers=headers)
        if self.lose_answer_of == path:
            self.lose_answer_of = None
            raise ConnectionError("the line broke")
        if answer.status_code >= 400:
            told = answer.json()
            raise Mistake(f"{told['code']}: {told.get('detail') or told['title']}")
        return answer.json() if answer.content else None

    def clerk(self, *laid: Card) -> Clerk:
        return Clerk(cards_of(*laid), self.writer, self.ask, self.said.append)

    async def found(self, card: VirtualCard) -> Mapping[str, Any]:
        return dict(await self.ask("cards/found", {"uid": card.uid.hex()}))
