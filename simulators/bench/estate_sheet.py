"""A property office's workbook of an estate that nobody lives in, as such offices keep them.

Chinese headings below a title; building, entrance, flat and area stand once in merged cells; two of
three people have a card; a few rows hold what nobody can take. The doors stand on a sheet of their
own. Identity numbers name a province that is none, telephone numbers an area without telephones.
"""

from __future__ import annotations

import io
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from simulators.roster import GIVEN, SURNAMES

TITLE: Final = "住户登记表"
HEADINGS: Final = (
    "楼栋", "单元", "室号", "姓名", "与户主关系", "身份证号", "手机号码", "建筑面积", "入住日期",
    "是否老人", "门禁卡号", "卡类型",
)  # fmt: skip
BUILDING, UNIT, ROOM, AREA = 1, 2, 3, 8  # columns whose cells are merged over what they belong to
DOOR_HEADINGS: Final = ("控制器", "门序号", "门名称", "门类型", "楼栋", "单元")
RELATIONS: Final = ("业主", "配偶", "子女")
UNITS: Final = 4
FLATS_EACH: Final = 4  # on a floor of an entrance
FLOORS: Final = 30
_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)  # GB 11643
_CHECKS: Final = "10X98765432"

Record = tuple[Any, ...]


def id_number(number: int) -> str:
    """A resident number that adds up and is nobody's: no province is called 99."""
    order, place = number % 8 + 1, number // 8
    born = f"{1940 + number % 70}{number % 12 + 1:02d}{number % 28 + 1:02d}"
    text = f"99{place:04d}{born}{order}11"
    total = sum(int(digit) * weight for digit, weight in zip(text, _WEIGHTS, strict=True))
    return text + _CHECKS[total % 11]


@dataclass(slots=True)
class EstateSheet:
    """Rows of an estate with so many people, and so many rows more that are wrong.

    The same arguments give the same rows. ``merges`` are (column, first line, last line), known
    once all rows were taken.
    """

    people: int
    buildings: int
    wrong: int
    luck: random.Random
    merges: list[tuple[int, int, int]] = field(default_factory=list)

    def rows(self) -> Iterator[Record]:
        """Title, headings, people home by home."""
        yield (TITLE,)
        yield HEADINGS
        homes = -(-self.people // len(RELATIONS))
        each = -(-homes // (self.buildings * UNITS))  # homes of one entrance
        every = homes // self.wrong if self.wrong else homes + 1
        line, begun, wrong = 3, {BUILDING: 3, UNIT: 3}, 0
        for home in range(homes):
            building, unit = home // each // UNITS + 1, home // each % UNITS + 1
            starts = {
                BUILDING: f"{building}幢" if home % (each * UNITS) == 0 else None,
                UNIT: f"{unit}单元" if home % each == 0 else None,
            }
            for column, text in starts.items():
                if text is not None:
                    self._merge(column, begun[column], line - 1)
                    begun[column] = line
            found = [*self._home(home, home % each, starts)]
            self._merge(ROOM, line, line + len(found) - 1)
            self._merge(AREA, line, line + len(found) - 1)
            if home % every == every - 1 and wrong < self.wrong:
                found.append(_wrong(wrong))
                wrong += 1
            line += len(found)
            yield from found
        for column, first in begun.items():
            self._merge(column, first, line - 1)

    def _merge(self, column: int, first: int, last: int) -> None:
        if last > first:
            self.merges.append((column, first, last))

    def _home(self, home: int, place: int, starts: dict[int, str | None]) -> Iterator[Record]:
        floor, flat = divmod(place, FLATS_EACH)
        room = f"{floor % FLOORS + 1}{flat + 1 + floor // FLOORS * FLATS_EACH:02d}"
        area = round(self.luck.uniform(45, 160), 2)
        moved_in = date(2000 + self.luck.randrange(25), self.luck.randrange(1, 13), 1)
        names = self.luck.sample(GIVEN, len(RELATIONS))  # of one flat, no two are called alike
        surname = self.luck.choice(SURNAMES)
        left = self.people - home * len(RELATIONS)
        for at, relation in enumerate(RELATIONS[:left]):
            number = home * len(RELATIONS) + at
            first = at == 0
            card = (f"{number + 1_000_000:010d}", "IC卡") if at < 2 else (None, None)
            yield (
                starts[BUILDING] if first else None, starts[UNIT] if first else None,
                room if first else None, surname + names[at], relation, id_number(number),
                f"100{number:08d}", area if first else None, moved_in,
                "是" if self.luck.random() < 0.2 else None, *card,
            )  # fmt: skip


def _wrong(number: int) -> Record:
    """A row that cannot be taken: digits that were lost, a formula, a flat that is none."""
    room = f"{9_000 + number}"
    rows: Sequence[Record] = (
        (None, None, room, "王建国", "业主", 990001195001010000),
        (None, None, room, "=A1"),
        (None, None, "?", "陈静", "租户"),
    )
    return rows[number % len(rows)]


def door_record(door: Mapping[str, Any]) -> Record:
    """A row of the roster's doors as the office writes it: an entrance's, or a gate."""
    place = (door["device_id"], door["number"])
    if not door["building"]:
        return *place, f"{door['id']}门", "大门", None, None
    building, unit = f"{door['building']}幢", f"{door['number']}单元"
    return *place, building + unit, "单元门", building, unit


def workbook(sheet: EstateSheet, doors: Iterable[Mapping[str, Any]]) -> bytes:
    """People and doors as an .xlsx file."""
    from openpyxl import Workbook  # noqa: PLC0415 - a third of a second
    from openpyxl.utils import get_column_letter  # noqa: PLC0415
    from openpyxl.worksheet.cell_range import CellRange  # noqa: PLC0415

    book = Workbook(write_only=True)
    page = book.create_sheet("住户")
    for row in sheet.rows():
        page.append(row)
    # not by merge_cells: it looks at every earlier area, and an estate has ten thousand
    merged = page.merged_cells.ranges
    merged.add(CellRange(f"A1:{get_column_letter(len(HEADINGS))}1"))
    for column, first, last in sheet.merges:
        letter = get_column_letter(column)
        merged.add(CellRange(f"{letter}{first}:{letter}{last}"))
    page = book.create_sheet("门禁")
    page.append(DOOR_HEADINGS)
    for door in doors:
        page.append(door_record(door))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
