"""Attacks on the issuing desk: imitations of cards, scrap that comes back, who hears of what."""

import csv
import io
from pathlib import Path

import pytest
from sqlalchemy import select, update

from drivers.ntag424 import FACTORY_KEY
from hub.acts.issuing import Stocked, stock_card
from hub.acts.phones import Revocation, revoke_newer
from hub.core import handouts
from hub.core.errors import DomainError
from hub.store import tables as t
from simulators.ends import Ntag424Card
from tests.unit.desk_bench import ClerkBench, Laid
from tests.unit.desk_town import desk_town
from tests.unit.hub_bench import hub_bench
from tests.unit.test_attacks_parts import stream
from tests.unit.test_desks import staffed

UID = bytes.fromhex("04dd0000000001")
OTHER = bytes.fromhex("04dd0000000002")


def told_nothing(imitation: Ntag424Card) -> bool:
    """Whether a card that looks like a blank was given no key that it could keep."""
    return set(imitation.keys) == {FACTORY_KEY}


@pytest.mark.parametrize("torn", [False, True])
@pytest.mark.parametrize("given", [False, True])
async def test_a_blank_with_the_number_of_a_known_card_is_told_no_keys(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: bool, torn: bool
) -> None:
    """Whoever plays a blank reads what is written to it: the keys of a resident's own card."""
    async with desk_town(tmp_path, monkeypatch) as here:
        await staffed(here)
        laid = await here.lay(Ntag424Card(UID))
        status, _ = await here.ask(*(["give"] if given else ["ready"]), person="p-1")
        assert status == 200
        await here.lift(laid)
        imitation = Ntag424Card(UID)
        imitation.versions[3] = int(torn)
        laid = await here.lay(imitation)
        for what in ("ready", "give"):
            status, told = await here.ask(what, person="p-1")
            assert (status, told["code"]) == (409, "card_taken"), what
        assert told_nothing(imitation)


async def test_the_clerk_beside_the_hub_tells_an_imitation_no_keys_either(tmp_path: Path) -> None:
    async with hub_bench(tmp_path) as bench:
        desk = ClerkBench(bench)
        await desk.clerk(Laid(Ntag424Card(UID)), Laid(Ntag424Card(OTHER))).personalise(2)
        await desk.clerk(Laid(Ntag424Card(UID))).issue(["p-1"])
        assert desk.said[-1]["refused"] == "card_taken"
        imitation = Ntag424Card(UID)
        await desk.clerk(Laid(imitation)).personalise(1)
        assert desk.said[-1]["refused"] == "card_taken"
        assert told_nothing(imitation)


async def test_scrap_does_not_come_back_over_the_desk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A ready card that went missing and was written off is given to nobody when it turns up."""
    async with desk_town(tmp_path, monkeypatch) as here:
        await staffed(here)
        await here.lay(Ntag424Card(UID))
        assert (await here.ask("ready"))[0] == 200
        lost = Stocked(UID.hex(), "operator", "missing")
        await here.bench.hub.writer.submit(stock_card, lost)
        for what in ("ready", "give"):
            status, told = await here.ask(what, person="p-1")
            assert (status, told["code"]) == (409, "card_scrapped"), what
        assert (await here.ask("look"))[1]["state"] == "scrap"


@pytest.mark.parametrize(("role", "hears"), [("officer", False), ("property_staff", True)])
async def test_who_may_not_read_incidents_hears_nothing_of_them(
    tmp_path: Path, role: str, hears: bool
) -> None:
    """The stream tells a kind of news to those only who may read what it is about."""
    async with hub_bench(tmp_path) as bench:
        await bench.administrator(role=role)
        live = bench.hub.live

        def happen() -> None:
            live.announce("incident", {"id": "watch-7", "state": "detected"})
            live.announce("desk", {"id": "desk-1"})
            live.close()

        told = await stream(bench, happen)
        assert (b"watch-7" in told) is hears
        assert b"desk-1" in told


async def test_a_phone_that_is_paused_meanwhile_ends_no_other(tmp_path: Path) -> None:
    """A thief's wish to end the family's new phone may wait behind the report of the lost card."""
    async with hub_bench(tmp_path) as bench:
        thief = await bench.phone("p-1")
        bench.pass_s(60)
        await bench.phone("p-1")
        with bench.hub.engines.read.connect() as connection:
            rows = connection.execute(select(t.phones).order_by(t.phones.c.enrolled_at)).all()
        old, new = rows
        assert old.kid == thief.kid
        with bench.hub.engines.write.begin() as connection:
            own = t.phones.c.id == old.id
            connection.execute(update(t.phones).where(own).values(suspended_at=1.0))
        wish = Revocation(new.id, f"phone:{old.id}")
        with pytest.raises(DomainError, match="phone_paused"):
            await bench.hub.writer.submit(revoke_newer, (old.id, wish))
        with bench.hub.engines.read.connect() as connection:
            ended = connection.execute(select(t.phones.c.revoked_at)).scalars().all()
        assert ended == [None, None]


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "＝", "＋", "－", "＠", "\n"])
def test_no_name_in_a_list_runs_in_a_spreadsheet(start: str) -> None:
    """Also by the wide signs that programs for Chinese and Japanese take for the narrow ones."""
    row = dict.fromkeys(handouts.COLUMNS, "x") | {"name": f"{start}HYPERLINK(1)"}
    told = handouts.as_bytes([row], "csv").decode("utf-8-sig")
    (name,) = [each["name"] for each in csv.DictReader(io.StringIO(told, newline=""))]
    assert name == f"'{start}HYPERLINK(1)"
