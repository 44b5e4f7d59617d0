"""Cells of property offices' spreadsheets: one meaning however they are written, or none."""

import string
from contextlib import suppress
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.core import cells
from hub.core.cells import Formula, House, Odd
from hub.core.sheet_words import COLUMN_WORDS, PROBLEMS, column_of

TOKEN = st.text("123456789", min_size=1, max_size=2)
ROOM = st.builds("{}{:02}".format, st.sampled_from(["1", "3", "3A", "12", "26"]), st.integers(1, 9))
WIDE = {ord(sign): ord(sign) + 0xFEE0 for sign in string.digits + string.ascii_uppercase + "-#"}
FORMS = [
    "{b}-{u}-{r}", "{b}幢{u}单元{r}", "{b}棟{u}單元{r}室", "{b}号楼{u}单元{r}房", "{b}#{u}-{r}",
    "{b}栋-{u}单元-{r}", "{b} 幢 {u} 单元 {r}", "{b}／{u}／{r}", "{b}—{u}—{r}", "0{b}-0{u}-{r}",
]  # fmt: skip


def odd(meaning: Any, *given: Any) -> str:
    with pytest.raises(Odd) as told:
        meaning(*given)
    assert told.value.code in PROBLEMS
    return told.value.code


def heard(meaning: Any, value: Any) -> None:
    """Whatever it is, it is taken or odd by a code that has words."""
    with suppress(Odd):
        meaning(value)
        return
    odd(meaning, value)


@given(TOKEN, TOKEN, ROOM, st.sampled_from(FORMS), st.booleans())
def test_a_house_has_one_meaning_in_every_form(
    building: str, unit: str, room: str, form: str, wide: bool
) -> None:
    text = form.format(b=building, u=unit, r=room)
    text = text.translate(WIDE) if wide else text
    house = House(building, unit, room)
    assert cells.house_of(text) == house
    assert cells.house_of(f"\u3000{text}\u200b ") == house
    assert cells.house_of(house.key) == house  # and its own key reads as itself
    assert cells.house_of(room, f"{building}幢", f"{unit}单元") == house
    assert cells.house_of(room, building, unit) == house


def test_houses_without_a_unit_and_odd_floors() -> None:
    assert cells.house_of("12幢302") == House("12", "", "302")
    assert cells.house_of("2-3A01") == House("2", "", "3A01")
    assert cells.house_of("1-2-3A01") == House("1", "2", "3A01")
    assert [House("1", "", room).floor for room in ("302", "1203", "3A01", "302A")] == [
        "3", "12", "3A", "3",
    ]  # fmt: skip
    assert cells.house_of(302, 1.0, 2) == House("1", "2", "302")
    assert cells.house_of(None) is None
    assert cells.house_of("  ") is None
    for text in ("302", "柳溪新村", "1-2", "1幢2单元", "=1-2-302"):
        assert odd(cells.house_of, text) == "house_form"
    assert odd(cells.house_of, Formula()) == "formula"


@given(st.text())
def test_no_text_from_outside_is_more_than_odd(text: str) -> None:
    for meaning in (
        cells.text_of, cells.name_of, cells.house_of, cells.id_number_of, cells.phone_of,
        cells.card_of, cells.card_kind_of, cells.date_of, cells.area_of, cells.flag_of,
        cells.relation_of,
    ):  # fmt: skip
        heard(meaning, text)
    column_of(text)


@given(st.one_of(st.integers(), st.floats(), st.booleans(), st.dates()))
def test_nor_is_a_number_or_a_date(value: Any) -> None:
    for meaning in (
        cells.name_of, cells.house_of, cells.id_number_of, cells.phone_of, cells.card_of,
        cells.date_of, cells.area_of, cells.flag_of,
    ):  # fmt: skip
        heard(meaning, value)


def numbered(first: int, second: int) -> str:
    """A resident number with the check that belongs to it."""
    body = f"{first:06}19500101{second:03}"
    (fits,) = [sign for sign in "0123456789X" if cells.checked(body + sign)]
    return body + fits


@given(st.integers(110_000, 659_999), st.integers(1, 999), st.integers(0, 16), st.integers(1, 9))
def test_one_wrong_digit_in_an_id_number_is_always_seen(
    first: int, second: int, at: int, by: int
) -> None:
    number = numbered(first, second)
    if not number.endswith("000"):
        assert cells.id_number_of(number) == number
        assert cells.id_number_of(f" {number.lower()}\u00a0") == number
    wrong = number[:at] + str((int(number[at]) + by) % 10) + number[at + 1 :]
    assert odd(cells.id_number_of, wrong) in ("id_checksum", "id_digits_lost")


@given(st.integers(110_000, 659_999), st.integers(1, 999))
def test_what_a_spreadsheet_does_to_an_id_number_is_never_taken(first: int, second: int) -> None:
    number = numbered(first, second).replace("X", "1")
    as_float = float(number)
    for form in (as_float, int(as_float), f"{as_float:.14E}", f"{as_float:.5e}",
                 number[:15] + "000"):  # fmt: skip
        assert odd(cells.id_number_of, form) == "id_digits_lost"


def test_other_documents_and_nonsense() -> None:
    assert cells.id_number_of("E12345678") == "E12345678"
    assert cells.id_number_of("A123456(7)") == "A123456(7)"
    assert cells.id_number_of("320501500101123") == "320501500101123"
    for text in ("12345", "3205011950010112", "3205011950010112345", "身份证"):
        assert odd(cells.id_number_of, text) == "id_form"


@given(st.dates(date(1955, 1, 1), date(2098, 12, 31)))
def test_a_day_has_one_meaning_in_every_form(day: date) -> None:
    said = day.isoformat()
    y, m, d = day.year, day.month, day.day
    for form in (
        day, said, f"{y}/{m}/{d}", f"{y}.{m}.{d}", f"{y}年{m}月{d}日", f"{y}{m:02}{d:02}",
        f"民國{y - 1911}年{m}月{d}日", (day - date(1899, 12, 30)).days, f"{y}-{m}-{d} 00:00:00",
    ):  # fmt: skip
        assert cells.date_of(form) == said
    assert cells.date_of("长期") is None
    for wrong in ("2026-02-30", "26/1", "明天", f"{y}-13-01", 12.5):
        assert odd(cells.date_of, wrong) == "date_form"


def test_cards_keep_their_zeros() -> None:
    assert cells.card_of("04AABBCC") == "04aabbcc"
    assert cells.card_of("04:aa:bb:cc:dd:ee:ff") == "04aabbccddeeff"
    assert cells.card_of("0012345678") == "00bc614e"
    assert cells.card_of(12345678) == "00bc614e"  # a number lost its zeros, not its meaning
    assert cells.card_of("12345678") == "12345678"  # a text of eight digits is hex
    assert odd(cells.card_of, "1.23457E+13") == "card_digits_lost"
    assert odd(cells.card_of, 1.2345678901234567e17) == "card_digits_lost"
    for wrong in ("9999999999", "123,45678", "zz", 123_456_789_012):
        assert odd(cells.card_of, wrong) == "card_form"


def test_the_rest() -> None:
    assert cells.phone_of("+86 138-0013-8000") == "13800138000"
    assert cells.phone_of(13800138000.0) == "13800138000"
    assert cells.phone_of("１３８００１３８０００/13900139000") == "13800138000"
    assert odd(cells.phone_of, 1.38e20) == "phone_form"
    assert cells.area_of("89.50㎡") == 8950
    assert cells.area_of(89.005) == 8901
    assert cells.area_of("102平方米") == 10_200
    assert odd(cells.area_of, "0") == "area_form"
    assert cells.name_of(" 陈\u3000静 ") == "陈静"
    assert cells.name_of("Anna  Maria") == "Anna Maria"
    assert cells.name_of("﨑") == "﨑"  # names are never converted
    assert odd(cells.name_of, "12345") == "name_form"
    assert odd(cells.name_of, "x" * 300) == "too_long"
    assert cells.relation_of("儿子") == "family"
    assert cells.relation_of("二房东") == "other"
    assert cells.flag_of("是") is True
    assert (date(1899, 12, 30) + timedelta(days=1)).day == 31


@pytest.mark.parametrize(
    ("heading", "column"),
    [
        ("姓名", "name"), (" 姓 名 * ", "name"), ("房号（必填）", "house"), ("樓棟", "building"),
        ("幢", "building"), ("單元", "unit"), ("手机号码", "phone"), ("聯絡電話", "phone"),
        ("身份證號碼", "id_number"), ("与户主关系", "relation"), ("租户", "tenant"),
        ("建筑面积(㎡)", "area"), ("IC卡号", "card"), ("Phone Number", "phone"), ("备注", None),
        ("柳溪新村一期住户信息登记表（2026年11月，请各楼长仔细核对后于月底前交回服务中心）", None),
    ],
)  # fmt: skip
def test_headings_in_three_languages(heading: str, column: str | None) -> None:
    assert column_of(heading) == column


def test_each_column_and_problem_has_words() -> None:
    for words in (*COLUMN_WORDS.values(), *PROBLEMS.values()):
        assert all(words)
        assert len(set(words)) >= 2
