"""Masters on paper: two sheets of three bring cards and root back, one says nothing."""

import argparse
import io
import json
import os
import secrets
import sys
import time
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import shamir_mnemonic
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from devices import wire
from devices.device import Device
from devices.door import DoorController
from devices.identity import write_private
from devices.mistake import Mistake
from drivers.ntag424_desk import prove
from hub import config, verbs_cards
from hub import keys as hub_keys
from hub.core.escrow import Masters, Sheet, join, read_sheet, split
from hub.doctor import look_at_machine
from hub.gateways.cards import SUN_URL, keys_for
from hub.gateways.desk_cards import CardWriter
from hub.gateways.escrow_paper import print_sheets
from hub.gateways.paper import find_font
from hub.store import tables as t
from hub.store.engine import open_engines
from hub.store.lease import FileLock
from simulators.ends import Ntag424Card
from tests.unit.desk_bench import Laid
from tests.unit.door_bench import HUB, SITE, Bench, Hub
from tests.unit.door_bench import NOW_S as DOOR_S
from tests.unit.test_backup import site

MASTERS = Masters({slot: bytes([slot + 1]) * 16 for slot in range(5)}, b"system", b"r" * 32)
UID = bytes.fromhex("04ea0000000001")
NOW_S = 1_795_000_000.0
KEYSET = wire.Topics(SITE, HUB).of(wire.KEYSET)


def sheets(masters: Masters = MASTERS, site: str = "liuxi") -> list[Sheet]:
    return split(masters, site, secrets.token_bytes)


def test_words_are_those_of_the_published_vector() -> None:
    """SLIP-39, vectors.json, basic sharing 2 of 3."""
    one = (
        "shadow pistol academic always adequate wildlife fancy gross oasis cylinder mustang wrist "
        "rescue view short owner flip making coding armed"
    )
    other = (
        "shadow pistol academic acid actress prayer class unknown daughter sweater depict flip "
        "twice unkind craft early superior advocate guest smoking"
    )
    told = shamir_mnemonic.combine_mnemonics([one, other], b"TREZOR")
    assert told.hex() == "b43ceb7e57a0ea8766221624d01b0864"


@settings(max_examples=5, deadline=None)
@given(st.lists(st.binary(min_size=16, max_size=16), min_size=5, max_size=5))
def test_any_two_sheets_bring_any_masters_back(slots: list[bytes]) -> None:
    masters = Masters(dict(enumerate(slots)), b"\x00" * 6, slots[0] + slots[1])
    made = [read_sheet(sheet.text, "x") for sheet in sheets(masters)]
    for pair in combinations(made, 2):
        assert join(pair) == masters
    assert join(made) == masters


def test_one_sheet_says_nothing() -> None:
    one, two, _ = sheets()
    with pytest.raises(Mistake, match="one alone says nothing"):
        join([one])
    with pytest.raises(Mistake, match="one alone says nothing"):
        join([one, one])  # the same one twice
    for secret in (*MASTERS.slots.values(), MASTERS.system_id, MASTERS.root):
        assert secret not in one.sealed
        assert secret.hex() not in one.text.lower()
    assert one.sealed == two.sealed  # what all three share does not differ by keeper
    assert sheets()[0].sealed != one.sealed


def test_wrong_sheets_are_named() -> None:
    made, other = sheets(), sheets()
    with pytest.raises(Mistake, match="sheet 2: of another printing"):
        join([made[0], other[1]])
    words = made[1].words.split()
    spoilt = " ".join([words[1], words[0], *words[2:]])
    with pytest.raises(Mistake, match="the second: its checksum is wrong"):
        read_sheet(replace(made[1], words=spoilt).text, "the second")
    with pytest.raises(Mistake, match="a word is not of the list"):
        read_sheet(replace(made[1], words=f"{made[1].words} xyzzy").text, "the second")
    for text in ("", "hello", made[0].text.replace("1:", "2:", 1), "a:b:c:d:e"):
        with pytest.raises(Mistake, match="the first is no sheet"):
            read_sheet(text, "the first")


def test_a_forged_sheet_is_found_by_the_third() -> None:
    made, other = sheets(), sheets()
    forged = replace(other[2], sealed=made[2].sealed)  # true words, of another secret
    with pytest.raises(Mistake, match="bring the third sheet"):
        join([made[0], forged])
    with pytest.raises(Mistake, match="sheet 3 is wrong"):
        join([made[0], made[1], forged])


# --- the drill


def run(words: list[str]) -> None:
    parser = argparse.ArgumentParser()
    verbs_cards.card(parser)
    asked = parser.parse_args(["escrow", *words])
    asked.func(asked)


def restore(folder: Path, texts: list[str], *flags: str) -> None:
    held, sys.stdin = sys.stdin, io.StringIO("\n".join(texts) + "\n")
    try:
        run(["restore", "--data", str(folder), *flags])
    finally:
        sys.stdin = held


def papers_of(folder: Path) -> list[str]:
    """The squares of three sheets of this hub's masters."""
    keys = hub_keys.load(folder)
    masters = Masters(keys.masters, keys.system_id, hub_keys.load_root(folder))
    return [sheet.text for sheet in sheets(masters)]


async def test_a_lost_hub_comes_back_from_two_sheets_and_cards_still_verify(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lost, found = tmp_path / "lost", tmp_path / "found"
    hub_keys.make(lost, "liuxi", NOW_S)
    old = hub_keys.load(lost)
    card = Ntag424Card(UID)
    await CardWriter(old.masters, old.system_id).make_ready(Laid(card).transceive, UID, spent=False)
    papers = papers_of(lost)
    restore(lost, papers[:2], "--check")
    hub_keys.make(found, "liuxi", NOW_S)  # a new hub: the old one's disk is gone
    with pytest.raises(Mistake, match="other masters than this hub's"):
        restore(found, papers[1:], "--check")
    with pytest.raises(Mistake, match="--replace"):
        restore(found, papers[1:])
    assert hub_keys.load(found).masters != old.masters
    restore(found, papers[1:], "--replace")
    new = hub_keys.load(found)
    keys = keys_for(new.masters, UID, new.system_id)
    assert (await prove(Laid(card).transceive, UID, keys, SUN_URL)).uid == UID
    restore(found, papers[::2], "--check")
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["same"] is True
    elsewhere = tmp_path / "elsewhere"
    hub_keys.make(elsewhere, "other", NOW_S)
    with pytest.raises(Mistake, match="of the site liuxi"):
        restore(elsewhere, papers[:2], "--replace")


class LostHub(Hub):
    """What the hub of a data folder can sign."""

    def __init__(self, folder: Path) -> None:
        keys = hub_keys.load(folder)
        self.root = Ed25519PrivateKey.from_private_bytes(hub_keys.load_root(folder))
        self.keys = {use: signer.key for use, signer in keys.signers.items()}
        self._keyset = keys.keyset

    def keyset(self, serial: int = 1, site: str = SITE) -> bytes:
        return self._keyset


class OldDoor(Bench):
    """A door that was adopted by the hub that is lost."""

    def __init__(self, folder: Path, lost: Path) -> None:
        self._lost = lost
        super().__init__(folder)

    def boot(self, **options: Any) -> tuple[Device, DoorController]:
        self.hub = LostHub(self._lost)
        return super().boot(**options)


async def test_doors_believe_a_new_hub_that_has_the_root_from_two_sheets_and_no_other(
    tmp_path: Path,
) -> None:
    """Nobody walks from door to door: the key set that the root signed is the only proof."""
    lost, found, stranger = (tmp_path / name for name in ("lost", "found", "stranger"))
    hub_keys.make(lost, SITE, DOOR_S - 86_400)
    papers = papers_of(lost)
    door = OldDoor(tmp_path, lost)
    await door.ready()
    await door.send(door.command())
    assert len(door.strike.pulses) == 1
    for folder in (found, stranger):
        hub_keys.make(folder, SITE, DOOR_S - 2 * 86_400)  # by a clock that is behind
    restore(found, papers[:2], "--replace")
    new = hub_keys.load(found)
    assert new.root_public == hub_keys.load(lost).root_public
    assert hub_keys.root_public(hub_keys.load_root(found)) == new.root_public
    assert hub_keys.site_of(new) == SITE
    for folder, pulses in ((stranger, 1), (found, 2)):
        door.hub.keys = {use: one.key for use, one in hub_keys.load(folder).signers.items()}
        door.device.on_message(KEYSET, hub_keys.load(folder).keyset)
        await door.send(door.command(id=f"o-{folder.name}"))
        assert len(door.strike.pulses) == pulses, folder.name
    await door.close()


def test_what_was_half_put_in_force_is_put_in_force_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost, found = tmp_path / "lost", tmp_path / "found"
    hub_keys.make(lost, "liuxi", NOW_S)
    papers = papers_of(lost)
    hub_keys.make(found, "liuxi", NOW_S)
    for torn_at in range(9):
        left = torn_at

        def torn(path: Path, text: str) -> None:
            nonlocal left
            if left == 0:
                raise OSError("no power")
            left -= 1
            write_private(path, text)

        monkeypatch.setattr("hub.keys.write_private", torn)
        with pytest.raises(OSError, match="no power"):
            restore(found, papers[:2], "--replace")
        monkeypatch.undo()
    restore(found, papers[:2], "--replace")
    old, new = hub_keys.load(lost), hub_keys.load(found)
    assert (new.masters, new.system_id, new.root_public) == (
        old.masters, old.system_id, old.root_public,
    )  # fmt: skip
    assert hub_keys.site_of(new) == "liuxi"


async def test_a_new_hub_speaks_of_a_later_epoch_than_the_lost_one(tmp_path: Path) -> None:
    lost = tmp_path / "lost"
    found = await site(tmp_path / "found")
    hub_keys.make(lost, "liuxi", NOW_S)
    papers = papers_of(lost)
    lock = FileLock(found)
    lock.take()
    with pytest.raises(Mistake, match="stop it first"):
        restore(found, papers[:2], "--replace")
    lock.free()
    restore(found, papers[:2], "--replace")
    engines = open_engines(config.load(found).database)
    with engines.read.connect() as connection:
        assert connection.execute(select(t.site.c.epoch)).scalar_one() >= NOW_S - 86_400
    engines.close()


def test_a_root_that_was_taken_away_is_asked_for(tmp_path: Path) -> None:
    hub_keys.make(tmp_path, "liuxi", NOW_S)
    papers = papers_of(tmp_path)
    (tmp_path / "keys" / "root").unlink()
    with pytest.raises(Mistake, match="the site root is not here"):
        run(["print", "--data", str(tmp_path)])
    restore(tmp_path, papers[:2], "--check")  # which needs none


# --- what the doctor knows of it


async def test_the_doctor_asks_for_paper_and_for_a_drill(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = await site(tmp_path / "data")

    def escrow() -> tuple[bool, str]:
        (told,) = [one for one in look_at_machine(data) if one.what == "escrow"]
        return told.fine, told.told

    assert escrow() == (
        False, "masters never printed: `linli card escrow print | lp`, see docs/cards.md#escrow",
    )  # fmt: skip
    printed = papers_of(data)
    name = read_sheet(printed[0], "x").set_name
    hub_keys.note_paper(data, hub_keys.load(data), hub_keys.OnPaper(name, NOW_S))
    fine, told = escrow()
    assert not fine
    assert f"set {name} was printed and never tried" in told
    restore(data, papers_of(data)[:2], "--check")  # an older printing of the same masters
    assert "never tried" in escrow()[1]
    restore(data, printed[1:], "--check")
    assert escrow() == (True, f"set {name}, sheets 2, 3 tried 0 days ago")
    restore(data, printed[::2], "--check")
    assert escrow() == (True, f"set {name}, sheets 1, 2, 3 tried 0 days ago")
    later_s = time.time() + 401 * 86_400
    monkeypatch.setattr("hub.doctor.time.time", lambda: later_s)
    assert not escrow()[0]
    assert "once a year" in escrow()[1]
    monkeypatch.undo()
    (data / "keys" / "card-3").write_text("ab" * 16)
    assert "open other masters" in escrow()[1]
    note = (data / hub_keys.ESCROW).read_text()
    assert not any(key.hex() in note for key in hub_keys.load(data).masters.values())
    (data / hub_keys.ESCROW).write_text("{")
    assert "never printed" in escrow()[1]


def test_sheets_go_to_a_pipe_and_never_to_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub_keys.make(tmp_path, "liuxi", NOW_S)
    with (tmp_path / "x.pdf").open("w", encoding="utf-8") as file:
        monkeypatch.setattr(sys, "stdout", file)
        with pytest.raises(Mistake, match="paper alone"):
            run(["print", "--data", str(tmp_path)])
    assert (tmp_path / "x.pdf").stat().st_size == 0
    read, write = os.pipe()
    before = set(tmp_path.rglob("*"))
    os.set_blocking(read, False)
    with os.fdopen(read, "rb") as paper, os.fdopen(write, "w", encoding="utf-8") as pipe:
        import fcntl  # noqa: PLC0415

        fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, 1 << 20)  # the paper waits in the pipe
        monkeypatch.setattr(sys, "stdout", pipe)
        run(["print", "--data", str(tmp_path), "--language", "en"])
        made = paper.read()
    assert made.startswith(b"%PDF")
    note = tmp_path / hub_keys.ESCROW  # that and when, and nothing of what is on them
    assert set(tmp_path.rglob("*")) == before | {note}
    told = json.loads(note.read_text())
    assert set(told) == {"set", "printed_at", "tried", "tried_at", "of"}
    assert (len(told["set"]), told["tried"]) == (6, [])


@pytest.mark.parametrize("language", ["zh-Hans", "zh-Hant", "en"])
def test_three_pages_in_each_language(language: str) -> None:
    font = find_font(language)
    assert font is not None
    made = print_sheets(sheets(), "2026-11-26", language, font)
    assert made.count(b"/Type /Page\n") == 3
