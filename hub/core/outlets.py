"""The outlets of ``hub.toml``: how a message leaves the house; secrets stand there by name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time
from typing import Any

from hub.core.sections import named
from hub.core.words import LANGUAGES

OUTLETS_MAX = 32  # a site's groups, mailboxes and numbers
RECIPIENTS_MAX = 20  # of one outlet; more people belong into a group
WEB_KINDS = ("webhook", "dingtalk", "feishu", "wecom")
KINDS = (*WEB_KINDS, "mail", "sms")
_URLS = {"mail": ("smtp://", "smtps://", "smtp+starttls://")}
_MORNING = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")


@dataclass(frozen=True, slots=True)
class OutletWire:
    """One outlet: ``url`` and ``secret`` may be ``secret:NAME``, a file in the secrets folder."""

    kind: str
    url: str = field(repr=False)
    secret: str = field(repr=False, default="")
    user: str = ""
    sender: str = ""
    to: tuple[str, ...] = ()
    language: str = ""


@dataclass(frozen=True, slots=True)
class AlertSettings:
    """The language in which messages leave, and when the morning's message does."""

    language: str = LANGUAGES[0]
    morning: time = time(8, 30)


def read_settings(body: Mapping[str, Any]) -> AlertSettings:
    """The section [alerts]; ValueError says what to write."""
    unknown = set(body) - {"language", "morning"}
    if unknown:
        raise ValueError(f"{min(unknown)} in [alerts] is unknown; write language or morning")
    language = body.get("language", LANGUAGES[0])
    if language not in LANGUAGES:
        raise ValueError(f"language in [alerts] is one of {', '.join(LANGUAGES)}")
    found = _MORNING.fullmatch(str(body.get("morning", "08:30")))
    if found is None:
        raise ValueError('morning in [alerts] is a clock time: write morning = "08:30"')
    return AlertSettings(language, time(int(found[1]), int(found[2])))


def read_outlets(body: Mapping[str, Any]) -> dict[str, OutletWire]:
    """The sections [outlets.NAME]; ValueError says what to write."""
    texts = ("kind", "url", "secret", "user", "from", "language")
    sections = named(
        body, "outlets", OUTLETS_MAX, texts=texts, others=("to",), begin="kind and url",
        taken=("console",),
    )  # fmt: skip
    return {name: _outlet(where, values) for name, where, values in sections}


def _outlet(where: str, values: Mapping[str, Any]) -> OutletWire:
    wire = OutletWire(
        values.get("kind", ""),
        values.get("url", ""),
        values.get("secret", ""),
        values.get("user", ""),
        values.get("from", ""),
        _recipients(where, values.get("to", [])),
        values.get("language", ""),
    )
    _check(where, wire)
    return wire


def _recipients(where: str, to: object) -> tuple[str, ...]:
    fits = isinstance(to, list) and all(isinstance(one, str) and one for one in to)
    if not isinstance(to, list) or not fits or len(to) > RECIPIENTS_MAX:
        raise ValueError(f'to in {where} is a list of at most {RECIPIENTS_MAX}: write to = ["..."]')
    return tuple(to)


def _check(where: str, wire: OutletWire) -> None:
    if wire.kind not in KINDS:
        raise ValueError(f"kind in {where} is one of {', '.join(KINDS)}")
    starts = _URLS.get(wire.kind, ("https://", "http://"))
    if not wire.url.startswith((*starts, "secret:")):
        raise ValueError(f"url in {where} begins with {' or '.join(starts)}, or is secret:NAME")
    if wire.language and wire.language not in LANGUAGES:
        raise ValueError(f"language in {where} is one of {', '.join(LANGUAGES)}")
    if wire.kind in ("mail", "sms") and not wire.to:
        raise ValueError(f'to in {where} is missing: write to = ["..."]')
    if wire.kind == "mail" and not wire.sender:
        raise ValueError(f'from in {where} is missing: write from = "linli@..."')
    if wire.secret and not wire.secret.startswith("secret:"):
        raise ValueError(f"secret in {where} is a reference: write secret:NAME")
