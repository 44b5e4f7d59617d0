"""The leaf of a door and its keypad: properties first, then the table of what happens."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.guests import is_code
from devices.keypad import PAUSE_S, CodeTyped, Typed, Typing, pressed
from devices.leaf import Happening, Leaf, Release, moved, released, ticked, withdrawn

ANNA = Release(4.0, 10.0, person="anna", via="card")
EXIT = replace(ANNA, person=None, via="exit", quiet=True)
CLOSED = Leaf(open=False)

steps = st.lists(
    st.one_of(
        st.tuples(st.just("move"), st.none() | st.booleans(), st.booleans()),
        st.tuples(st.just("release"), st.booleans(), st.just(False)),
        st.tuples(st.just("wait"), st.integers(1, 40), st.booleans()),
    ),
    max_size=30,
)


def lived(life: list[tuple[str, object, bool]]) -> list[tuple[float, str]]:
    """A leaf's life: what happened, and when; checks each step's own law."""
    leaf, now_s, told, let_in = Leaf(), 0.0, [], 0
    for what, value, free in life:
        happened: tuple[Happening, ...] = ()
        if what == "release":
            let_in += not value
            leaf = released(leaf, replace(ANNA, until_s=now_s + 4, enter_by_s=now_s + 10,
                                          quiet=bool(value)))  # fmt: skip
        elif what == "wait":
            now_s += float(value)  # type: ignore[arg-type]
            leaf, happened = ticked(leaf, now_s, 30, free=free)
        else:
            before = leaf
            leaf, happened = moved(leaf, value, now_s, free=free)  # type: ignore[arg-type]
            kinds = [one.kind for one in happened]
            if "forced" in kinds:
                assert before.open is False
                assert value is True
                assert not free
                assert now_s > before.free_until_s
        told += [(now_s, one.kind) for one in happened]
    kinds = [kind for _, kind in told]
    assert kinds.count("entered") + kinds.count("not_entered") <= let_in
    assert 0 <= kinds.count("held") - kinds.count("held_over") <= 1
    return told


@given(steps)
def test_nobody_comes_in_twice_and_nothing_is_forced_in_its_time(
    life: list[tuple[str, object, bool]],
) -> None:
    lived(life)


def kinds(happened: tuple[Happening, ...]) -> list[str]:
    return [one.kind for one in happened]


@pytest.mark.parametrize(
    ("leaf", "at_s", "free", "expected"),
    [
        (CLOSED, 1.0, False, ["forced"]),
        (CLOSED, 1.0, True, []),
        (Leaf(), 1.0, False, []),  # nobody knew whether it was closed
        (released(CLOSED, ANNA), 4.0, False, ["entered"]),
        (released(CLOSED, ANNA), 4.1, False, ["forced"]),
        (released(CLOSED, EXIT), 4.0, False, []),
        (released(released(CLOSED, ANNA), ANNA), 3.0, False, ["entered", "entered"]),
        (withdrawn(released(CLOSED, ANNA), ANNA), 1.0, False, ["forced"]),
        (released(Leaf(), ANNA), 1.0, False, ["entered"]),
    ],
)
def test_a_leaf_opens(leaf: Leaf, at_s: float, free: bool, expected: list[str]) -> None:
    after, happened = moved(leaf, True, at_s, free=free)
    assert kinds(happened) == expected
    assert after.open is True


def test_a_leaf_that_swings_twice_in_its_time_is_not_forced() -> None:
    leaf, _ = moved(released(CLOSED, ANNA), True, 1.0, free=False)
    leaf, _ = moved(leaf, False, 2.0, free=False)
    assert kinds(moved(leaf, True, 4.0, free=False)[1]) == []
    assert kinds(moved(leaf, True, 4.1, free=False)[1]) == ["forced"]


def test_who_was_let_in_and_did_not_come_is_told_once() -> None:
    leaf = released(CLOSED, ANNA)
    leaf, happened = ticked(leaf, 10.0, 30, free=False)
    assert not happened
    leaf, happened = ticked(leaf, 10.1, 30, free=False)
    assert happened == (Happening("not_entered", ANNA),)
    assert ticked(leaf, 99.0, 30, free=False)[1] == ()
    unseen = released(Leaf(), ANNA)
    assert ticked(unseen, 10.1, 30, free=False)[1] == ()


def test_an_open_leaf_is_held_once_and_over_when_it_closes() -> None:
    leaf, _ = moved(released(CLOSED, ANNA), True, 1.0, free=False)
    assert kinds(ticked(leaf, 30.9, 30, free=False)[1]) == []
    leaf, happened = ticked(leaf, 31.0, 30, free=False)
    assert kinds(happened) == ["held"]
    assert kinds(ticked(leaf, 90.0, 30, free=False)[1]) == []
    leaf, happened = moved(leaf, None, 91.0, free=False)  # the board is silent: still held
    assert kinds(happened) == []
    leaf, happened = moved(leaf, False, 92.0, free=False)
    assert kinds(happened) == ["held_over"]


def test_holding_is_counted_from_when_the_door_should_have_closed() -> None:
    leaf, _ = moved(CLOSED, True, 0.0, free=True)
    leaf, happened = ticked(leaf, 3_600.0, 30, free=True)
    assert kinds(happened) == []
    assert kinds(ticked(leaf, 3_629.0, 30, free=False)[1]) == []
    assert kinds(ticked(leaf, 3_630.0, 30, free=False)[1]) == ["held"]


# --------------------------------------------------------------------------- keypad


def typed(keys: str, *, card: bool = False, each_s: float = 1.0) -> list[Typed | CodeTyped]:
    typing, found = Typing(), []
    for index, key in enumerate(keys):
        typing, whole = pressed(typing, key, index * each_s, card=card)
        if whole is not None:
            found.append(whole)
    return found


@pytest.mark.parametrize(
    ("keys", "card", "expected"),
    [
        ("302#2580#", False, [Typed("302", "2580")]),
        ("2580#", False, []),  # a PIN alone says nothing
        ("2580#", True, [Typed(None, "2580")]),
        ("31*02#2580#", False, [Typed("02", "2580")]),
        ("302#25*", False, []),
        ("#302##2580#", False, [Typed("302", "2580")]),
        ("302#123456789012#", False, [Typed("302", "1234567890")]),
        ("482119305#", False, [CodeTyped("482119305")]),
        ("482119305#302#2580#", False, [CodeTyped("482119305"), Typed("302", "2580")]),
        ("4821193050#2580#", False, [Typed("4821193050", "2580")]),
        ("482119305#", True, [Typed(None, "482119305")]),
        ("302#482119305#", False, [Typed("302", "482119305")]),
        ("A3x02#2580#", False, [Typed("302", "2580")]),
    ],
)
def test_what_is_typed(keys: str, card: bool, expected: list[Typed | CodeTyped]) -> None:
    assert typed(keys, card=card) == expected


def test_a_pause_forgets_and_nothing_is_shown() -> None:
    assert typed("302#2580#", each_s=PAUSE_S + 0.1) == []
    assert "2580" not in repr(typed("302#2580#"))
    assert "482119305" not in repr(typed("482119305#"))
    typing, _ = pressed(Typing(), "7", 0.0, card=False)
    assert "7" not in repr(typing)


@given(st.text(max_size=40), st.booleans())
def test_no_key_is_too_strange(keys: str, card: bool) -> None:
    for whole in typed(keys, card=card):
        if isinstance(whole, CodeTyped):
            assert is_code(whole.digits)
            continue
        assert whole.pin.isdecimal()
        assert card or whole.claim
