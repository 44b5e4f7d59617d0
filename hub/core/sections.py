"""The named sections of ``hub.toml``, [outlets.NAME] and the like: what they have alike. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,23}")  # 24: it is part of an effect's kind


def named(
    body: Mapping[str, Any],
    kind: str,
    most: int,
    *,
    texts: Collection[str],
    others: Collection[str] = (),
    begin: str,
    taken: Collection[str] = (),
) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """(name, as it is written, values) of each section; ValueError says what to write.

    ``texts`` and ``others`` are the words that it may hold, ``begin`` those that it begins with,
    ``taken`` names that mean something already.
    """
    if len(body) > most:
        raise ValueError(f"at most {most} {kind}")
    for name, values in body.items():
        where = f"[{kind}.{name}]"
        if NAME.fullmatch(name) is None or name in taken:
            raise ValueError(f"{where}: a name is small letters, digits, hyphens, at most 24")
        if not isinstance(values, Mapping):
            raise ValueError(f"{where}: write {begin} below it")
        known = {*texts, *others}
        if unknown := set(values) - known:
            words = ", ".join(sorted(known))
            raise ValueError(f"{min(unknown)} in {where} is unknown; write {words}")
        for key in texts:
            if not isinstance(values.get(key, ""), str):
                raise ValueError(f'{key} in {where} is a text: write {key} = "..."')
        yield name, where, values
