"""The issuing desk: ready ahead, given once, replaced in one act, torn anywhere, never to two."""

import argparse
import json
from pathlib import Path

import pytest
from sqlalchemy import select

from devices.mistake import Mistake
from drivers.ntag424_desk import Lies
from hub import verbs_cards
from hub.gateways.cards import keys_for
from hub.gateways.desk_cards import CardWriter
from hub.store import tables as t
from simulators.ends import ClonedUidCard, Ntag424Card, Pn532End
from tests.drivers.desks import desk, gone
from tests.unit.desk_bench import ClerkBench, Laid
from tests.unit.hub_bench import HubBench, hub_bench

UIDS = [bytes.fromhex(f"04ee000000{n:04x}") for n in range(8)]


def cards(count: int) -> list[Ntag424Card]:
    return [Ntag424Card(uid) for uid in UIDS[:count]]


def rows(bench: HubBench) -> dict[str, str]:
    """Who has which card, by its number."""
    with bench.hub.engines.read.connect() as connection:
        found = connection.execute(select(t.cards.c.uid, t.cards.c.person_id)).all()
    return {row.uid: row.person_id for row in found}


async def test_blanks_are_made_ready_ahead_then_tapped_and_given(tmp_path: Path) -> None:
    async with hub_bench(tmp_path) as bench:
        desk_ = ClerkBench(bench)
        one, two = cards(2)
        await desk_.clerk(Laid(one), Laid(one), Laid(two)).personalise(2)
        assert [said["done"] for said in desk_.said] == [1, 1, 2]  # the same twice counts once
        assert (await desk_.found(one))["state"] == "ready"
        assert rows(bench) == {}
        counter = one.counter
        await desk_.clerk(Laid(one), Laid(two)).issue(["p-1", "p-2"])
        assert rows(bench) == {one.uid.hex(): "p-1", two.uid.hex(): "p-2"}
        assert one.counter == counter + 1  # looked at, not written again
        found = await desk_.found(one)
        assert (found["state"], found["person_name"]) == ("given", "沈桂芳")
        assert (found["assurance"], found["kind"]) == ("mutual", "ntag424")
        assert one.uid.hex() not in json.dumps([*desk_.said, found])


@pytest.mark.parametrize("acts", [False, True])
async def test_card_torn_away_at_any_exchange_heals_at_the_next_tap(
    tmp_path: Path, acts: bool
) -> None:
    """Whichever exchange it was: never given before it is whole, never lost, given to one."""
    async with hub_bench(tmp_path) as bench:
        desk_ = ClerkBench(bench)
        whole = Laid(Ntag424Card(UIDS[7]))
        await desk_.clerk(whole).issue(["p-1"])
        keys = bench.hub.keys
        for tear_after in range(whole.exchanges):
            uid = bytes.fromhex(f"04ef{tear_after:010x}")
            card = Ntag424Card(uid)
            torn = Laid(card, tear_after, acts=acts)
            await desk_.clerk(torn).issue(["p-1"])  # nothing more is laid down
            assert uid.hex() not in rows(bench), tear_after
            await desk_.clerk(Laid(card)).issue(["p-2"])
            assert rows(bench)[uid.hex()] == "p-2", tear_after
            assert tuple(card.keys) == keys_for(keys.masters, uid, keys.system_id).slots


async def test_card_torn_away_again_and_again_still_heals(tmp_path: Path) -> None:
    async with hub_bench(tmp_path) as bench:
        desk_ = ClerkBench(bench)
        (card,) = cards(1)
        tries = [Laid(card, tear_after, acts=True) for tear_after in range(3, 40, 3)]
        await desk_.clerk(*tries, Laid(card)).issue(["p-1"])
        assert rows(bench) == {card.uid.hex(): "p-1"}


async def test_a_lost_answer_of_the_hub_gives_no_second_card_and_no_second_holder(
    tmp_path: Path,
) -> None:
    async with hub_bench(tmp_path) as bench:
        desk_ = ClerkBench(bench)
        one, two = cards(2)
        desk_.lose_answer_of = "cards"
        with pytest.raises(ConnectionError):
            await desk_.clerk(Laid(one)).issue(["p-1"])
        await desk_.clerk(Laid(one)).issue(["p-1"])  # the clerk begins again
        assert desk_.said[-1]["fresh"] is False
        await desk_.clerk(Laid(one), Laid(two)).issue(["p-2"])
        assert rows(bench) == {one.uid.hex(): "p-1", two.uid.hex(): "p-2"}
        assert any("card_taken" in said.get("refused", "") for said in desk_.said)


async def test_what_is_no_card_of_ours_is_said_and_scrap_is_remembered(tmp_path: Path) -> None:
    async with hub_bench(tmp_path) as bench:
        desk_ = ClerkBench(bench)
        others = Ntag424Card(UIDS[0])
        others.keys, others.versions = [bytes([7]) * 16] * 5, [1] * 5
        number, played = ClonedUidCard(b"\x01\x02\x03\x04"), ClonedUidCard(UIDS[1], iso_dep=True)
        (fine,) = cards(3)[2:]
        await desk_.clerk(Laid(others), Laid(number), Laid(played), Laid(fine)).issue(["p-1"])
        assert [said.get("scrap") or said.get("refused") for said in desk_.said] == [
            "card_others", "card_number_only", "card_foreign", None,
        ]  # fmt: skip
        assert (await desk_.found(others))["state"] == "scrap"
        with pytest.raises(Mistake, match="card_scrapped"):
            await desk_.ask("cards", {"uid": others.uid.hex(), "person": "p-1"})
        with pytest.raises(Mistake, match="card_taken"):  # a copy cannot end the true card
            await desk_.ask("cards/stock", {"uid": fine.uid.hex(), "scrap": "card_others"})


async def test_card_that_refuses_thrice_is_scrap(tmp_path: Path) -> None:
    class Broken(Ntag424Card):
        def exchange(self, apdu: bytes) -> bytes:
            return b"\x91\x9e" if apdu[1] == 0x5F else super().exchange(apdu)

    async with hub_bench(tmp_path) as bench:
        desk_ = ClerkBench(bench)
        card = Broken(UIDS[0])
        await desk_.clerk(*[Laid(card)] * 3).personalise(1)
        assert [said.get("scrap") for said in desk_.said] == [None, None, None, "card_torn"]
        assert (await desk_.found(card))["state"] == "scrap"


async def test_new_card_and_the_end_of_the_old_one_are_one_act(tmp_path: Path) -> None:
    async with hub_bench(tmp_path) as bench:
        desk_ = ClerkBench(bench)
        old, new, third = cards(3)
        await desk_.clerk(Laid(old)).issue(["p-1"])
        first = desk_.said[-1]["given"]
        with pytest.raises(Mistake, match="no other card of this person"):
            await desk_.clerk(Laid(new)).issue(["p-2"], first)
        assert rows(bench) == {old.uid.hex(): "p-1"}
        assert (await desk_.found(old))["state"] == "given"
        await desk_.clerk(Laid(new)).issue(["p-1"], first)
        assert (await desk_.found(old))["state"] == "stopped"
        assert (await desk_.found(new))["state"] == "given"
        await desk_.clerk(Laid(new)).issue(["p-1"], first)  # told twice
        with pytest.raises(Mistake, match="no other card"):
            await desk_.clerk(Laid(new)).issue(["p-1"], desk_.said[-1]["given"])
        await desk_.clerk(Laid(old), Laid(third)).issue(["p-1"])  # a stopped card is not given
        assert any("card_kept_out" in said.get("refused", "") for said in desk_.said)


async def test_verify_tells_true_cards_from_copies_of_their_numbers(tmp_path: Path) -> None:
    async with hub_bench(tmp_path) as bench:
        desk_ = ClerkBench(bench)
        (card,) = cards(1)
        await desk_.clerk(Laid(card)).issue(["p-1"])
        for laid in (Laid(card), Laid(ClonedUidCard(card.uid)), Laid(ClonedUidCard(UIDS[5]))):
            await desk_.clerk(laid).verify()
        true, copy, unknown = desk_.said[-3:]
        assert (true["proven"], true["state"], true["person"]) == (True, "given", "p-1")
        assert "copy" not in true
        assert (copy["proven"], copy["copy"]) == (False, True)
        assert (unknown["state"], unknown["is"]) == ("unknown", Lies.NUMBER)


async def test_old_cards_enrol_as_numbers_and_their_doors_are_reported(tmp_path: Path) -> None:
    async with hub_bench(tmp_path) as bench:
        desk_ = ClerkBench(bench)
        number = ClonedUidCard(b"\x01\x02\x03\x04")
        assert (await desk_.ask("cards/report", {}))["doors"] == []
        await desk_.clerk(Laid(number)).enrol("p-1", "cpu")
        assert (await desk_.found(number))["assurance"] == "identifier"
        door = {"id": "d-2", "device_id": "gate", "number": 2, "name": {"en": "Home"},
                "kind": "building", "building": "1", "asks": 1}  # fmt: skip
        await desk_.ask("roster", {"kind": "doors", "rows": [door]})
        told = await desk_.ask("cards/report", {})
        assert [(one["id"], one["cards"], one["pin"]) for one in told["doors"]] == [
            ("d-2", 1, False)
        ]
        assert told["cards"] == {"cpu": 1}
        await desk_.ask(f"cards/{(await desk_.found(number))['card']}/block", {})
        (weak,) = (await desk_.ask("cards/report", {}))["doors"]
        assert weak["cards"] == 0  # the door is still weak, whoever is left


async def test_hand_out_list_is_signed_and_any_change_shows(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with hub_bench(tmp_path) as bench:
        desk_ = ClerkBench(bench)
        evil = [{"id": "p-3", "household_id": "h-1", "name": "=HYPERLINK(1)"}]
        await desk_.ask("roster", {"kind": "people", "rows": evil})
        await desk_.clerk(*map(Laid, cards(2))).issue(["p-1", "p-3"])
        made = {form: await desk_.ask("cards/handouts", {"form": form}) for form in ("csv", "json")}
    monkeypatch.setattr(verbs_cards, "call", lambda _data, _path, body: made[body["form"]])
    for form in made:
        file = tmp_path / f"list.{form}"
        assert run(["handouts", "--data", str(tmp_path), "--out", str(file)]) == 0
        assert run(["handouts", "--data", str(tmp_path), "--verify", str(file)]) == 0
        told = capsys.readouterr().out.splitlines()
        assert json.loads(told[-1]) == {"ok": True, "site": "liuxi", "rows": 2}
        root = (tmp_path / "keys" / "root.pub").read_text().strip()
        elsewhere = ["handouts", "--data", "/nowhere", "--verify", str(file), "--root"]
        assert run([*elsewhere, root]) == 0
        assert run([*elsewhere, "00" * 31 + "01"]) == 1  # another site's root
        whole = file.read_bytes()
        file.write_bytes(whole.replace(b"p-1", b"p-2"))
        assert run(["handouts", "--data", str(tmp_path), "--verify", str(file)]) == 1
        assert b"ntag424" in whole
    assert "'=HYPERLINK" in (tmp_path / "list.csv").read_text(encoding="utf-8-sig")


def run(words: list[str]) -> int:
    parser = argparse.ArgumentParser()
    verbs_cards.card(parser)
    asked = parser.parse_args(words)
    return int(asked.func(asked))


async def test_personalising_stays_below_eight_seconds_of_line_and_radio() -> None:
    """By the bytes that passed and what a byte, an exchange and a memory's write take."""
    async with desk() as held:
        end: Pn532End = held.end
        writer = CardWriter({n: bytes([n + 1]) * 16 for n in range(5)}, b"system")
        end.tap(Ntag424Card(UIDS[0]))
        card = await held.next()
        before = end.obeyed.copy()
        assert await writer.make_ready(card.transceive, card.uid, spent=False) == (Lies.OURS, True)
        exchanges = (end.obeyed - before)[0x40]
        bytes_passed = sum(len(entry.bytes) for entry in end.wire_log.ring)
        line_s = bytes_passed * 10 / 115_200
        # 15 ms of radio and chip for each exchange, 16 ms twice for a USB adapter's latency timer,
        # 400 ms for each of the eight writes to the card's memory, the slowest that is known
        assert line_s + exchanges * (0.015 + 0.032) + 8 * 0.4 < 8
        assert exchanges < 60
        await gone(held)
