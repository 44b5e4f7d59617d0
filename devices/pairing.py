"""An installer's acts at an OSDP reader: a key of its own, another address, another speed.

The new key is on the disk before the reader hears it, and becomes the door's key only when the
reader has proven it: whatever is unplugged when, one of the two files opens the reader again.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from devices.identity import write_private
from devices.mistake import Mistake
from devices.wire import is_id
from drivers.catalogue import (
    CatalogueError,
    OsdpReader,
    StrikeFault,
    open_osdp_alone,
    osdp_key,
    parse,
)

HERE_S = 5.0  # a reader is there within one second, or something must be looked at
KEY_BYTES = 16


async def pair(folder: Path, url: str, luck: Callable[[int], bytes], *, again: bool) -> str:
    """Give a reader its own random key; returns what it is; raises Mistake, nothing half-done."""
    kept, fresh = _files(folder, url)
    if kept.exists() and not again:
        raise Mistake(f"{kept} is there already; --again gives the reader another key")
    if fresh.exists():  # an earlier pairing was torn: perhaps the reader took its key
        try:
            return await _prove(url, kept, fresh)
        except Mistake:
            pass  # it did not: go on as if it had never been
    old = _key_in(kept) if kept.exists() else None
    kept.parent.mkdir(mode=0o700, exist_ok=True)
    async with _alone(url, old) as reader:
        key = luck(KEY_BYTES)
        write_private(fresh, key.hex())
        _settle(fresh.parent)
        try:
            await reader.set_key(key)
        except (StrikeFault, TimeoutError) as fault:
            raise Mistake(f"the reader did not take the key: {fault}; pair it again") from fault
    return await _prove(url, kept, fresh)


async def move(folder: Path, url: str, address: int, baud: int) -> tuple[int, int]:
    """Another address and speed for a paired reader; returns what it took; raises Mistake."""
    kept, _ = _files(folder, url)
    if not kept.exists():
        raise Mistake(f"{kept} is missing; pair the reader first")
    async with _alone(url, _key_in(kept)) as reader:
        try:
            taken = await reader.move(address, baud)
        except (StrikeFault, TimeoutError) as fault:
            raise Mistake(f"the reader stays where it is: {fault}") from fault
    return taken.address, taken.baud


async def _prove(url: str, kept: Path, fresh: Path) -> str:
    """The reader proves the fresh key, which from now on is the door's."""
    async with _alone(url, _key_in(fresh)) as reader:
        told = reader.here.identity if reader.here is not None else None
    _put_in_force(fresh, kept)
    return f"vendor {told.vendor} model {told.model}" if told is not None else "a reader"


@asynccontextmanager
async def _alone(url: str, key: bytes | None) -> AsyncIterator[OsdpReader]:
    """The reader, once it has proven a key; raises Mistake with what to check."""
    try:
        bus, reader = open_osdp_alone(url, key)
    except CatalogueError as wrong:
        raise Mistake(str(wrong)) from wrong
    why = "nobody answers"
    settled = asyncio.Event()

    def on_state(_online: bool, told: str) -> None:
        nonlocal why
        why = told
        settled.set()

    reader.on_state = on_state
    try:
        try:
            async with asyncio.timeout(HERE_S):
                while reader.here is None:
                    settled.clear()
                    await settled.wait()
        except TimeoutError:
            hint = "; put it into install mode as its manual says" if key is None else ""
            raise Mistake(f"{why}{hint}") from None
        yield reader
    finally:
        await bus.close()


def _files(folder: Path, url: str) -> tuple[Path, Path]:
    try:
        name = parse(url).key
    except CatalogueError as wrong:
        raise Mistake(str(wrong)) from wrong
    if not folder.is_dir():
        raise Mistake(f"{folder} is no folder; name the door's data folder")
    if not is_id(name):
        raise Mistake("write key=secret:NAME, with small letters, digits and hyphens")
    return folder / "secrets" / name, folder / "secrets" / f"{name}.new"


def _key_in(file: Path) -> bytes:
    try:
        return osdp_key(file.name, file.read_bytes())
    except CatalogueError as wrong:
        raise Mistake(str(wrong)) from wrong


def _put_in_force(fresh: Path, kept: Path) -> None:
    fresh.replace(kept)
    _settle(kept.parent)


def _settle(path: Path) -> None:
    """The folder's names are on the disk, whatever happens to the power now."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
