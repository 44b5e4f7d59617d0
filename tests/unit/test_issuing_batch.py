"""A batch for a whole site: blanks made ready ahead, then tapped and given, whatever goes wrong."""

import random
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from devices.messages import Refusal
from hub import keys as hub_keys
from hub.core import handouts
from hub.gateways.cards import keys_for
from hub.store import tables as t
from simulators.ends import Ntag424Card
from tests.luck import seeds
from tests.unit.desk_bench import ClerkBench, Laid
from tests.unit.hub_bench import HubBench, hub_bench

TEAR_MOST = 60  # exchanges of one card at most
CARDS_A_SITTING = 40  # then the clerk's program is ended, or its computer's power


async def people(desk: ClerkBench, count: int) -> list[str]:
    names = [f"p-b{n}" for n in range(count)]
    for start in range(0, count, 500):
        rows: list[dict[str, Any]] = [
            {"id": name, "household_id": "h-1", "name": f"住户{name[3:]}"}
            for name in names[start : start + 500]
        ]
        await desk.ask("roster", {"kind": "people", "rows": rows})
    return names


def sitting(cards: list[Ntag424Card], luck: random.Random) -> list[Laid]:
    """Cards one after the other; each third is torn away once or twice first."""
    laid: list[Laid] = []
    for card in cards:
        tears = luck.choice((0, 0, 0, 0, 1, 2))
        laid += [
            Laid(card, luck.randrange(TEAR_MOST), acts=luck.random() < 0.5) for _ in range(tears)
        ]
        laid.append(Laid(card))
    return laid


def count(bench: HubBench, table: Any) -> int:
    with bench.hub.engines.read.connect() as connection:
        return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


@pytest.mark.luck
@pytest.mark.timeout(1_800)
@pytest.mark.parametrize("size", seeds([60], [2_000]))
async def test_a_batch_that_is_torn_and_ended_again_and_again_comes_out_whole(
    tmp_path: Path, size: int
) -> None:
    luck = random.Random(size)
    async with hub_bench(tmp_path) as bench:
        desk = ClerkBench(bench)
        names = await people(desk, size)
        cards = [Ntag424Card(bytes.fromhex(f"04fb{n:010x}")) for n in range(size)]
        ready = 0
        while ready < size:  # each sitting begins with what lay there when the last one ended
            batch = cards[max(0, ready - 3) : ready + CARDS_A_SITTING]
            desk.lose_answer_of = luck.choice((None, "cards/stock"))
            with suppress(ConnectionError):
                await desk.clerk(*sitting(batch, luck)).personalise(size)
            ready = count(bench, t.card_stock)
        assert ready == size
        keys = bench.hub.keys
        for card in cards:
            slots = keys_for(keys.masters, card.uid, keys.system_id).slots
            assert tuple(card.keys) == slots, card.uid.hex()
        given = 0
        while given < size:
            desk.lose_answer_of = luck.choice((None, "cards"))
            with suppress(ConnectionError):
                some = slice(given, given + CARDS_A_SITTING)
                await desk.clerk(*sitting(cards[some], luck)).issue(names[some])
            given = count(bench, t.cards)
        with bench.hub.engines.read.connect() as connection:
            held = connection.execute(select(t.cards.c.uid, t.cards.c.person_id)).all()
        assert {(row.uid, row.person_id) for row in held} == {
            (card.uid.hex(), name) for card, name in zip(cards, names, strict=True)
        }
        made = await desk.ask("cards/handouts", {"form": "csv"})
        assert made["rows"] == size
        finder = handouts.audit_keys(
            made["keyset"].encode(), hub_keys.find_by({"root": keys.root_public}.get)
        )
        assert not isinstance(finder, Refusal)
        file = made["file"].encode()
        assert handouts.verify(file, made["signature"].encode(), finder) == ("liuxi", size)
        moved = file.replace(names[0].encode() + b",", names[1].encode() + b",", 1)
        assert isinstance(handouts.verify(moved, made["signature"].encode(), finder), Refusal)
