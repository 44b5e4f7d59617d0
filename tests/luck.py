"""How much luck a run tries: a few seeds with every change, all of them on the long run.

`make seeds` is the long run. What any seed
ever found stands as a test of its own, so a short run forgets nothing that was learnt.
"""

import os
from collections.abc import Iterable
from typing import TypeVar

Seed = TypeVar("Seed")

LONG = os.environ.get("LINLI_LONG") == "1"


def seeds(few: Iterable[Seed], more: Iterable[Seed]) -> list[Seed]:
    """The seeds of this run; the first of them are tried by every run."""
    return [*few, *(more if LONG else ())]


def examples(few: int, many: int) -> int:
    """How many examples hypothesis draws in this run."""
    return many if LONG else few
