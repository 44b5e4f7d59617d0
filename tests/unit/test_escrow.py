"""Card masters on paper: two sheets of three bring them back, one says nothing."""

import argparse
import io
import json
import os
import secrets
import sys
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import pytest
import shamir_mnemonic
from hypothesis import given, settings
from hypothesis import strategies as st

from devices.mistake import Mistake
from drivers.ntag424_desk import prove
from hub import keys as hub_keys
from hub import verbs_cards
from hub.core.escrow import Masters, Sheet, join, read_sheet, split
from hub.gateways.cards import SUN_URL, keys_for
from hub.gateways.desk_cards import CardWriter
from hub.gateways.escrow_paper import print_sheets
from hub.gateways.paper import find_font
from simulators.ends import Ntag424Card
from tests.unit.desk_bench import Laid

MASTERS = Masters({slot: bytes([slot + 1]) * 16 for slot in range(5)}, b"system")
UID = bytes.fromhex("04ea0000000001")


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
    masters = Masters(dict(enumerate(slots)), b"\x00" * 6)
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
    for secret in (*MASTERS.slots.values(), MASTERS.system_id):
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


async def test_a_lost_hub_comes_back_from_two_sheets_and_cards_still_verify(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lost, found = tmp_path / "lost", tmp_path / "found"
    hub_keys.make(lost, "liuxi", 1_795_000_000.0)
    old = hub_keys.load(lost)
    card = Ntag424Card(UID)
    await CardWriter(old.masters, old.system_id).make_ready(Laid(card).transceive, UID, spent=False)
    papers = [sheet.text for sheet in sheets(Masters(old.masters, old.system_id))]
    restore(lost, papers[:2], "--check")
    hub_keys.make(found, "liuxi", 1_795_000_000.0)  # a new hub: the old one's disk is gone
    with pytest.raises(Mistake, match="other card masters than this hub's"):
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
    hub_keys.make(elsewhere, "other", 1_795_000_000.0)
    with pytest.raises(Mistake, match="of the site liuxi"):
        restore(elsewhere, papers[:2], "--replace")


def test_sheets_go_to_a_pipe_and_never_to_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub_keys.make(tmp_path, "liuxi", 1_795_000_000.0)
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
    assert set(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("language", ["zh-Hans", "zh-Hant", "en"])
def test_three_pages_in_each_language(language: str) -> None:
    font = find_font(language)
    assert font is not None
    made = print_sheets(sheets(), "2026-11-26", language, font)
    assert made.count(b"/Type /Page\n") == 3
