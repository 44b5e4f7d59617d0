"""Far ends of wires in processes of their own, as `linli simulate pty` hosts them."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


@asynccontextmanager
async def far_end(*words: str) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    """The process and the port that it hosts, until the end of the block."""
    far = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "devices.cli", "simulate", "pty", *words,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        assert far.stdout is not None
        yield far, (await far.stdout.readline()).decode().strip()
    finally:
        far.terminate()
        await far.wait()


async def told(far: asyncio.subprocess.Process, what: str) -> int:
    """The number behind these words in what the far end says next of them."""
    assert far.stdout is not None
    while line := (await far.stdout.readline()).decode():
        if line.startswith(what):
            return int(line.removeprefix(what).split()[0])
    raise RuntimeError("the far end ended")
