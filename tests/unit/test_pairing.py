"""An installer pairs a reader: a random key, kept before it is told, torn at any moment."""

import argparse
from collections.abc import Callable
from pathlib import Path

import pytest

from devices import pairing, verbs
from devices.mistake import Mistake
from simulators.ends import OsdpEnd, OsdpPd
from tests.drivers.waiting import until

KEY = bytes(range(100, 116))
NEW = bytes(range(200, 216))


def luck(key: bytes = NEW) -> Callable[[int], bytes]:
    return lambda size: key[:size]


def url(end: OsdpEnd, address: int = 1) -> str:
    return f"osdp+serial://{end.path}?address={address}&key=secret:gate-1"


def kept(folder: Path) -> str:
    return (folder / "secrets" / "gate-1").read_text()


async def test_a_reader_from_the_box_gets_a_key_of_its_own_and_once_only(tmp_path: Path) -> None:
    pd = OsdpPd(1)
    end = OsdpEnd([pd])
    told = await pairing.pair(tmp_path, url(end), luck(), again=False)
    assert told == "vendor 4c4c49 model 1"
    assert (pd.key, pd.is_installing) == (NEW, False)
    assert kept(tmp_path) == NEW.hex()
    assert (tmp_path / "secrets" / "gate-1").stat().st_mode & 0o077 == 0
    with pytest.raises(Mistake, match="--again gives the reader another key"):
        await pairing.pair(tmp_path, url(end), luck(KEY), again=False)
    assert pd.key == NEW
    await pairing.pair(tmp_path, url(end), luck(KEY), again=True)
    assert (pd.key, kept(tmp_path)) == (KEY, KEY.hex())
    assert not (tmp_path / "secrets" / "gate-1.new").exists()
    end.close()


async def test_a_torn_pairing_is_taken_up_where_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed after the reader took the key and before we knew: the key lies in the other file."""
    pd = OsdpPd(1, NEW)
    end = OsdpEnd([pd])
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "gate-1.new").write_text(NEW.hex())
    await pairing.pair(tmp_path, url(end), luck(KEY), again=False)
    assert (pd.key, kept(tmp_path)) == (NEW, NEW.hex())
    # and killed before: the reader never heard of that key, and gets another one
    monkeypatch.setattr(pairing, "HERE_S", 0.5)
    (tmp_path / "secrets" / "gate-1.new").write_text(bytes(16).hex())
    await pairing.pair(tmp_path, url(end), luck(KEY), again=True)
    assert (pd.key, kept(tmp_path)) == (KEY, KEY.hex())
    end.close()


async def test_a_reader_that_cannot_be_paired_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pairing, "HERE_S", 1.0)
    pd = OsdpPd(1, KEY)  # has a key that we do not know
    end = OsdpEnd([pd])
    with pytest.raises(Mistake, match="install mode as its manual says"):
        await pairing.pair(tmp_path, url(end), luck(), again=False)
    pd.switch_off()
    with pytest.raises(Mistake, match="silent; check power, wiring, address and baud"):
        await pairing.pair(tmp_path, url(end), luck(), again=False)
    end.unplug()
    with pytest.raises(Mistake, match="no such port"):
        await pairing.pair(tmp_path, url(end), luck(), again=False)
    assert list((tmp_path / "secrets").iterdir()) == []
    assert pd.key == KEY
    for wrong in ("pn532+serial:///dev/a", "osdp+serial:///dev/a?address=1&key=secret:../x", "x"):
        with pytest.raises(Mistake):
            await pairing.pair(tmp_path, wrong, luck(), again=False)
    end.close()


async def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(Mistake, match="absent is no folder; name the door's data folder"):
        await pairing.pair(
            tmp_path / "absent", "osdp+serial:///dev/a?address=1&key=secret:g", luck(), again=False
        )


async def test_a_reader_moves_to_another_address_and_speed(tmp_path: Path) -> None:
    pd = OsdpPd(1)
    end = OsdpEnd([pd], baud=9_600)
    await pairing.pair(tmp_path, url(end), luck(), again=False)
    assert await pairing.move(tmp_path, url(end), 5, 38_400) == (5, 38_400)
    await until(lambda: (pd.address, end.baud) == (5, 38_400))
    there = f"{url(end, 5)}&baud=38400"
    await pairing.pair(tmp_path, there, luck(KEY), again=True)
    assert pd.key == KEY
    with pytest.raises(Mistake, match="pair the reader first"):
        await pairing.move(tmp_path, url(end).replace("gate-1", "other"), 5, 9_600)
    end.close()


def test_the_verb_knows_its_options() -> None:
    parser = argparse.ArgumentParser()
    verbs.reader(parser)
    asked = parser.parse_args(
        ["move", "--data", "d", "--to-address", "5", "--to-baud", "4800", "osdp+serial:///dev/a"]
    )
    with pytest.raises(Mistake, match="--to-baud is one of 9600, 19200, 38400"):
        asked.func(asked)
    with pytest.raises(SystemExit):
        parser.parse_args(["move", "--data", "d", "--to-address", "127", "--to-baud", "9600", "x"])
