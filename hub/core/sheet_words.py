"""The words of spreadsheets: which heading means which column, and what is wrong with a row."""

from __future__ import annotations

import re
import unicodedata
from typing import Literal

from hub.core.words import LANGUAGES

Column = Literal[
    "name", "owner", "tenant", "house", "building", "unit", "room", "area", "phone", "id_number",
    "relation", "elder", "since", "until", "card", "card_kind", "device", "door_number",
    "door_name", "door_kind",
]  # fmt: skip

_HEADINGS: dict[Column, str] = {
    "name": "姓名 名字 住户姓名 住戶姓名 人员姓名 人員姓名 居民姓名 联系人 聯絡人 name fullname "
    "resident residentname",
    "owner": "业主 業主 业主姓名 業主姓名 户主 戶主 户主姓名 戶主姓名 产权人 產權人 owner ownername",
    "tenant": "租户 租戶 租户姓名 租戶姓名 租客 租客姓名 承租人 tenant tenantname",
    "house": "房号 房號 房屋 房屋编号 房屋編號 门牌 門牌 门牌号 門牌號 地址 住址 房产 房產 house "
    "housenumber flat apartment address",
    "building": "楼栋 樓棟 楼号 樓號 幢 幢号 幢號 栋 棟 栋号 棟號 楼宇 樓宇 座 building block",
    "unit": "单元 單元 单元号 單元號 梯 unit entrance stair",
    "room": "室 室号 室號 房间 房間 房间号 房間號 room roomnumber",
    "area": "面积 面積 建筑面积 建築面積 房屋面积 房屋面積 产权面积 產權面積 area areasqm aream2",
    "phone": "电话 電話 手机 手機 手机号 手機號 手机号码 手機號碼 联系电话 聯絡電話 联系方式 "
    "聯絡方式 电话号码 電話號碼 phone mobile telephone phonenumber",
    "id_number": "身份证 身份證 身份证号 身份證號 身份证号码 身份證號碼 证件号 證件號 证件号码 "
    "證件號碼 idnumber idcard idno identitynumber",
    "relation": "关系 關係 与户主关系 與戶主關係 与业主关系 與業主關係 身份 住户类型 住戶類型 "
    "relation relationship role",
    "elder": "老人 长者 長者 老年人 是否老人 elder senior",
    "since": "入住日期 入住时间 入住時間 起租日期 租期开始 租期開始 开始日期 開始日期 movein since "
    "from startdate",
    "until": "到期日期 到期时间 到期時間 租期结束 租期結束 结束日期 結束日期 租期至 until to enddate",
    "card": "卡号 卡號 门禁卡号 門禁卡號 门卡号 門卡號 ic卡号 ic卡號 card cardnumber cardno uid",
    "card_kind": "卡类型 卡類型 卡种 卡種 卡型 cardtype cardkind",
    "device": "控制器 控制器编号 控制器編號 门禁主机 門禁主機 设备编号 設備編號 controller device",
    "door_number": "门序号 門序號 门号 門號 端口 通道 doornumber port",
    "door_name": "门名称 門名稱 门 門 门禁名称 門禁名稱 door doorname",
    "door_kind": "门类型 門類型 doortype doorkind",
}
_KNOWN: dict[str, Column] = {
    word: column for column, words in _HEADINGS.items() for word in words.split()
}
_ASIDE = re.compile(r"[(\[【{].*?[)\]】}]")
_SIGNS = re.compile(r"[\s*:：,，.。、/\\_#'\"-]+")
HEADING_CHARS_MAX = 40  # anything longer is a title, not a heading


def column_of(heading: str) -> Column | None:
    """The column that a heading names, in any of our languages; None for one that we leave."""
    text = unicodedata.normalize("NFKC", heading).lower()
    if len(text) > HEADING_CHARS_MAX:
        return None
    return _KNOWN.get(_SIGNS.sub("", _ASIDE.sub("", text)))


DOOR_KINDS = {
    "大门": "perimeter", "大門": "perimeter", "小区门": "perimeter", "社區門": "perimeter",
    "围墙门": "perimeter", "圍牆門": "perimeter", "PERIMETER": "perimeter", "GATE": "perimeter",
    "单元门": "building", "單元門": "building", "楼门": "building", "樓門": "building",
    "BUILDING": "building", "": "building",
}  # fmt: skip

COLUMN_WORDS: dict[Column, tuple[str, str, str]] = {
    "name": ("姓名", "姓名", "Name"),
    "owner": ("业主", "業主", "Owner"),
    "tenant": ("租户", "租戶", "Tenant"),
    "house": ("房号", "房號", "House"),
    "building": ("楼栋", "樓棟", "Building"),
    "unit": ("单元", "單元", "Unit"),
    "room": ("室号", "室號", "Room"),
    "area": ("面积", "面積", "Area"),
    "phone": ("电话", "電話", "Phone"),
    "id_number": ("身份证号", "身份證號", "ID number"),
    "relation": ("关系", "關係", "Relation"),
    "elder": ("老人", "長者", "Elder"),
    "since": ("入住日期", "入住日期", "Since"),
    "until": ("到期日期", "到期日期", "Until"),
    "card": ("卡号", "卡號", "Card number"),
    "card_kind": ("卡类型", "卡類型", "Card type"),
    "device": ("控制器", "控制器", "Controller"),
    "door_number": ("门序号", "門序號", "Door number"),
    "door_name": ("门名称", "門名稱", "Door name"),
    "door_kind": ("门类型", "門類型", "Door type"),
}

# What can be wrong with a row: words for whoever made the sheet, with what would cure it.
PROBLEMS: dict[str, tuple[str, str, str]] = {
    "formula": ("这一格是公式，请改成数值再导入。", "這一格是公式，請改成數值再匯入。",
                "This cell is a formula; paste its value instead."),
    "too_long": ("这一格太长了。", "這一格太長了。", "This cell is too long."),
    "house_missing": ("没有房号。", "沒有房號。", "The house number is missing."),
    "house_form": ("房号看不懂，请写成 1-2-302。", "房號看不懂，請寫成 1-2-302。",
                   "The house number is not clear; write it as 1-2-302."),
    "name_form": ("姓名看不懂。", "姓名看不懂。", "This does not look like a name."),
    "name_missing": ("有卡号或证件号，却没有姓名。", "有卡號或證件號，卻沒有姓名。",
                     "There is a card or ID number, but no name."),
    "id_digits_lost": (
        "身份证号的末几位被表格软件丢掉了，请把这一列设成文本，再照原件填一遍。",
        "身份證號的末幾位被試算表丟掉了，請把這一欄設成文字，再照原件填一遍。",
        "Digits of this ID number were lost; make the column text and enter it anew."),
    "id_checksum": ("身份证号的校验位不对，有一位写错了。", "身份證號的檢查碼不對，有一位寫錯了。",
                    "This ID number does not add up: one digit is wrong."),
    "id_form": ("证件号看不懂。", "證件號看不懂。", "This is not the form of an ID number."),
    "phone_form": ("电话号码看不懂。", "電話號碼看不懂。", "This is not a telephone number."),
    "area_form": ("面积看不懂。", "面積看不懂。", "This is not an area in square metres."),
    "date_form": ("日期看不懂，请写成 2026-12-31。", "日期看不懂，請寫成 2026-12-31。",
                  "The date is not clear; write it as 2026-12-31."),
    "dates_order": ("到期日期早于入住日期。", "到期日期早於入住日期。",
                    "The end is before the beginning."),
    "flag_form": ("请写“是”或“否”。", "請寫「是」或「否」。", "Write yes or no."),
    "card_form": ("卡号看不懂。", "卡號看不懂。", "This is not the form of a card number."),
    "card_kind": ("不认识这种卡。", "不認識這種卡。", "This kind of card is not known."),
    "card_digits_lost": ("卡号的末几位被表格软件丢掉了，请把这一列设成文本。",
                         "卡號的末幾位被試算表丟掉了，請把這一欄設成文字。",
                         "Digits of this card number were lost; make the column text."),
    "card_taken": ("这张卡已经是别人的了。", "這張卡已經是別人的了。",
                   "This card belongs to somebody else."),
    "id_name_differs": ("同一个证件号，表里有两个不同的姓名。", "同一個證件號，表裡有兩個不同的姓名。",
                        "One ID number stands with two different names."),
    "said_otherwise": ("和前面一行说的不一样。", "和前面一行說的不一樣。",
                       "An earlier row says something else."),
    "device_unknown": ("没有登记过这个控制器。", "沒有登記過這個控制器。",
                       "This controller is not adopted."),
    "door_number": ("门序号要写 1 到 64。", "門序號要寫 1 到 64。",
                    "The door number is a whole number from 1 to 64."),
    "door_name": ("没有门的名称。", "沒有門的名稱。", "The door needs a name."),
    "door_kind": ("门类型要写“大门”或“单元门”。", "門類型要寫「大門」或「單元門」。",
                  "The door type is gate or building."),
}  # fmt: skip


# Whom a new door opens for at first; {building} is as the sheet writes it.
OPENS: dict[str, tuple[str, str, str]] = {
    "everyone": ("新门，先开给全小区的人", "新門，先開給全社區的人", "New door, opens for everyone at first"),
    "building": ("新门，先开给 {building} 幢的人", "新門，先開給 {building} 棟的人",
                 "New door, opens for people of building {building} at first"),
    "nobody": ("新门，没有写楼栋，还不开给任何人", "新門，沒有寫樓棟，還不開給任何人",
               "New door without a building: opens for nobody yet"),
}  # fmt: skip


def opens_words(kind: str, building: str) -> dict[str, str]:
    """Whom a new door opens for, by language."""
    told = (words.replace("{building}", building) for words in OPENS[kind])
    return dict(zip(LANGUAGES, told, strict=True))


def problem_words(code: str) -> dict[str, str]:
    """A problem's words by language."""
    return dict(zip(LANGUAGES, PROBLEMS[code], strict=True))


def column_words(column: Column) -> dict[str, str]:
    """A column's name by language."""
    return dict(zip(LANGUAGES, COLUMN_WORDS[column], strict=True))
