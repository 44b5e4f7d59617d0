"""Runs for a moment between hub and broker: become the broker's user, die with the hub, exec.

Arguments: the hub's pid, the user id and group id to become (-1: stay), then the command. A
program of its own because code between fork and exec is unsafe in a hub that has threads.
"""

import ctypes
import os
import resource
import signal
import sys
from typing import Final

FILES_MOST: Final = 8_192  # sockets for 4,000 clients and spare; the usual 1,024 are too few
_PR_SET_PDEATHSIG: Final = 1  # linux/prctl.h


def main(parent: int, uid: int, gid: int, command: list[str]) -> None:
    """Never returns."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    most = FILES_MOST if most == resource.RLIM_INFINITY else min(most, FILES_MOST)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    if uid >= 0:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    if sys.platform == "linux":
        # After setuid, which clears it. KILL: nothing is on the broker's disk to save.
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL))
    if os.getppid() != parent:
        sys.exit("the hub has gone")
    os.execv(command[0], command)  # noqa: S606 (no shell on purpose)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4:])
