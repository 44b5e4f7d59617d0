"""`python -m tests.drivers.fuzz [NAME ...] --seconds 10 [--keep]`: coverage-guided, by Atheris.

Every target when none is named; `make fuzz` is that. The corpus is text, one input a line in
hexadecimal digits, so that it can be read and reviewed. `--keep` puts what reached new code into
it, the smallest first, up to KEPT_MOST lines. What breaks a target is told in the same digits.
"""

import argparse
import re
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

CORPUS = Path(__file__).parent / "corpus"
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
    known = set(seeds_of(name))
    fresh = sorted(set(inputs) - known, key=lambda one: (len(one), one))
    kept = [*seeds_of(name), *fresh][:KEPT_MOST]
    (CORPUS / f"{name}.txt").write_text("".join(f"{one.hex()}\n" for one in kept))


if __name__ == "__main__":
    sys.exit(main())
