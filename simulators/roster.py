"""柳溪新村, a made-up village: 32 households, 86 people, six doors, a card point, a kiosk, two meters.

All names, cards and numbers are invented. The same call gives the same village every time.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

SITE = "liuxi"
NAMES = {"zh-Hans": "柳溪新村", "zh-Hant": "柳溪新村", "en": "Willow Brook"}
ZONE = "Asia/Shanghai"
FLOORS = ("1", "2", "3", "3A")  # no fourth floor: the word sounds like death
ELDER = "p-shen-guifang"  # 沈桂芳, 76, 1幢2单元302: the elder of the story
CARER = "p-zheng-haiyan"
ELDER_HOUSE = "1-2-302"
CARD_HOLDERS = (ELDER, "p-002", "p-052", "p-083", CARER, "p-chen-jing-1", "p-chen-jing-2")
ELDERS = 14
PEOPLE = 86

SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡"
    "余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯"
    "龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤"
)
GIVEN = ("桂英", "秀兰", "建国", "志强", "丽华", "海波", "文静", "晓东", "玉珍", "永康",
          "小满", "春梅", "立新", "国平", "雨桐", "子涵", "浩然", "思远", "佳怡", "明轩")  # fmt: skip


@dataclass(frozen=True, slots=True)
class DoorPlan:
    """One door of the village and the hardware that it hangs on."""

    id: str
    device: str
    number: int
    names: dict[str, str]
    building: str
    unit: str
    kind: str


def _door(
    place: tuple[str, str, int],
    hans: str,
    hant: str,
    english: str,
    building: str = "",
    unit: str = "",
) -> DoorPlan:
    names = {"zh-Hans": hans, "zh-Hant": hant, "en": english}
    return DoorPlan(*place, names, building, unit, "building" if building else "perimeter")


DOORS = (
    _door(("gate-east", "gate", 1), "东门", "東門", "East gate"),
    _door(("gate-west", "gate", 2), "西门", "西門", "West gate"),
    _door(("b1-u1", "building-1", 1), "1幢1单元", "1幢1單元", "Building 1, unit 1", "1", "1"),
    _door(("b1-u2", "building-1", 2), "1幢2单元", "1幢2單元", "Building 1, unit 2", "1", "2"),
    _door(("b2-u1", "building-2", 1), "2幢1单元", "2幢1單元", "Building 2, unit 1", "2", "1"),
    _door(("b2-u2", "building-2", 2), "2幢2单元", "2幢2單元", "Building 2, unit 2", "2", "2"),
)
CONTROLLERS = ("gate", "building-1", "building-2")
PANELS = ("gate-east", "b1-u2")  # doors with a scanner for passes and a call button
CALL_BUTTON = 1  # the one button of a panel
KEYPADS = ("b1-u2",)  # where a flat's number with a PIN opens, too
OLD_CARD_DOORS = ("gate-west",)  # where a number that anybody can copy still opens
CASE_INPUT = 6  # the switch of a controller's case, on its relay board
METER_READER = "meters"
POINT = "hall-point"
POINT_PLACE = "活动室"
KIOSK = "kiosk-1"


@dataclass(slots=True)
class Roster:
    """The rows that are loaded into the hub, and what the simulation needs beside them."""

    households: list[dict[str, Any]] = field(default_factory=list)
    people: list[dict[str, Any]] = field(default_factory=list)
    doors: list[dict[str, Any]] = field(default_factory=list)
    rules: list[dict[str, Any]] = field(default_factory=list)
    bells: list[dict[str, Any]] = field(default_factory=list)
    bills: list[dict[str, Any]] = field(default_factory=list)

    def parts(self) -> list[tuple[str, list[dict[str, Any]]]]:
        """The rows by kind, in the order in which they must be loaded."""
        return [
            ("households", self.households),
            ("people", self.people),
            ("doors", self.doors),
            ("rules", self.rules),
            ("bells", self.bells),
            ("bills", self.bills),
        ]

    @property
    def elders(self) -> list[str]:
        """The ids of the elders, the story's first."""
        own = [str(person["id"]) for person in self.people if person.get("elder")]
        return sorted(own, key=lambda who: (who != ELDER, who))


def make_roster() -> Roster:
    """The village."""
    roster = Roster()
    _households(roster)
    _people(roster)
    _doors(roster)
    _bells(roster)
    _bills(roster)
    return roster


def _households(roster: Roster) -> None:
    for building in ("1", "2"):
        for unit in ("1", "2"):
            for floor in FLOORS:
                for room in ("01", "02"):
                    house = f"{building}-{unit}-{floor}{room}"
                    area = 8_900 if room == "02" else 10_200
                    roster.households.append(
                        {
                            "id": f"h-{house.lower()}",
                            "house": house,
                            "building": building,
                            "unit": unit,
                            "area_centi_m2": area,
                        }
                    )


def _people(roster: Roster) -> None:
    """Two or three in a household; 14 elders, five of whom live alone; two people named 陈静."""
    alone = {ELDER_HOUSE, "1-1-101", "2-1-202", "2-2-3A01", "1-2-101"}
    younger = {"1-2-201", "1-1-202", "2-2-302"}  # the carer's and both 陈静's homes
    elders_left = ELDERS - len(alone)
    sizes = [1 if home["house"] in alone else 3 for home in roster.households]
    for index in range(len(sizes)):  # bring the sum to exactly 86
        if sum(sizes) == PEOPLE:
            break
        sizes[index] += 0 if sizes[index] == 1 else (1 if sum(sizes) < PEOPLE else -1)
    number = 0
    for home, size in zip(roster.households, sizes, strict=True):
        for member in range(size):
            number += 1
            elder = home["house"] in alone or (
                member == 0 and elders_left > 0 and home["house"] not in younger
            )
            if elder and home["house"] not in alone:
                elders_left -= 1
            roster.people.append(_person(home, number, elder=elder))
    by_house = {person["household_id"]: person for person in reversed(roster.people)}
    elder_row = by_house[f"h-{ELDER_HOUSE}"]
    elder_row |= {"id": ELDER, "name": "沈桂芳", "elder": True, "phone_last4": "7302"}
    by_house["h-1-2-201"] |= {"id": CARER, "name": "郑海燕", "elder": False}
    by_house["h-1-1-202"] |= {"id": "p-chen-jing-1", "name": "陈静", "elder": False}
    by_house["h-2-2-302"] |= {"id": "p-chen-jing-2", "name": "陈静", "elder": False}


def _person(home: dict[str, Any], number: int, *, elder: bool) -> dict[str, Any]:
    surname = SURNAMES[(number * 7) % len(SURNAMES)]
    return {
        "id": f"p-{number:03d}",
        "household_id": home["id"],
        "name": surname + GIVEN[(number * 3) % len(GIVEN)],
        "elder": elder,
        "phone_last4": f"{(number * 137) % 10_000:04d}",
    }


def _doors(roster: Roster) -> None:
    for door in DOORS:
        roster.doors.append(
            {
                "id": door.id,
                "device_id": door.device,
                "number": door.number,
                "name": door.names,
                "building": door.building,
                "unit": door.unit,
                "kind": door.kind,
                "passes": door.id in PANELS,
                "typed": door.id in KEYPADS,
                "asks": 1 if door.id in OLD_CARD_DOORS else 3,
            }
        )
        kind = "everyone" if door.kind == "perimeter" else "building"
        roster.rules.append(
            {
                "id": f"r-{door.id}",
                "door_id": door.id,
                "subject_kind": kind,
                "subject": door.building,
            }
        )
        if door.building == "2":  # the carer has elders there too: her card opens every door
            roster.rules.append(
                {
                    "id": f"r-carer-{door.id}",
                    "door_id": door.id,
                    "subject_kind": "person",
                    "subject": CARER,
                }
            )


def _bells(roster: Roster) -> None:
    """The elder's button rings her home; the gate's has no home, so it rings the duty desk."""
    row = {"id": "bell-b1-u2-302", "door_id": "b1-u2", "button": CALL_BUTTON}
    roster.bells.append(row | {"household_id": f"h-{ELDER_HOUSE}"})


def _bills(roster: Roster) -> None:
    """Property fee, water and power of October; one household is two quarters behind."""
    for home in roster.households:
        square = home["area_centi_m2"]
        fee = square * 120 // 100
        _bill(roster, home, "property", "2026-10", fee, _words(
            f"物业费 {square / 100:g} m² × ¥1.20", f"管理費 {square / 100:g} m² × ¥1.20",
            f"Property fee {square / 100:g} m² × ¥1.20"))  # fmt: skip
    story = next(home for home in roster.households if home["house"] == ELDER_HOUSE)
    _bill(roster, story, "water", "2026-10", 4_060, _words(
        "水费 14 m³ × ¥2.90", "水費 14 m³ × ¥2.90", "Water 14 m³ × ¥2.90"))  # fmt: skip
    _bill(roster, story, "power", "2026-10", 10_007, _words(
        "电费 186 kWh × ¥0.538", "電費 186 kWh × ¥0.538", "Power 186 kWh × ¥0.538"))  # fmt: skip
    behind = next(home for home in roster.households if home["house"] == "2-1-101")
    for period in ("2026-Q1", "2026-Q2"):
        _bill(
            roster, behind, "property", period, 36_720, _words("物业费", "管理費", "Property fee")
        )


def _words(hans: str, hant: str, english: str) -> dict[str, str]:
    return {"zh-Hans": hans, "zh-Hant": hant, "en": english}


def _bill(
    roster: Roster,
    home: dict[str, Any],
    kind: str,
    period: str,
    amount_fen: int,
    text: dict[str, str],
) -> None:
    roster.bills.append(
        {
            "id": f"b-{home['id']}-{kind}-{period}".lower(),
            "household_id": home["id"],
            "kind": kind,
            "period": period,
            "amount_fen": amount_fen,
            "due_on": "2026-12-15",
            "lines": [{"text": text, "amount_fen": amount_fen}],
        }
    )
