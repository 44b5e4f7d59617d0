"""Letters to households: codes that can be read off paper, the order of the round, the words."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from hub.core.cells import Odd, house_of
from hub.core.words import LANGUAGES

# No two of these look alike in print, nor sound alike when read out over a counter.
ALPHABET = "ACDEFGHJKMNPQRTUWXY34679"
CODE_CHARS = 12  # 55 bits: it lives a month, where six digits live ten minutes
CODE_LIFE_S = 30 * 86_400.0
GROUP = 4


def draw_code(luck: Callable[[int], int]) -> str:
    """A fresh code; ``luck(n)`` draws below n."""
    return "".join(ALPHABET[luck(len(ALPHABET))] for _ in range(CODE_CHARS))


def shown_code(code: str) -> str:
    """A code as it is printed: in groups that the eye keeps."""
    return "-".join(code[at : at + GROUP] for at in range(0, CODE_CHARS, GROUP))


@dataclass(frozen=True, slots=True)
class Addressee:
    """A person of the household with a code of their own."""

    person: str
    name: str
    code: str


@dataclass(frozen=True, slots=True)
class Letter:
    """A household's letter."""

    id: str
    household: str
    house: str
    to: tuple[Addressee, ...]


def round_order(house: str) -> tuple[object, ...]:
    """Where a house stands in the round: by building, unit, floor, room, numbers as numbers."""
    try:
        found = house_of(house)
    except Odd:
        found = None
    if found is None:
        return (1, *_natural(house))
    parts = (found.building, found.unit, found.floor, found.room)
    return (0, *(_natural(part) for part in parts))


def _natural(text: str) -> tuple[tuple[int, str], ...]:
    return tuple(
        (int(part), "") if part.isdecimal() else (0, part)
        for part in re.findall(r"[0-9]+|[^0-9]+", text)
    )


def address_of(house: str, language: str) -> str:
    """A house as the reader's language writes it."""
    try:
        found = house_of(house)
    except Odd:
        found = None
    if found is None:
        return house
    if language == "en":
        unit = f", unit {found.unit}" if found.unit else ""
        return f"Building {found.building}{unit}, {found.room}"
    sign = "单元" if language == "zh-Hans" else "單元"
    unit = f"{found.unit}{sign}" if found.unit else ""
    return f"{found.building}幢{unit}{found.room}"


WORDS: dict[str, tuple[str, str, str]] = {
    "to": ("住户 亲启", "住戶 親啟", "To the household"),
    "title": ("用手机开门", "用手機開門", "Open the doors with your phone"),
    "scan": ("1  用手机相机扫自己名字旁边的二维码。", "1  用手機相機掃自己名字旁邊的 QR 碼。",
             "1  Scan the code beside your name with your phone's camera."),
    "type": ("2  扫不了：打开 {address}，输入十二位号码。", "2  掃不了：打開 {address}，輸入十二位號碼。",
             "2  No camera: open {address} and enter the twelve characters."),
    "press": ("3  按“登记这部手机”，就好了。", "3  按「登記這部手機」，就好了。",
              '3  Press "Introduce this phone". That is all.'),
    "until": ("号码到 {day} 为止有效，每个号码只能登记一部手机。新的信一到，旧信作废。",
              "號碼到 {day} 為止有效，每個號碼只能登記一部手機。新的信一到，舊信作廢。",
              "The codes are good until {day}, each for one phone. A newer letter voids this one."),
    "secret": ("谁有号码，谁就能开您的门，请不要给别人看。", "誰有號碼，誰就能開您的門，請不要給別人看。",
               "Whoever has a code can open your doors. Please show it to nobody."),
    "help": ("不用手机也没关系，您的卡照样能用。有不明白的，请到邻里服务台。",
             "不用手機也沒關係，您的卡照樣能用。有不明白的，請到鄰里服務台。",
             "Without a phone your card works as before. Questions? Ask at the neighbour desk."),
}  # fmt: skip


def words_of(name: str, language: str, **put: str) -> str:
    """A letter's words in a language."""
    return WORDS[name][LANGUAGES.index(language)].format(**put)
