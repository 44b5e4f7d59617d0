"""The leaf of a door as its contact tells it: who came in, who did not, forced, held too long.

Pure: contact, releases and the passing of time go in, what happened comes out. Times are seconds
of one monotonic clock.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

GRACE_S = 1.0  # contacts are polled, and a hand needs a moment after the bolt is back
RELEASES_MAX = 16  # people let in one after another before the leaf moves


@dataclass(frozen=True, slots=True)
class Release:
    """Somebody was let in; ``quiet`` for whoever leaves, ``watched`` when a contact will tell."""

    until_s: float
    enter_by_s: float
    person: str | None = None
    companion: str | None = None
    credential: str | None = None
    visit: str | None = None
    area: str | None = None
    via: str | None = None
    quiet: bool = False
    watched: bool = False


@dataclass(frozen=True, slots=True)
class Leaf:
    """What is known of a leaf; ``open`` None while nobody can tell."""

    open: bool | None = None
    since_s: float = 0.0
    held: bool = False
    free_until_s: float = 0.0
    releases: tuple[Release, ...] = ()


@dataclass(frozen=True, slots=True)
class Happening:
    """``entered``, ``not_entered``, ``forced``, ``held`` or ``held_over``, and whose doing."""

    kind: str
    release: Release | None = None


Happened = tuple[Leaf, tuple[Happening, ...]]


def released(leaf: Leaf, release: Release) -> Leaf:
    """The strike is being released."""
    releases = (*leaf.releases, release)[-RELEASES_MAX:]
    free_until_s = max(leaf.free_until_s, release.until_s)
    return replace(leaf, releases=releases, free_until_s=free_until_s)


def withdrawn(leaf: Leaf, release: Release) -> Leaf:
    """The strike surely did not take it: nobody was let in."""
    others = tuple(one for one in leaf.releases if one is not release)
    until_s = max((one.until_s for one in others), default=0.0)
    return replace(leaf, releases=others, free_until_s=until_s)


def moved(leaf: Leaf, is_open: bool | None, now_s: float, *, free: bool) -> Happened:
    """The contact says something; ``free`` while the door stands unlocked for everyone."""
    if is_open == leaf.open:
        return leaf, ()
    happened: tuple[Happening, ...] = ()
    if is_open:
        waiting = [one for one in leaf.releases if now_s <= one.until_s]
        happened = tuple(Happening("entered", one) for one in waiting if not one.quiet)
        if leaf.open is False and not (waiting or free or now_s <= leaf.free_until_s):
            happened = (Happening("forced"),)
        leaf = replace(leaf, releases=())
    elif is_open is False and leaf.held:
        happened, leaf = (Happening("held_over"),), replace(leaf, held=False)
    return replace(leaf, open=is_open, since_s=now_s), happened


def ticked(leaf: Leaf, now_s: float, held_s: float, *, free: bool) -> Happened:
    """Time passes: who was let in and did not come, and a leaf that stays open too long."""
    happened: list[Happening] = []
    if over := [one for one in leaf.releases if now_s > one.enter_by_s]:
        closed = leaf.open is False  # of a leaf that cannot be seen nobody says so
        happened += [Happening("not_entered", one) for one in over if closed and not one.quiet]
        leaf = replace(leaf, releases=tuple(one for one in leaf.releases if one not in over))
    if free:
        leaf = replace(leaf, since_s=now_s)  # it is counted from when it should have closed
    elif leaf.open and not leaf.held and now_s - leaf.since_s >= held_s:
        happened.append(Happening("held"))
        leaf = replace(leaf, held=True)
    return leaf, tuple(happened)
