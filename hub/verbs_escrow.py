"""`linli card escrow`: print the card masters as three sheets, bring them back from two."""

from __future__ import annotations

import argparse
import getpass
import json
import os
import secrets
import stat
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from devices.identity import write_private
from devices.mistake import Mistake
from hub.core.words import LANGUAGES


def register(actions: Any) -> None:
    """Add the verb to those of `linli card`."""
    escrow = actions.add_parser("escrow", help="card masters on paper: three sheets, two open them")
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

    out = sys.stdout
    kind = os.fstat(out.fileno()).st_mode
    if out.isatty() or stat.S_ISREG(kind):
        raise Mistake("the sheets belong on paper alone: pipe this into your printer, as in `| lp`")
    font = find_font(asked.language)
    if font is None:
        raise Mistake("no font of this machine has Chinese: apt install fonts-noto-cjk")
    keys = hub_keys.load(asked.data)
    sheets = split(Masters(keys.masters, keys.system_id), hub_keys.site_of(keys),
                   secrets.token_bytes)  # fmt: skip
    day = datetime.now(UTC).date().isoformat()
    out.buffer.write(print_sheets(sheets, day, asked.language, font))
    out.buffer.flush()
    told = {"set": sheets[0].set_name, "sheets": len(sheets)}
    print(json.dumps(told), file=sys.stderr)


def _restore(asked: argparse.Namespace) -> None:
    from hub import keys as hub_keys  # noqa: PLC0415
    from hub.core.escrow import join, read_sheet  # noqa: PLC0415

    here = hub_keys.load(asked.data)
    sheets = [read_sheet(text, f"the text {n}") for n, text in enumerate(_texts(), 1)]
    masters = join(sheets)
    site = hub_keys.site_of(here)
    if sheets[0].site != site:
        raise Mistake(f"these sheets are of the site {sheets[0].site}, this is {site}")
    same = (here.masters, here.system_id) == (masters.slots, masters.system_id)
    if not asked.check and not same:
        if not asked.replace:
            raise Mistake("this folder has other card masters: --replace puts these in their place")
        folder = asked.data / "keys"
        for slot, master in masters.slots.items():
            write_private(folder / f"card-{slot}", master.hex())
        write_private(folder / "system-id", masters.system_id.hex())
    print(json.dumps({"set": sheets[0].set_name, "same": same, "written": not asked.check}))
    if asked.check and not same:
        raise Mistake("the sheets open other card masters than this hub's: print new ones")


def _texts() -> Iterator[str]:
    """What was scanned or typed; on a terminal it is not shown, and an empty line ends it."""
    if not sys.stdin.isatty():
        yield from filter(str.strip, sys.stdin)
        return
    while text := getpass.getpass("A sheet's square (empty: done): ").strip():
        yield text
