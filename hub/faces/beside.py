"""The self-audit's process as the hub starts it; numpy is loaded where it measures."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from hub.faces.auditor import Report, Task

AUDIT_WAIT_S: Final = 900.0  # fifteen thousand people on a small box that has other work


async def judge_beside(task: Task) -> Report:
    """Audit in a process of its own, behind everything else on the machine; raises OSError."""
    from hub.faces.auditor import read_report, write_task  # noqa: PLC0415 - numpy is an extra

    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "hub.faces.auditor",
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        content = await asyncio.to_thread(write_task, task)
        async with asyncio.timeout(AUDIT_WAIT_S):
            answer, _ = await child.communicate(content)
    except TimeoutError as fault:
        raise OSError("the audit did not end") from fault
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
    if child.returncode != 0:
        raise OSError("the audit's process failed")
    return await asyncio.to_thread(read_report, answer)
