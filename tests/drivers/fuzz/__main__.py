"""`python -m tests.drivers.fuzz [NAME ...] --seconds 10 [--keep]`: coverage-guided, by Atheris.

Every target when none is named; `make fuzz` is that. The corpus is text, one input a line in
hexadecimal digits, so that it can be read and reviewed. `--keep` adds what takes a way through the
code that no kept input takes, the smallest first; where there would be more than KEPT_MOST lines,
the last of those go that take no way of their own. What breaks a target is told in the same digits.
"""

import argparse
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Sequence
from importlib.util import find_spec
from pathlib import Path
from types import FrameType
from typing import Any

CORPUS = Path(__file__).parent / "corpus"
ROOT = Path(__file__).parents[3]
CODE = (str(ROOT / "drivers"), str(ROOT / "simulators" / "ends"))
Way = tuple[str, int, int]  # file, from line, to line
KEPT_MOST = 40
INPUT_MOST_BYTES = 400
INPUT_MOST_S = 20  # of one input, on a machine that others use too; more is a parser that hangs


def seeds_of(name: str) -> list[bytes]:
    """The committed inputs of a target."""
    path = CORPUS / f"{name}.txt"
    lines = path.read_text(encoding="ascii").split("\n") if path.exists() else []
    return [bytes.fromhex(line) for line in lines if line and not line.startswith("#")]


def main() -> int:
    """Run targets for a while each; 0 when nothing was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.drivers.fuzz")
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--seconds", type=int, default=10, help="for each target")
    parser.add_argument("--keep", action="store_true")
    asked = parser.parse_args()
    if find_spec("atheris") is None:
        sys.stderr.write("atheris is missing: make fuzz installs it\n")
        return 2
    known = sorted(path.stem for path in CORPUS.glob("*.txt"))
    names = asked.names or known
    if not set(names) <= set(known):
        sys.stderr.write(f"no such target; there are {', '.join(known)}\n")
        return 2
    broken = [name for name in names if not fuzz(name, asked.seconds, keep=asked.keep)]
    if broken:
        sys.stderr.write(f"broken: {', '.join(broken)}\n")
    return 1 if broken else 0


def fuzz(name: str, seconds: int, *, keep: bool) -> bool:
    """Whether a target held for so long; one line says so, everything where it did not."""
    with tempfile.TemporaryDirectory() as place:
        old, new = Path(place) / "old", Path(place) / "new"
        for folder in (old, new):
            folder.mkdir()
        for number, seed in enumerate(seeds_of(name)):
            (old / f"{number:04}").write_bytes(seed)
        limits = [f"-max_total_time={seconds}", f"-max_len={INPUT_MOST_BYTES}"]
        limits += [f"-timeout={INPUT_MOST_S}", f"-artifact_prefix={place}/"]
        child = [sys.executable, "-m", "tests.drivers.fuzz.child", name, *limits]
        ran = subprocess.run(
            [*child, str(new), str(old)], check=False, capture_output=True, text=True
        )
        found = [*Path(place).glob("crash-*"), *Path(place).glob("timeout-*")]
        if ran.returncode or found:
            sys.stderr.write(ran.stdout + ran.stderr)
            for one in found:
                sys.stderr.write(f"{name}, {one.name}: {one.read_bytes().hex()}\n")
            return False
        done = re.search(r"Done (\d+) runs", ran.stderr)
        sys.stdout.write(f"{name}: held, {done[1] if done else '?'} inputs\n")
        sys.stdout.flush()
        if keep:
            _keep(name, [one.read_bytes() for one in new.iterdir()])
        return True


def _keep(name: str, inputs: list[bytes]) -> None:
    from tests.drivers.fuzz.targets import TARGETS  # noqa: PLC0415 - not where Atheris is started

    known = seeds_of(name)
    kept = chosen(known, inputs, lambda one: ways_of(TARGETS[name], one))
    (CORPUS / f"{name}.txt").write_text("".join(f"{one.hex()}\n" for one in kept))
    sys.stdout.write(f"{name}: {len(kept)} kept, {len(set(kept) - set(known))} of them new\n")


def chosen(
    known: Sequence[bytes], inputs: Iterable[bytes], ways: Callable[[bytes], set[Way]]
) -> list[bytes]:
    """What is worth keeping: first what was kept, then what takes a new way, smallest first."""
    taken: set[Way] = set()
    own: list[bytes] = []  # each takes a way that none before it takes
    fresh = sorted(set(inputs) - set(known), key=lambda one: (len(one), one))
    for one in [*known, *fresh]:
        found = ways(one)
        if not found <= taken:
            taken |= found
            own.append(one)
    own = own[:KEPT_MOST]
    others = [one for one in known if one not in own][: KEPT_MOST - len(own)]
    return [one for one in known if one in own or one in others] + [
        one for one in own if one not in known
    ]


def ways_of(target: Callable[[bytes], None], fuzzed: bytes) -> set[Way]:
    """From which line to which a target goes with this input, in the code that is fuzzed."""
    found: set[Way] = set()

    def watch(frame: FrameType, event: str, _argument: object) -> Any:
        name = frame.f_code.co_filename
        if event == "call" and not name.startswith(CODE):
            return None
        before = 0

        def lines(frame: FrameType, event: str, _argument: object) -> Any:
            nonlocal before
            if event == "line":
                found.add((name, before, frame.f_lineno))
                before = frame.f_lineno
            return lines

        return lines

    sys.settrace(watch)
    try:
        target(fuzzed)
    finally:
        sys.settrace(None)
    return found


if __name__ == "__main__":
    sys.exit(main())
