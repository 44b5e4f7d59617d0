"""`python -m tests.drivers.fuzz NAME --seconds 60 [--keep]`: coverage-guided, by Atheris.

The corpus is text, one input a line in hexadecimal digits, so that it can be read and reviewed.
`--keep` puts what reached new code into it, the smallest first, up to KEPT_MOST lines.
"""

import argparse
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

CORPUS = Path(__file__).parent / "corpus"
KEPT_MOST = 40
INPUT_MOST_BYTES = 400


def seeds_of(name: str) -> list[bytes]:
    """The committed inputs of a target."""
    path = CORPUS / f"{name}.txt"
    lines = path.read_text(encoding="ascii").split("\n") if path.exists() else []
    return [bytes.fromhex(line) for line in lines if line and not line.startswith("#")]


def main() -> int:
    """Run one target for a while; 0 when nothing was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.drivers.fuzz")
    parser.add_argument("name")
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--keep", action="store_true")
    asked = parser.parse_args()
    if find_spec("atheris") is None:
        sys.stderr.write("atheris is missing: pip install --group fuzz\n")
        return 2
    with tempfile.TemporaryDirectory() as place:
        old, new = Path(place) / "old", Path(place) / "new"
        for folder in (old, new):
            folder.mkdir()
        for number, seed in enumerate(seeds_of(asked.name)):
            (old / f"{number:04}").write_bytes(seed)
        limits = [f"-max_total_time={asked.seconds}", f"-max_len={INPUT_MOST_BYTES}"]
        code = _child(asked.name, [*limits, f"-artifact_prefix={place}/", str(new), str(old)])
        found = [*Path(place).glob("crash-*"), *Path(place).glob("timeout-*")]
        for one in found:
            sys.stderr.write(f"{one.name}: {one.read_bytes().hex()}\n")
        if code == 0 and asked.keep:
            _keep(asked.name, [one.read_bytes() for one in new.iterdir()])
    return 1 if code or found else 0


def _child(name: str, arguments: list[str]) -> int:
    command = [sys.executable, "-m", "tests.drivers.fuzz.child", name, *arguments]
    return subprocess.run(command, check=False).returncode


def _keep(name: str, inputs: list[bytes]) -> None:
    known = set(seeds_of(name))
    fresh = sorted(set(inputs) - known, key=lambda one: (len(one), one))
    kept = [*seeds_of(name), *fresh][:KEPT_MOST]
    (CORPUS / f"{name}.txt").write_text("".join(f"{one.hex()}\n" for one in kept))


if __name__ == "__main__":
    sys.exit(main())
