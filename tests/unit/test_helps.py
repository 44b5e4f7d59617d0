"""What `linli --help` and each verb's own help say first: a line that tells what it is for."""

import argparse
from collections.abc import Iterator
from importlib.metadata import entry_points

import pytest

from devices import cli
from devices.verb_words import GROUPS, overview

VERBS = {entry.name: entry for entry in entry_points(group="linli.verbs")}
COLUMNS = 80  # of the narrowest terminal that anybody still has


def test_each_verb_has_a_line_and_each_line_a_verb() -> None:
    told = [verb for words in GROUPS.values() for verb in words]
    assert sorted(told) == sorted([*VERBS, "bench"])


def test_the_overview_fits_a_terminal_and_names_what_has_no_words() -> None:
    lines = list(overview([*VERBS, "bench", "zz-new"]))
    assert max(map(len, lines)) < COLUMNS
    assert lines[lines.index("Others") + 1] == "  zz-new"
    for heading, words in GROUPS.items():
        after = lines[lines.index(heading) + 1 :]
        assert [line.split()[0] for line in after[: len(words)]] == list(words)
    assert "Others" not in list(overview([*VERBS, "bench"]))
    assert "Try it" not in list(overview(["hub"])), "no heading without a verb"


def parsers(verb: str) -> Iterator[argparse.ArgumentParser]:
    parser = argparse.ArgumentParser(prog=f"linli {verb}")
    VERBS[verb].load()(parser)
    cli.describe(parser)
    waiting = [parser]
    while waiting:
        one = waiting.pop()
        yield one
        for action in one._actions:
            if isinstance(action, argparse._SubParsersAction):
                waiting += action.choices.values()


@pytest.mark.parametrize("verb", sorted(VERBS))
def test_each_help_begins_with_a_sentence_and_explains_every_word(verb: str) -> None:
    for parser in parsers(verb):
        said = parser.description or ""
        assert said[:1].isupper(), f"{parser.prog}: {said!r}"
        assert said.endswith("."), f"{parser.prog}: {said!r}"
        silent = [
            action.dest
            for action in parser._actions
            if not action.help and not isinstance(action, argparse._SubParsersAction)
        ]
        assert silent == [], f"{parser.prog} does not say what these are"
