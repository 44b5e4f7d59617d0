"""Single cells of a property office's spreadsheet: what they mean, or why they cannot be taken.

A cell is None, a text, a number, a date, or a formula. Each reader gives the meaning or raises
``Odd`` with a problem code of ``sheet_words``; nothing is guessed and nothing is cut silently.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, timedelta

from hub.core.words import is_text

CELL_CHARS_MAX = 200  # the longest honest cell is an address
NAME_CHARS_MAX = 64
AREA_MAX_CENTI_M2 = 1_000_000  # ten thousand square metres is no flat
EXACT_MAX = 10**15  # a spreadsheet keeps fifteen digits; whatever is longer lost its end
_EXCEL_DAY_0 = date(1899, 12, 30)
_EXCEL_DAYS = (20_000, 80_000)  # the years 1954 to 2119: other numbers are no dates
_YEARS = (1900, 2199)

_UNSEEN: dict[int, int | None] = dict.fromkeys((0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF, 0x00AD))
_WIDE = {wide: wide - 0xFEE0 for wide in range(0xFF01, 0xFF5F)} | {0x3000: 0x20, 0x00A0: 0x20}
_READ_AS = _UNSEEN | _WIDE
_DASHES = dict.fromkeys(map(ord, "‐‑‒–—―−－_/\\~～"), "-")
_CJK = "\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_GAP = re.compile(rf"(?<=[{_CJK}])\s+(?=[{_CJK}])")
_SCIENCE = re.compile(r"[0-9](\.[0-9]+)?E\+?[0-9]+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Formula:
    """A cell that holds a formula: its value is another program's business."""


Cell = None | str | int | float | date | Formula


class Odd(Exception):
    """A cell that cannot be taken; the code names why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def text_of(cell: Cell) -> str:
    """The text of a cell as people read it: without unseen signs, wide digits made plain."""
    match cell:
        case None:
            return ""
        case Formula():
            raise Odd("formula")
        case bool():
            return "1" if cell else "0"
        case date():
            return cell.isoformat()[:10]
        case float() if cell.is_integer() and abs(cell) < EXACT_MAX:
            text = str(int(cell))
        case str():
            text = cell
        case _:
            text = repr(cell)
    if not text.isascii():
        text = text.translate(_READ_AS)
    text = " ".join(text.split())
    if len(text) > CELL_CHARS_MAX:
        raise Odd("too_long")
    return text


def plain_of(cell: Cell) -> str:
    """The text of a cell for codes and numbers: one form of each letter, no spaces, capitals."""
    text = text_of(cell)
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    return text.translate(_DASHES).replace(" ", "").upper() if text else ""


def name_of(cell: Cell) -> str:
    """A person's name; never converted, only freed of spaces between its characters."""
    name = _GAP.sub("", text_of(cell))
    if name and (not is_text(name, 1, NAME_CHARS_MAX) or not any(map(str.isalpha, name))):
        raise Odd("name_form")
    return name


# --------------------------------------------------------------------------- houses


@dataclass(frozen=True, slots=True, order=True)
class House:
    """A flat: building, unit (empty where there is none) and room."""

    building: str
    unit: str
    room: str

    @property
    def key(self) -> str:
        """The one form under which a flat is known."""
        return "-".join(part for part in (self.building, self.unit, self.room) if part)

    @property
    def floor(self) -> str:
        """The floor as its number in the room: 302 is on 3, 1203 on 12, 3A01 on 3A."""
        found = re.fullmatch(r"([0-9]{1,2}[A-Z]?)[0-9]{2}[A-Z]?", self.room)
        return found[1] if found else self.room


_PART = r"[0-9A-Z]{1,4}"
_BUILDING = r"(?:号楼|號樓|幢|栋|棟|座|楼|樓|#|号|號)"
_UNIT = r"(?:单元|單元|门|門)"
_ROOM = r"(?P<room>[0-9][0-9A-Z]{2,5})(?:室|房|号|號)?"
_WHOLE = re.compile(
    rf"(?:BUILDING)?(?P<building>{_PART}?)(?:{_BUILDING}-?|-)"
    rf"(?:(?P<unit>{_PART}?)(?:{_UNIT}-?|-))?{_ROOM}"
)
_DOTTED = re.compile(rf"({_PART})\.({_PART})\.({_PART})")
_ONLY_BUILDING = re.compile(rf"(?:BUILDING|第)?({_PART}){_BUILDING}?")
_ONLY_UNIT = re.compile(rf"(?:UNIT|第)?({_PART}){_UNIT}?")
_ONLY_ROOM = re.compile(_ROOM)


def house_of(whole: Cell, building: Cell = None, unit: Cell = None) -> House | None:
    """A flat from one cell (1-2-302, 1幢2单元302) or from its parts; None when nothing is said."""
    text = plain_of(whole)
    if not text:
        return None
    text = _DOTTED.sub(r"\1-\2-\3", text)
    found = _WHOLE.fullmatch(text)
    if found:
        return House(_bare(found["building"]), _bare(found["unit"] or ""), found["room"])
    room = _ONLY_ROOM.fullmatch(text)
    at = building_of(building)
    if not room or not at:
        raise Odd("house_form")
    return House(at, unit_of(unit), room["room"])


def building_of(cell: Cell) -> str:
    """A building's own number: 1 of 1幢; empty when none is said."""
    return _own(_ONLY_BUILDING, cell)


def unit_of(cell: Cell) -> str:
    """A unit's own number: 2 of 2单元; empty when none is said."""
    return _own(_ONLY_UNIT, cell)


def _own(pattern: re.Pattern[str], cell: Cell) -> str:
    text = plain_of(cell)
    found = pattern.fullmatch(text)
    if text and not found:
        raise Odd("house_form")
    return _bare(found[1]) if found else ""


def _bare(part: str) -> str:
    return part.lstrip("0") or part


# --------------------------------------------------------------------------- numbers of people

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10X98765432"  # GB 11643: the sum's remainder names the last character


def checked(number: str) -> bool:
    """Whether an 18-digit resident number's last character fits (GB 11643)."""
    total = sum(int(digit) * weight for digit, weight in zip(number[:17], _WEIGHTS, strict=True))
    return number[17] == _CHECKS[total % 11]


def _lost(cell: Cell, text: str) -> bool:
    """Whether a spreadsheet has taken digits away."""
    too_large = isinstance(cell, int | float) and abs(cell) >= EXACT_MAX
    return too_large or _SCIENCE.fullmatch(text) is not None


def id_number_of(cell: Cell) -> str:
    """An identity number; one that lost its last digits or does not add up is never taken."""
    text = plain_of(cell)
    if not text:
        return ""
    if _lost(cell, text) or (len(text) == 18 and text.isdecimal() and text.endswith("000")):
        raise Odd("id_digits_lost")
    if re.fullmatch(r"[0-9]{17}[0-9X]", text):
        if not checked(text):
            raise Odd("id_checksum")
        return text
    if text.isdecimal() and len(text) == 15:  # numbers from before 1999
        return text
    if re.fullmatch(r"[A-Z]{1,3}[0-9]{6,10}(\([0-9A-Z]\))?|[0-9]{8}|[0-9]{10}", text):
        return text  # passports, travel permits, cards of Hong Kong, Macao and Taiwan
    raise Odd("id_form")


def phone_of(cell: Cell) -> str:
    """A telephone number as digits; of several in a cell the first."""
    text = unicodedata.normalize("NFKC", text_of(cell))
    if not text:
        return ""
    if _lost(cell, text):
        raise Odd("phone_form")
    first = re.split(r"[/、,;|]|(?<=[0-9]{7}) (?=[0-9]{7})", text)[0]
    digits = re.sub(r"[\s().-]", "", first)
    digits = re.sub(r"^(\+|00)86(?=1[0-9]{10}$)", "", digits).removeprefix("+")
    if not digits.isascii() or not digits.isdecimal() or not 7 <= len(digits) <= 15:
        raise Odd("phone_form")
    return digits


# --------------------------------------------------------------------------- cards

CARD_KINDS = {
    "": "", "M1": "mifare", "IC": "mifare", "IC卡": "mifare", "MIFARE": "mifare",
    "门禁卡": "mifare", "門禁卡": "mifare", "ID": "em4100", "ID卡": "em4100", "EM": "em4100",
    "EM4100": "em4100", "身份证": "id_card", "身份證": "id_card", "IDCARD": "id_card",
    # somebody else's CPU card bears no key of ours: here it is its number, whatever else it can do
    "CPU": "cpu", "CPU卡": "cpu", "NTAG424": "ntag424", "NTAG": "ntag424",
    "老年卡": "ntag424", "敬老卡": "ntag424",
}  # fmt: skip


def card_kind_of(cell: Cell) -> str:
    """What kind of card; empty when nothing is said."""
    kind = CARD_KINDS.get(plain_of(cell))
    if kind is None:
        raise Odd("card_kind")
    return kind


def card_of(cell: Cell) -> str:
    """A card's number as readers give it, in hex.

    A text of 8, 14 or 20 hex digits is the number itself; ten digits, or a cell that is a
    number (it lost its leading zeros), are decimal.
    """
    text = plain_of(cell).replace(":", "").replace("-", "")
    if not text:
        return ""
    if _lost(cell, text):
        raise Odd("card_digits_lost")
    decimal = text.isdecimal() and (isinstance(cell, int | float) or len(text) == 10)
    if decimal and len(text) <= 10:
        if int(text) >= 2**32:
            raise Odd("card_form")
        return f"{int(text):08x}"
    if re.fullmatch(r"[0-9A-F]{8}|[0-9A-F]{14}|[0-9A-F]{20}", text):
        return text.lower()
    raise Odd("card_form")


# --------------------------------------------------------------------------- the rest

_DATE = re.compile(
    r"(?P<roc>民国|民國)?(?P<year>[0-9]{1,4})(?:[-.]|年)(?P<month>[0-9]{1,2})(?:[-.]|月)"
    r"(?P<day>[0-9]{1,2})[日号號]?"
)
_HOUR = re.compile(r"[T ][0-9]{1,2}:[0-9:.]+$")
_NO_DATE = {"", "-", "无", "無", "长期", "長期", "永久", "NONE"}
YES = {"是", "有", "Y", "YES", "TRUE", "1", "√", "✓", "V"}
NO = {"", "否", "无", "無", "N", "NO", "FALSE", "0", "-", "×", "X"}


def date_of(cell: Cell) -> str | None:
    """A day in the usual forms, as 2026-12-31; None when none is said."""
    if isinstance(cell, date):
        return cell.isoformat()[:10]
    text = plain_of(_HOUR.sub("", text_of(cell)))
    if text in _NO_DATE:
        return None
    if isinstance(cell, int | float) and _EXCEL_DAYS[0] <= cell <= _EXCEL_DAYS[1]:
        return (_EXCEL_DAY_0 + timedelta(days=int(cell))).isoformat()
    if re.fullmatch(r"(19|20|21)[0-9]{6}", text):
        text = f"{text[:4]}-{text[4:6]}-{text[6:]}"
    found = _DATE.fullmatch(text)
    if not found:
        raise Odd("date_form")
    year = int(found["year"]) + (1911 if found["roc"] else 0)
    try:
        day = date(year, int(found["month"]), int(found["day"]))
    except ValueError:
        raise Odd("date_form") from None
    if not _YEARS[0] <= year <= _YEARS[1]:
        raise Odd("date_form")
    return day.isoformat()


def area_of(cell: Cell) -> int | None:
    """Square metres as whole hundredths; None when none are said."""
    text = plain_of(cell).removesuffix("平方米").removesuffix("M2").removesuffix("平米")
    if not text:
        return None
    found = re.fullmatch(r"([0-9]{1,6})(?:\.([0-9]{1,12}))?", text)
    if not found:
        raise Odd("area_form")
    fraction = (found[2] or "").ljust(3, "0")
    centi = int(found[1]) * 100 + int(fraction[:2]) + (fraction[2] >= "5")
    if not 0 < centi <= AREA_MAX_CENTI_M2:
        raise Odd("area_form")
    return centi


def flag_of(cell: Cell) -> bool | None:
    """Yes or no; None when nothing is said."""
    text = plain_of(cell)
    if text in YES:
        return True
    if text == "":
        return None
    if text in NO:
        return False
    raise Odd("flag_form")


_RELATIONS = {
    "owner": "业主 業主 产权人 產權人 户主 戶主 本人 房主 OWNER",
    "tenant": "租户 租戶 租客 承租人 租赁 租賃 TENANT",
    "family": "家属 家屬 家人 配偶 夫妻 丈夫 妻子 夫 妻 子女 子 女 儿子 兒子 女儿 女兒 父母 "
    "父亲 父親 母亲 母親 父 母 祖父 祖母 孙子 孫子 孙女 孫女 亲属 親屬 FAMILY SPOUSE CHILD PARENT",
    "carer": "保姆 护工 護工 看护 看護 住家 照护 照護 CARER NANNY",
}
RELATIONS = {word: kind for kind, words in _RELATIONS.items() for word in words.split()}


def relation_of(cell: Cell) -> str:
    """How a person belongs to the flat; words that nobody foresaw are *other*."""
    text = plain_of(cell)
    return RELATIONS.get(text, "other") if text else ""
