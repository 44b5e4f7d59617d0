"""`linli card escrow`: card masters and site root on three sheets, brought back from two."""

from __future__ import annotations

import argparse
import getpass
import json
import os
import secrets
import stat
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from devices.mistake import Mistake
from hub.core.words import LANGUAGES

if TYPE_CHECKING:  # the words of help import nothing
    from hub.core.escrow import Masters, Sheet
    from hub.keys import HubKeys


def register(actions: Any) -> None:
    """Add the verb to those of `linli card`."""
    escrow = actions.add_parser("escrow", help="masters on paper: three sheets, two open them")
    steps = escrow.add_subparsers(required=True, metavar="STEP")
    made = steps.add_parser("print", help="write the PDF to a pipe: `... | lp`; never to a file")
    made.add_argument("--language", default="zh-Hans", choices=LANGUAGES, help="of the sheet")
    made.set_defaults(func=_print)
    back = steps.add_parser("restore", help="read the squares' texts, one a line, from the input")
    back.add_argument("--check", action="store_true", help="a drill: compare, change nothing")
    back.add_argument("--replace", action="store_true", help="in place of other masters here")
    back.set_defaults(func=_restore)
    for step in (made, back):
        step.add_argument("--data", type=Path, default=Path("data"), help="the hub's data folder")


def _print(asked: argparse.Namespace) -> None:
    from hub import keys as hub_keys  # noqa: PLC0415
    from hub.core.escrow import Masters, split  # noqa: PLC0415
    from hub.gateways.escrow_paper import print_sheets  # noqa: PLC0415
    from hub.gateways.paper import find_font  # noqa: PLC0415

    root = hub_keys.load_root(asked.data)
    out = sys.stdout
    kind = os.fstat(out.fileno()).st_mode
    if out.isatty() or stat.S_ISREG(kind):
        raise Mistake("the sheets belong on paper alone: pipe this into your printer, as in `| lp`")
    font = find_font(asked.language)
    if font is None:
        raise Mistake("no font of this machine has Chinese: apt install fonts-noto-cjk")
    keys = hub_keys.load(asked.data)
    masters = Masters(keys.masters, keys.system_id, root)
    sheets = split(masters, hub_keys.site_of(keys), secrets.token_bytes)
    now = datetime.now(UTC)
    out.buffer.write(print_sheets(sheets, now.date().isoformat(), asked.language, font))
    out.buffer.flush()
    note = hub_keys.OnPaper(sheets[0].set_name, now.timestamp())
    hub_keys.note_paper(asked.data, keys, note)
    told = {"set": sheets[0].set_name, "sheets": len(sheets)}
    print(json.dumps(told), file=sys.stderr)


def _restore(asked: argparse.Namespace) -> None:
    from hub import keys as hub_keys  # noqa: PLC0415
    from hub.core.escrow import join, read_sheet  # noqa: PLC0415

    here = hub_keys.load(asked.data)
    sheets = [read_sheet(text, f"the text {n}") for n, text in enumerate(_texts(), 1)]
    masters = join(sheets)
    site = hub_keys.site_with(here, masters.root)
    if sheets[0].site != site:
        raise Mistake(f"these sheets are of the site {sheets[0].site}, this is {site}")
    public = hub_keys.root_public(masters.root)
    same = (here.masters, here.system_id, here.root_public) == (
        masters.slots,
        masters.system_id,
        public,
    )
    if not asked.check and not same:
        if not asked.replace:
            raise Mistake("this folder has other masters: --replace puts these in their place")
        _put_in_force(asked.data, masters)
    elif same:
        _note_tried(asked.data, here, sheets)
    print(json.dumps({"set": sheets[0].set_name, "same": same, "written": not asked.check}))
    if asked.check and not same:
        raise Mistake("the sheets open other masters than this hub's: print new ones")


def _put_in_force(folder: Path, masters: Masters) -> None:
    """Where no hub runs; commands of this hub are newer than all that doors ever heard."""
    from hub import config  # noqa: PLC0415
    from hub import keys as hub_keys  # noqa: PLC0415
    from hub.store.engine import open_engines  # noqa: PLC0415
    from hub.store.lease import FileLock, take_lease  # noqa: PLC0415

    now_s = time.time()
    lock = FileLock(folder)
    lock.take()
    try:
        hub_keys.put_in_force(folder, masters.slots, masters.system_id, masters.root, now_s)
        if (folder / "hub.toml").exists():
            engines = open_engines(config.load(folder).database)
            try:
                take_lease(engines, "escrow", now_s)
            finally:
                engines.close()
    finally:
        lock.free()


def _note_tried(folder: Path, keys: HubKeys, sheets: Sequence[Sheet]) -> None:
    """These sheets do open the masters of this folder."""
    from hub import keys as hub_keys  # noqa: PLC0415

    now_s, name = time.time(), sheets[0].set_name
    noted = hub_keys.read_paper(folder, keys)
    if noted is None or not noted.fits:
        noted = hub_keys.OnPaper(name, now_s)
    if noted.set_name == name:  # an older printing says nothing of the newest
        tried = tuple(sorted({*noted.tried, *(sheet.number for sheet in sheets)}))
        hub_keys.note_paper(folder, keys, replace(noted, tried=tried, tried_at=now_s))


def _texts() -> Iterator[str]:
    """What was scanned or typed; on a terminal it is not shown, and an empty line ends it."""
    if not sys.stdin.isatty():
        yield from filter(str.strip, sys.stdin)
        return
    while text := getpass.getpass("A sheet's square (empty: done): ").strip():
        yield text
