"""The command `linli`: verbs and benchmarks come from entry points, each imported when named."""

import argparse
import contextlib
import json
import os
import platform
import sys
from collections.abc import Sequence
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from devices.mistake import Mistake
from devices.verb_words import overview


def main(argv: Sequence[str] | None = None) -> int:
    """Run one verb: 0 done, 1 the answer is no, 2 the caller's mistake, 130 interrupted."""
    os.umask(0o077)  # databases hold names and card keys; the folder around them may be open
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        return _run(words)
    except Mistake as mistake:
        print(f"linli: {mistake}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


def _run(words: list[str]) -> int:
    verbs = {entry.name: entry for entry in entry_points(group="linli.verbs")}
    known = " ".join(sorted([*verbs, "bench"]))
    if not words or words[0] in {"-h", "--help"}:
        print("\n".join(overview({*verbs, "bench"})))
        return 0 if words else 2
    parser = argparse.ArgumentParser(prog=f"linli {words[0]}")
    if words[0] == "bench":
        _bench(parser)
    elif words[0] in verbs:
        _load(verbs[words[0]])(parser)
    else:
        raise Mistake(f"there is no verb {words[0]!r}, only: {known}")
    describe(parser)
    asked = parser.parse_args(words[1:])
    if not hasattr(asked, "func"):
        parser.print_help()
        return 2
    return int(asked.func(asked) or 0)


def describe(parser: argparse.ArgumentParser) -> None:
    """What the list says of an action is also the first line of the action's own help."""
    for action in parser._actions:
        if not isinstance(action, argparse._SubParsersAction):
            continue
        told = {each.dest: each.help or "" for each in action._choices_actions}
        for name, below in action.choices.items():
            words = told.get(name, "")
            if not below.description and words:
                below.description = f"{words[0].upper()}{words[1:].rstrip('.')}."
            describe(below)


def _load(entry: EntryPoint) -> Any:
    try:
        return entry.load()
    except ModuleNotFoundError as absent:
        raise Mistake(f"{entry.name} needs the module {absent.name}, which is missing") from absent
    except AttributeError as absent:
        raise Mistake(f"{entry.name} should be {entry.value}, which is missing") from absent


def _bench(parser: argparse.ArgumentParser) -> None:
    benches = {entry.name: entry for entry in entry_points(group="linli.benchmarks")}
    parser.description = "Measure; the last line of stdout is one JSON object."
    parser.add_argument("name", choices=sorted(benches))
    parser.add_argument("--quick", action="store_true", help="fewer rounds: does it run at all?")
    parser.set_defaults(func=lambda asked: _measure(benches[asked.name], quick=asked.quick))


def _measure(entry: EntryPoint, *, quick: bool) -> None:
    run = _load(entry)
    with contextlib.redirect_stdout(sys.stderr):
        found = run(quick)
    machine = {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "cores": os.cpu_count(),
        "load_1_min": os.getloadavg()[0],
    }
    report = {"bench": entry.name, "quick": quick, "machine": machine, **found}
    print(json.dumps(report, ensure_ascii=False))


if __name__ == "__main__":
    sys.exit(main())
