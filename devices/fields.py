"""Typed reading of message fields: each reader takes exactly what the contract says, or misfits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from devices.messages import Refusal, Revision

_TEXT_MAX = 512  # characters of any one text field inside a message
_LIST_MAX = 64  # entries of any one list inside a message
_MAP_MAX = 16  # entries of any one map inside a message


class Misfit(Exception):
    """A field is not of its form; never leaves the decoders."""


def text(body: Mapping[str, Any], key: str) -> str:
    """A non-empty bounded text."""
    value = body.get(key)
    if not isinstance(value, str) or not value or len(value) > _TEXT_MAX:
        raise Misfit(key)
    return value


def text_or_none(body: Mapping[str, Any], key: str) -> str | None:
    """A text, or None when absent."""
    return None if body.get(key) is None else text(body, key)


def whole(body: Mapping[str, Any], key: str) -> int:
    """A whole number that JSON carries exactly."""
    value = body.get(key)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**53:
        raise Misfit(key)
    return value


def whole_or_none(body: Mapping[str, Any], key: str) -> int | None:
    """A whole number, or None when absent."""
    return None if body.get(key) is None else whole(body, key)


def seconds(body: Mapping[str, Any], key: str) -> float:
    """A number of seconds or milliseconds, never negative, never NaN."""
    value = body.get(key)
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value < 1e11:
        raise Misfit(key)
    return float(value)


def revision(body: Mapping[str, Any], key: str) -> Revision:
    """An (epoch, number) pair."""
    pair = body.get(key)
    if not isinstance(pair, list) or len(pair) != 2:
        raise Misfit(key)
    numbers = {"epoch": pair[0], "number": pair[1]}
    return Revision(whole(numbers, "epoch"), whole(numbers, "number"))


def stages(body: Mapping[str, Any], key: str) -> dict[str, float]:
    """Named durations."""
    stages = body.get(key, {})
    if not isinstance(stages, dict) or len(stages) > _MAP_MAX:
        raise Misfit(key)
    return {text({"k": name}, "k"): seconds(stages, name) for name in stages}


def texts(body: Mapping[str, Any], key: str) -> tuple[str, ...]:
    """A list of texts."""
    items = body.get(key, [])
    if not isinstance(items, list) or len(items) > _LIST_MAX:
        raise Misfit(key)
    return tuple(text({"i": item}, "i") for item in items)


def content(body: Mapping[str, Any], key: str) -> dict[str, str | int]:
    """A small map of texts and whole numbers."""
    items = body.get(key, {})
    if not isinstance(items, dict) or len(items) > _MAP_MAX:
        raise Misfit(key)
    out: dict[str, str | int] = {}
    for name, value in items.items():
        out[name] = whole(items, name) if isinstance(value, int) else text(items, name)
    return out


T = TypeVar("T")


def read(build: Callable[[Mapping[str, Any]], T], body: object) -> T | Refusal:
    """Build a message from a JSON object; what does not fit is a refusal, never an exception."""
    if isinstance(body, Refusal):
        return body
    if not isinstance(body, dict):
        return Refusal("form", "not an object")
    try:
        return build(body)
    except (Misfit, ValueError) as misfit:
        return Refusal("form", str(misfit)[:64])
