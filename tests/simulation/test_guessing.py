"""Somebody with a right PIN of their own stands at the keypads of a site for thirty days.

The real decision, a clock that is only counted, seeds. What is held: how often a keypad looks at a
guess, however many right PINs lie between; and that the neighbours still come in by their own.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from devices.access import (
    DoorPolicy,
    Granted,
    Pins,
    Policy,
    Request,
    Rule,
    State,
    Way,
    decide,
)
from devices.facts import kept, recalled
from devices.guesses import FAMILIAR, FORGIVEN, KEYPAD, OWN, SPACE, Budget
from devices.messages import Revision
from devices.pins import PIN_DIGITS_MIN, claim_mark, is_pin, pin_mark
from tests.luck import share

KEY = b"g" * 32
BEGAN = datetime(2026, 11, 1, tzinfo=UTC)
DAYS = 30
STEP_S = 900.0
DOORS = (1, 2)
FLATS = tuple(str(number) for number in range(101, 117))
OWN_FLAT, TARGET = FLATS[0], FLATS[1]
GUESS = "000000"  # never a PIN: every one of them is looked at in vain, and goes on counting


def pin_of(flat: str) -> str:
    return f"92{flat}7"


def policy() -> Policy:
    door = DoorPolicy(
        1,
        rules={"r": Rule()},
        people={f"p{flat}": ("r",) for flat in FLATS},
        typed=True,
        pins=Pins(
            KEY,
            {claim_mark(KEY, flat): (f"p{flat}",) for flat in FLATS},
            {f"p{flat}": (pin_mark(KEY, f"p{flat}", pin_of(flat)), bytes(12)) for flat in FLATS},
        ),
    )
    return Policy(Revision(1, 1), UTC, {}, frozenset(), {1: door})


@dataclass
class Site:
    """Controllers with one keypad each, and what was said at them."""

    rules: Policy = field(default_factory=policy)
    states: dict[int, State] = field(default_factory=lambda: dict.fromkeys(DOORS, State()))
    rows: dict[int, dict[str, str]] = field(default_factory=lambda: {door: {} for door in DOORS})
    looks: Counter[str] = field(default_factory=Counter)
    turned_away: Counter[str] = field(default_factory=Counter)

    def types(self, door: int, flat: str, pin: str, at_s: float) -> str:
        request = Request(1, Way.PIN, claim=flat, pin=pin)
        before = self.states[door]
        decision, after = decide(self.rules, before, request, BEGAN + timedelta(seconds=at_s))
        for key, value in kept(before, after, decision.facts).items():
            if value is None:
                self.rows[door].pop(key, None)
            else:
                self.rows[door][key] = value
        self.states[door] = after
        return decision.reason

    def guesses(self, door: int, flat: str, at_s: float) -> bool:
        """Whether one more guess was looked at."""
        looked = self.types(door, flat, GUESS, at_s) == "pin_wrong"
        self.looks[flat] += looked
        return looked

    def comes_home(self, door: int, flat: str, at_s: float) -> None:
        if self.types(door, flat, pin_of(flat), at_s) != "granted":
            self.turned_away[flat] += 1

    def restarts(self, door: int) -> None:
        self.states[door] = recalled(self.rows[door])


Attack = Callable[[Site, int, float], None]


def everybody(site: Site, door: int, at_s: float) -> None:
    """Each flat as long as one is looked at, an own opening beside each guess."""
    _at(site, door, at_s, FLATS[1:])


def one_flat(site: Site, door: int, at_s: float) -> None:
    _at(site, door, at_s, (TARGET,))


def half(site: Site, door: int, at_s: float) -> None:
    _at(site, door, at_s, FLATS[1:8])


def at_home(site: Site, door: int, at_s: float) -> None:
    """A relative's PIN, behind the claim that the own PIN forgives."""
    _at(site, door, at_s, (OWN_FLAT,))


def _at(site: Site, door: int, at_s: float, flats: tuple[str, ...]) -> None:
    site.comes_home(door, OWN_FLAT, at_s)
    for flat in flats:
        while site.guesses(door, flat, at_s):
            site.types(door, OWN_FLAT, pin_of(OWN_FLAT), at_s)


def steps(days: int) -> Iterator[tuple[int, float]]:
    for step in range(int(days * 86_400 / STEP_S)):
        for door in DOORS:
            yield door, step * STEP_S


def month(attack: Attack, seed: int, days: int = DAYS) -> Site:
    """Neighbours come home twice a day and mistype now and then; the attacker never sleeps."""
    luck, site = random.Random(seed), Site()
    for door in DOORS:
        for flat in FLATS[1:]:
            site.comes_home(door, flat, 0.0)
    for door, at_s in steps(days):
        attack(site, door, at_s)
        for flat in FLATS[1:]:
            if luck.random() < 2 * STEP_S / 86_400 / len(DOORS):
                later_s = at_s + luck.uniform(1, STEP_S - 60)
                if luck.random() < 0.02:
                    site.types(door, flat, "111111", later_s)
                site.comes_home(door, flat, later_s + 10)
        if luck.random() < 1 / 400:
            site.restarts(door)
    return site


def most(budget: Budget, days: int = DAYS) -> float:
    return budget.free + days * 86_400 / budget.fade_s


ABROAD = len(DOORS) * (most(KEYPAD) + len(FLATS) * most(FAMILIAR))
AT_HOME = len(DOORS) * (most(OWN) + most(FORGIVEN))
SEEDS = (3, 14)[: share(1, 2)]


@pytest.mark.parametrize("seed", SEEDS)
def test_a_month_at_every_neighbour_s_pin_finds_next_to_none(seed: int) -> None:
    site = month(everybody, seed)
    looks = sum(site.looks.values())
    assert ABROAD / 2 < looks <= ABROAD
    assert looks / SPACE < 0.005
    assert max(site.looks.values()) <= AT_HOME, "wherever there is room"


@pytest.mark.parametrize("seed", SEEDS)
def test_a_month_at_one_flat_is_slower_still_and_the_others_never_wait(seed: int) -> None:
    site = month(one_flat, seed)
    assert 100 < site.looks[TARGET] <= AT_HOME
    assert set(site.turned_away) <= {TARGET}


@pytest.mark.parametrize("seed", SEEDS)
def test_whoever_nobody_guesses_at_comes_in_all_the_time(seed: int) -> None:
    """The keypads are full of others' wrong PINs all month long."""
    site = month(half, seed)
    guessed = set(FLATS[1:8])
    assert sum(site.looks.values()) > len(DOORS) * DAYS * 20
    assert sum(site.turned_away[flat] for flat in guessed), "these wait: the price"
    assert set(site.turned_away) <= guessed


def test_a_relative_s_pin_is_as_safe_though_the_own_one_forgives() -> None:
    site = month(at_home, 5)
    assert AT_HOME / 2 < site.looks[OWN_FLAT] <= AT_HOME
    assert site.looks[OWN_FLAT] / SPACE < 0.005


def test_an_hour_after_the_guessing_everybody_comes_in() -> None:
    site = month(everybody, 8, days=3)
    hour_s = max(OWN.fade_s, KEYPAD.fade_s)
    for door in DOORS:
        for flat in FLATS[1:]:
            assert site.types(door, flat, pin_of(flat), 3 * 86_400 + hour_s) == "granted"


def test_the_arithmetic_is_what_the_module_says() -> None:
    some = range(0, 10**PIN_DIGITS_MIN, 101)  # in no step with how dates are written
    allowed = sum(is_pin(f"{number:0{PIN_DIGITS_MIN}}") for number in some) * 101
    assert SPACE <= allowed < SPACE + 50_000
    six = 6 * most(KEYPAD) + 200 * most(FAMILIAR)
    assert six == 15_360
    assert 0.016 < six / SPACE < 0.018
    home = 6 * (most(OWN) + most(FORGIVEN))
    assert home == 8_730
    assert home / SPACE < 0.01


def test_the_one_who_guesses_comes_in_too() -> None:
    """Nobody learns from a keypad that somebody guesses: the own PIN goes on opening."""
    site = month(everybody, 21, days=2)
    assert not site.turned_away[OWN_FLAT]
    decision, _ = decide(
        site.rules,
        site.states[1],
        Request(1, Way.PIN, claim=OWN_FLAT, pin=pin_of(OWN_FLAT)),
        BEGAN + timedelta(days=2),
    )
    assert isinstance(decision, Granted)
