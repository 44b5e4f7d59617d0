"""A print run of letters: codes drawn, the paper made, then the codes put in force.

The paper is made before anything is written and handed out only after everything is: a run that
fails on the way leaves no letter with dead codes in anybody's hand. It is never kept.
"""

from __future__ import annotations

import asyncio
import secrets
from collections import defaultdict
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select

from hub.acts.letters import LETTERS_MAX, Posted, Posting, post_letters
from hub.core.errors import DomainError
from hub.core.letters import CODE_LIFE_S, Addressee, Letter, draw_code, round_order
from hub.keys import HubKeys
from hub.store import tables as t
from hub.store.engine import Engines
from hub.store.homes import everybody_at_home
from hub.store.writer import Writer

HOUSEHOLDS_MAX = 2_000  # of one run: some minutes of printing, some megabytes of paper
MARK = "letter-code"


def draw_letters(engines: Engines, building: str, household: str, now_s: float) -> list[Letter]:
    """Letters with fresh codes for a building, a household or everybody, in the round's order.

    They go to who lives there today: who moves in next month gets theirs then.
    """
    with engines.read.connect() as connection:
        houses = select(t.households.c.id, t.households.c.house)
        if building:
            houses = houses.where(t.households.c.building == building)
        if household:
            houses = houses.where(t.households.c.id == household)
        found = connection.execute(houses).all()
        people = connection.execute(
            select(t.people.c.id, t.people.c.name).order_by(t.people.c.id)
        ).all()
        at_home = everybody_at_home(connection, now_s)
    homes = {person: row.id for row in found for person in at_home.get(row.id, ())}
    members: dict[str, list[Addressee]] = defaultdict(list)
    for person in people:
        if person.id in homes:
            code = draw_code(secrets.randbelow)
            members[homes[person.id]].append(Addressee(person.id, person.name, code))
    return [
        Letter(secrets.token_hex(8), row.id, row.house, tuple(members[row.id]))
        for row in sorted(found, key=lambda row: round_order(row.house))
        if members[row.id]
    ]


async def print_run(
    engines: Engines,
    writer: Writer,
    keys: HubKeys,
    *,
    site: str,
    zone: str,
    origin: str,
    now: datetime,
    by: str,
    language: str,
    building: str = "",
    household: str = "",
) -> bytes:
    """The PDF of a run; its codes are in force when it is returned."""
    from hub.gateways import paper  # noqa: PLC0415 - a quarter of a second that few days need

    font = paper.find_font(language)
    if font is None:
        raise DomainError("font_missing")
    letters = await asyncio.to_thread(draw_letters, engines, building, household, now.timestamp())
    if not letters:
        raise DomainError("not_found", "nobody lives there", "building")
    if len(letters) > HOUSEHOLDS_MAX:
        raise DomainError("field_wrong", f"at most {HOUSEHOLDS_MAX} households", "building")
    until = (now + timedelta(seconds=CODE_LIFE_S)).astimezone(ZoneInfo(zone)).date().isoformat()
    run = paper.Round(site, origin, until, language)
    made = await asyncio.to_thread(paper.print_letters, letters, run, font)
    posted = [
        Posted(
            letter.id,
            letter.household,
            [(one.person, keys.mark(MARK, one.code)) for one in letter.to],
        )
        for letter in letters
    ]
    for first in range(0, len(posted), LETTERS_MAX):
        await writer.submit(post_letters, Posting(by, posted[first : first + LETTERS_MAX]))
    return made
