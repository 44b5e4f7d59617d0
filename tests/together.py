"""How tests are dealt to workers: one by one, or whole modules whose tests share something dear."""

import re
from functools import cache
from pathlib import Path
from typing import Any

from xdist.scheduler import LoadScopeScheduling
from xdist.workermanage import WorkerController

SHARED = 'scope="module"'  # of a fixture: a town, a wheel, a browser for all tests of the file


GROUP = re.compile(r'xdist_group\("([^"]+)"\)')  # of modules that share something between them


@cache
def shared_by(module: Path) -> str:
    """What keeps a module's tests in one worker: a group's name, the module itself, or nothing.

    Read from its text: pytest 9.2 no longer lets the library write a group behind a test's name.
    """
    text = module.read_text(encoding="utf-8") if module.is_file() else ""
    if group := GROUP.search(text):
        return group[1]
    return str(module) if SHARED in text else ""


def is_whole(module: Path) -> bool:
    """Whether a module's tests stay in one worker; elsewhere what they share was made twice."""
    return shared_by(module) != ""


class Together(LoadScopeScheduling):  # type: ignore[misc]  # the library ships no types
    """Deals in the order of collection; a test that ends its worker is not dealt again.

    The library would hand the crashed test to the next worker, and so to one after the other, until
    no worker may be started any more and the run hangs.
    """

    def __init__(self, config: Any, log: Any) -> None:
        config.option.loadscopereorder = False
        super().__init__(config, log)

    def _split_scope(self, nodeid: str) -> str:
        return shared_by(self.config.rootpath / nodeid.partition("::")[0]) or nodeid

    def remove_node(self, node: WorkerController) -> str | None:
        """Take a worker's open tests back; the test in which it crashed, or None if it was done."""
        workload = self.assigned_work.pop(node)
        open_tests: list[tuple[dict[str, bool], str]] = [
            (unit, test) for unit in workload.values() for test, done in unit.items() if not done
        ]
        if not open_tests:
            return None
        unit, crashed = open_tests[0]
        unit[crashed] = True
        left = {scope: unit for scope, unit in workload.items() if not all(unit.values())}
        self.workqueue.update(left)
        for other in self.assigned_work:
            self._reschedule(other)
        return crashed
