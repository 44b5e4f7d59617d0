"""What processes cost: their CPU time to the nanosecond, their memory, their children (Linux)."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

_CPU_OF_PROCESS = 2  # linux/posix-timers.h: the scheduler's clock of a whole process


def cpu_s(pid: int) -> float:
    """CPU time of a process with all its threads, as of now; raises OSError when it is gone."""
    return time.clock_gettime(~pid << 3 | _CPU_OF_PROCESS)


def rss_mb(pid: int) -> float:
    """Resident memory of a process in MiB."""
    return _status_mb(pid, "VmRSS:")


def _status_mb(pid: int, name: str) -> float:
    for line in Path(f"/proc/{pid}/status").read_text("ascii", "replace").splitlines():
        if line.startswith(name):
            return int(line.split()[1]) / 1024
    return 0.0


def peak_rss_mb(pid: int) -> float:
    """The most resident memory that a process has had since its start, in MiB."""
    return _status_mb(pid, "VmHWM:")


def ended_children_cpu_s(pid: int) -> float:
    """CPU time of the children that a process has started and seen the end of."""
    text = Path(f"/proc/{pid}/stat").read_text("ascii", "replace")
    fields = text.rpartition(")")[2].split()  # a program's name may hold blanks
    return sum(map(int, fields[13:15])) / os.sysconf("SC_CLK_TCK")


def children(pid: int) -> list[int]:
    """The processes that a process has started."""
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        found += [int(word) for word in (task / "children").read_text("ascii").split()]
    return found


def command_of(pid: int) -> str:
    """The name of a process's program."""
    return Path(f"/proc/{pid}/comm").read_text("ascii", "replace").strip()


class CpuMeter:
    """CPU of named processes between two moments."""

    def __init__(self, pids: Mapping[str, int]) -> None:
        self._pids = dict(pids)
        self._before = {name: cpu_s(pid) for name, pid in self._pids.items()}

    def spent_s(self) -> dict[str, float]:
        """CPU seconds by name since this meter was made."""
        return {name: cpu_s(pid) - self._before[name] for name, pid in self._pids.items()}


def load_1_min() -> float:
    """How many wanted a core in the last minute; with more than the cores, numbers are noisy."""
    return round(os.getloadavg()[0], 2)


def per(spent_s: Mapping[str, float], count: int, names: Iterable[str]) -> dict[str, float]:
    """Milliseconds of CPU for each of so many pieces of work."""
    return {name: round(spent_s[name] * 1e3 / count, 3) for name in names}
