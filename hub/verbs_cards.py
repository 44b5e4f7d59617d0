"""The issuing desk's verbs of `linli`: make ready, give, replace, verify, block, lists, report."""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from devices.mistake import Mistake
from hub.asking import call
from hub.core.card_kinds import IDENTIFIERS
from hub.verbs_escrow import register as register_escrow

Sitting = Callable[[Any, argparse.Namespace], Awaitable[None]]


def card(parser: argparse.ArgumentParser) -> None:
    """The issuing desk."""
    parser.description = "Make senior cards ready at a desk reader, give them out, look after them."
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    _at_the_reader(actions)
    _lists(actions)
    register_escrow(actions)


def _folder(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, default=Path("data"), help="the hub's data folder")


def _at_the_reader(actions: Any) -> None:
    def sits(name: str, words: str, sitting: Sitting) -> argparse.ArgumentParser:
        made: argparse.ArgumentParser = actions.add_parser(name, help=words)
        _folder(made)
        made.add_argument("--reader", required=True, help="such as pn532+serial:///dev/ttyUSB0")
        made.set_defaults(func=lambda asked: asyncio.run(_sit(asked, sitting)))
        return made

    ahead = sits("personalise", "make blanks ready ahead, one after the other", _personalise)
    ahead.add_argument("--count", type=int, default=1_000_000, help="end after so many")
    issue = sits("issue", "give the next cards, one for each person", _issue)
    issue.add_argument("people", nargs="+", help="ids of the people, in the order of the cards")
    again = sits("reissue", "give a new card; the old one is stopped in the same act", _reissue)
    again.add_argument("card", help="id of the card that is replaced")
    again.add_argument("person", help="id of its holder")
    sits("verify", "say what the next card is, and whose", _verify)
    enrol = sits("enrol", "take an old card as somebody's, as a number", _enrol)
    enrol.add_argument("person", help="id of its holder")
    enrol.add_argument("--kind", required=True, choices=IDENTIFIERS, help="what card it is")


def _lists(actions: Any) -> None:
    block = actions.add_parser("block", help="stop a card at all doors")
    _folder(block)
    block.add_argument("card", help="the card's id")
    block.set_defaults(func=_block)
    papers = actions.add_parser("handouts", help="who was given which card, signed; or verify it")
    _folder(papers)
    papers.add_argument("--out", type=Path, help="write the list here, its signature beside it")
    papers.add_argument("--verify", type=Path, help="a list whose signature lies beside it")
    papers.add_argument("--root", default="", help="the site root's public key, where no site is")
    papers.set_defaults(func=_handouts)
    report = actions.add_parser("report", help="doors that still open for a bare number")
    _folder(report)
    report.set_defaults(func=lambda a: print(json.dumps(call(a.data, "cards/report", {}))))


# --------------------------------------------------------------------------- at the reader


async def _sit(asked: argparse.Namespace, sitting: Sitting) -> None:
    """One sitting at a reader of this machine."""
    from drivers.catalogue import CatalogueError, open_reader  # noqa: PLC0415
    from hub import keys as hub_keys  # noqa: PLC0415
    from hub.clerk import Clerk  # noqa: PLC0415
    from hub.gateways.desk_cards import CardWriter  # noqa: PLC0415

    secrets_of = hub_keys.load(asked.data)
    try:
        reader = open_reader(asked.reader, lambda _name: b"")
    except CatalogueError as fault:
        raise Mistake(str(fault)) from fault

    async def ask(path: str, body: Mapping[str, Any]) -> Any:
        return await asyncio.to_thread(call, asked.data, path, dict(body))

    def say(told: Mapping[str, Any]) -> None:
        print(json.dumps(dict(told), ensure_ascii=False), flush=True)

    writer = CardWriter(secrets_of.masters, secrets_of.system_id)
    try:
        await sitting(Clerk(reader.cards(), writer, ask, say), asked)
    finally:
        await reader.close()


async def _personalise(clerk: Any, asked: argparse.Namespace) -> None:
    await clerk.personalise(asked.count)


async def _issue(clerk: Any, asked: argparse.Namespace) -> None:
    await clerk.issue(asked.people)


async def _reissue(clerk: Any, asked: argparse.Namespace) -> None:
    await clerk.issue([asked.person], asked.card)


async def _verify(clerk: Any, asked: argparse.Namespace) -> None:
    del asked
    await clerk.verify()


async def _enrol(clerk: Any, asked: argparse.Namespace) -> None:
    await clerk.enrol(asked.person, asked.kind)


# --------------------------------------------------------------------------- lists


def _block(asked: argparse.Namespace) -> None:
    from urllib.parse import quote  # noqa: PLC0415

    call(asked.data, f"cards/{quote(asked.card, safe='')}/block", {})
    print(json.dumps({"card": asked.card, "stopped": True}))


def _handouts(asked: argparse.Namespace) -> int:
    if (asked.out is None) == (asked.verify is None):
        raise Mistake("write either --out FILE or --verify FILE")
    if asked.verify is not None:
        return _verify_handouts(asked)
    form = "json" if asked.out.suffix == ".json" else "csv"
    made = call(asked.data, "cards/handouts", {"form": form})
    beside = _beside(asked.out)
    asked.out.write_bytes(made["file"].encode())
    beside.write_text(f"{made['signature']}\n{made['keyset']}\n", encoding="ascii")
    print(json.dumps({"out": str(asked.out), "signature": str(beside), "rows": made["rows"]}))
    return 0


def _beside(file: Path) -> Path:
    return file.with_name(file.name + ".sig")


def _verify_handouts(asked: argparse.Namespace) -> int:
    from devices.messages import Refusal  # noqa: PLC0415
    from hub import keys as hub_keys  # noqa: PLC0415
    from hub.core import handouts  # noqa: PLC0415

    try:
        root = bytes.fromhex(asked.root) if asked.root else hub_keys.load(asked.data).root_public
        file = asked.verify.read_bytes()
        signature, keyset = _beside(asked.verify).read_bytes().split()
    except (OSError, ValueError) as fault:
        raise Mistake(f"the list, its .sig or --root cannot be read: {fault}") from fault
    if len(root) != 32:
        raise Mistake("--root is the site root's public key: 64 hex digits")
    find_root = hub_keys.find_by(lambda kid: root if kid == "root" else None)
    keys = handouts.audit_keys(keyset, find_root)
    told = keys if isinstance(keys, Refusal) else handouts.verify(file, signature, keys)
    if isinstance(told, Refusal):
        print(json.dumps({"ok": False, "fault": f"{told.reason} {told.detail}".strip()}))
        return 1
    print(json.dumps({"ok": True, "site": told[0], "rows": told[1]}))
    return 0
