"""How much a run tries: a few seeds with every change, all of them on the long run.

`make seeds` is the long run. What any seed
ever found stands as a test of its own, so a short run forgets nothing that was learnt.

The whole run (`make whole`, and `.ci/run`) leaves nothing out: every page in every language at
every size. A plain run has each language and each size once, and not what is marked ``whole``:
dear tests of something that a cheaper one stands for.
"""

import os
from collections.abc import Iterable, Mapping
from typing import TypeVar

Seed = TypeVar("Seed")

LONG = os.environ.get("LINLI_LONG") == "1"
WHOLE = LONG or os.environ.get("LINLI_NOTHING_LEFT_OUT") == "1"
LOOKS = frozenset({"language", "view", "size", "shape", "elder"})  # axes that are crossed


def seeds(few: Iterable[Seed], more: Iterable[Seed]) -> list[Seed]:
    """The seeds of this run; the first of them are tried by every run."""
    return [*few, *(more if LONG else ())]


def examples(few: int, many: int) -> int:
    """How many examples hypothesis draws in this run."""
    return many if LONG else few


def share(plain: int, whole: int) -> int:
    """How many examples a plain run draws where they are dear, and how many the whole one."""
    return whole if WHOLE else plain


def stands_for_all(indices: Mapping[str, int], counts: Mapping[str, int]) -> bool:
    """Whether a test is one of those by which each value of each crossed axis is seen once."""
    axes = LOOKS & indices.keys()
    steps = range(max((counts[axis] for axis in axes), default=1))
    return len(axes) < 2 or any(
        all(indices[axis] == step % counts[axis] for axis in axes) for step in steps
    )
