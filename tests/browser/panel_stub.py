"""A stand-in for the panel server of a running town (simulators/panel/web/src/town.ts)."""

from __future__ import annotations

from typing import Any

from tests.browser.kiosk_stub import ROOT, Answer, Json, Stub, built, words
from tests.browser.panel_faces import absent

DOORS = (
    ("gate-east", words("东门", "東門", "East gate")),
    ("gate-west", words("西门", "西門", "West gate")),
    ("b1-u1", words("1幢1单元", "1幢1單元", "Building 1, unit 1")),
    ("b1-u2", words("1幢2单元", "1幢2單元", "Building 1, unit 2")),
    ("b2-u1", words("2幢1单元", "2幢1單元", "Building 2, unit 1")),
    ("b2-u2", words("2幢2单元", "2幢2單元", "Building 2, unit 2")),
)
AT = "2026-11-23T01:41:07Z"


def reader(place: str, kind: str, name: dict[str, str]) -> Json:
    """Anything a card can be held to."""
    own = {"id": f"r-{place}", "kind": kind, "place": place, "name": name, "coil": False}
    return own | {"panel": place in ("gate-east", "b1-u2"), "keypad": place == "b1-u2"}


def person(who: str, name: str, house: str, age: int, role: str, *doors: str) -> Json:
    """Somebody of the town."""
    return {
        "id": who,
        "name": name,
        "house": house,
        "age": age,
        "role": role,
        "phone_doors": [f"r-{door}" for door in doors],
    }


ENGLISH = {
    "陌生的卡": "A stranger's card",
    "复制的卡": "A copied card",
    "旧卡": "An old card",
    "旧卡副本": "An old card's copy",
    "访客码": "Guest's pass",
    "改过的码": "Altered pass",
}


def card(who: str | None, name: str, kind: str) -> Json:
    """Somebody's card, or a stranger's."""
    label = words(name, name, ENGLISH.get(name, name))
    return {"id": f"c-{who or 'stranger'}", "person": who, "label": label, "kind": kind}


def wire(n: int, kind: str, ends: tuple[Json, Json], hex_: str, **more: Any) -> Json:
    """A line that went over a wire."""
    return {
        "n": n,
        "at": AT,
        "kind": kind,
        "line": {"from": ends[0], "to": ends[1]},
        "dir": ">",
        "hex": hex_,
        "text": None,
        "words": None,
        "name": "",
    } | more


READER = words("读卡器", "讀卡器", "Reader")
CONTROLLER = words("门口机", "門口機", "Door controller")
RELAY = words("继电器", "繼電器", "Relay")
HUB = words("主机", "主機", "Hub")
PHONE = words("手机", "手機", "Phone")


def some_lines() -> list[Json]:
    """A tap and a shake, as they went over the wires."""
    return [
        wire(
            1,
            "serial",
            (READER, CONTROLLER),
            "0000ff0ff1d54b0101004400070404a1b2c3d4e5d800",
            name="PN532 InListPassiveTarget",
            words=words(
                "读卡器说：来了一张卡，号码是 04a1b2c3d4e5。",
                "讀卡器說：來了一張卡，號碼是 04a1b2c3d4e5。",
                "The reader says: a card is here, its number is 04a1b2c3d4e5.",
            ),
        ),
        wire(
            2,
            "serial",
            (CONTROLLER, RELAY),
            "01050000ff008c3a",
            name="Modbus write single coil",
            words=words(
                "门口机让继电器合上。", "門口機讓繼電器合上。", "The door tells its relay to close."
            ),
        ),
        wire(
            3,
            "mqtt",
            (CONTROLLER, HUB),
            "32" + "6c" * 180,
            name="PUBLISH QoS 1 linli/1/liuxi/building-1/evt",
            words=words("门报告：开了。", "門報告：開了。", "The door reports: it opened."),
        ),
        wire(
            4,
            "http",
            (PHONE, HUB),
            "504f5354",
            name="POST /api/v1/openings",
            text="POST /api/v1/openings HTTP/1.1\n"
            "Linli-Proof: eyJhbGciOiJFUzI1NiJ9.eyJodG0i.MEUCIQ\n\n"
            '{"door":"gate-east"}',
        ),
    ]


def people() -> list[Json]:
    """Whom the page shows; two of them have one name."""
    return [
        person("p-shen", "沈桂芳", "1-2-302", 76, "elder", "gate-east"),
        person("p-zheng", "郑海燕", "1-2-201", 51, "carer", "gate-east", "b1-u2"),
        person("p-chen", "陈静", "1-1-202", 34, "resident", "gate-east", "b1-u1"),
        person("p-chen-2", "陈静", "2-2-302", 41, "resident", "gate-east", "b2-u2"),
        person("p-wang", "王桂英", "1-2-101", 81, "elder"),
        person("p-hu", "胡文静", "1-1-102", 81, "elder"),
        person("p-xu", "徐小满", "2-1-3A01", 84, "elder"),
    ]


def cards() -> list[Json]:
    """Their cards, the strangers' last."""
    return [
        card("p-shen", "沈桂芳", "senior"),
        card("p-wang", "王桂英", "senior"),
        card("p-zheng", "郑海燕", "resident"),
        card("p-chen", "陈静", "resident"),
        card("p-chen-2", "陈静", "resident"),
        card("p-hu", "胡文静", "senior"),
        card("p-xu", "徐小满", "senior"),
        card(None, "陌生的卡", "stranger"),
        card(None, "复制的卡", "stranger") | {"id": "c-copy"},
        card(None, "旧卡", "old") | {"id": "c-old"},
        card(None, "旧卡副本", "old") | {"id": "c-old-copy"},
        card(None, "访客码", "pass") | {"id": "c-guest"},
        card(None, "改过的码", "pass") | {"id": "c-altered"},
    ]


def part(
    name: str, kind: str, where: tuple[str, str], told: Json, *hands: str, **shown: Any
) -> Json:
    """A thing with its plug in, and what else can be done to it."""
    place, device = where
    own = {"id": name, "kind": kind, "place": place, "device": device, "name": told}
    state = {"plugged": True, "hands": ["unplug", *hands], "ails": []}
    return own | state | {"shown": shown}


SLIP = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 432 300" width="432" height="300">'
    '<rect width="432" height="300" fill="#fffdf7"/><text x="24" y="60">￥106.80</text></svg>'
)
OFFICE = ("office", "building-1")


def meter(what: str, unit: str, register: str, *, is_read: bool = True) -> Json:
    """A meter of the line, perhaps read a moment ago."""
    read = {"value": register, "at": AT} if is_read else None
    return {"what": what, "unit": unit, "register": register, "read": read}


def parts() -> list[Json]:
    """One thing of each kind."""
    pin = {"claim": "302", "pin": "582917", "duress": "582963"}
    meters = [meter("power", "kWh", "1206.42"), meter("water", "m³", "46.30", is_read=False)]
    own = words("1幢2单元的读卡器", "1幢2單元的讀卡器", "Building 1, unit 2's reader")
    pad = words("1幢2单元的密码键盘", "1幢2單元的密碼鍵盤", "Building 1, unit 2's keypad")
    scanner = words("1幢2单元的扫码口", "1幢2單元的掃碼口", "Building 1, unit 2's scanner")
    board = words("1幢的门锁", "1幢的門鎖", "Building 1's locks")
    cable = words("1幢门口机的网线", "1幢門口機的網線", "Network cable of building 1")
    printer = words("缴费机的打印机", "繳費機的列印機", "Kiosk's printer")
    line = words("302室的电表和水表", "302室的電錶和水錶", "Meters of flat 302")
    door = ("b1-u2", "building-1")
    verbs = ("paper_low", "paper_out", "jam", "open_cover")
    paper = {"slips": 0, "text": ""}
    return [
        part("b1-u2-reader", "reader", door, own),
        part("b1-u2-keypad", "keypad", door, pad, "open_case", **pin),
        part("b1-u2-scanner", "scanner", door, scanner),
        part("building-1-board", "board", OFFICE, board, "open_case"),
        part("building-1-cable", "cable", OFFICE, cable),
        part("kiosk-1-printer", "printer", ("kiosk", "kiosk-1"), printer, *verbs, **paper),
        part("meters-line", "meters", ("office", "meters"), line, "use_power", meters=meters),
    ]


def wall() -> Json:
    """All doors shut, all devices there."""
    devices = ("gate", "building-1", "building-2", "hall-point", "kiosk-1", "meters")
    return {
        "doors": {place: {"contact": "closed", "troubles": []} for place, _ in DOORS},
        "devices": {name: {"state": "ready", "states": []} for name in devices},
    }


def pages() -> list[Json]:
    """The ways into the other pages."""
    return [
        {"kind": "phone", "href": "http://127.0.0.1:8731/phone/", "sign_in": []},
        {"kind": "kiosk", "href": "http://127.0.0.1:8733/", "sign_in": []},
        {
            "kind": "console",
            "href": "http://127.0.0.1:8731/console/",
            "sign_in": [
                {"label": words("姓名", "姓名", "Name"), "value": "admin"},
                {"label": words("密码", "密碼", "Password"), "value": "willow-brook-2026"},
            ],
        },
    ]


class Town(Stub):
    """A town that a test drives by hand."""

    def __init__(self) -> None:
        readers = [reader(place, "door", name) for place, name in DOORS]
        readers.append(reader("hall", "point", words("活动室", "活動室", "Activity room")))
        readers.append(reader("kiosk", "kiosk", words("缴费机", "繳費機", "Kiosk")))
        self.town: Json = {
            "name": words("柳溪新村", "柳溪新村", "Willow Brook"),
            "time_zone": "Asia/Shanghai",
            "ready": True,
            "starting": [],
            "readers": readers,
            "people": people(),
            "cards": cards(),
            "net": {"cut": False},
            "cast": {
                "elder_card": "c-p-shen",
                "elder_door": "r-b1-u2",
                "shaker": "p-chen",
                "shaker_door": "r-gate-east",
                "lost_card": "c-p-zheng",
                "finder_door": "r-gate-east",
            },
            "story": {"step": 0, "beat": None, "state": "idle", "facts": {}},
            "kiosk": self.kiosk("quiet"),
            "call": None,
            "faces": absent(),
            "parts": parts(),
            "wall": wall(),
            "pages": pages(),
            "wire": [],
            "journal": [],
            "station": [],
        }
        static = built(ROOT / "simulators/panel/web", ROOT / "simulators/static/panel")
        super().__init__(static, "/api/live")
        self.refusals: dict[str, Answer] = {}
        self.reads = {"/api/town": lambda: self.town}
        self.pictures = {"/api/slip": SLIP}
        self.verbs = {
            "/api/tap": lambda body: self._said(body["reader"], "card"),
            "/api/shake": lambda body: self._said(body["door"], "phone"),
            "/api/copy": lambda _: self.refusals.get("copy", (200, {})),
            "/api/type": lambda body: self._said(body["door"], "pin"),
            "/api/hand": self._hand,
            "/api/invite": lambda _: (200, {"ends": AT}),
            "/api/ring": self._ring,
            "/api/answer": self._answer,
            "/api/net": self._net,
            "/api/pay": lambda _: self.refusals.get("pay", (200, self.town["kiosk"])),
            "/api/story": self._story,
            "/api/reset": self._reset,
        }
        self.first = lambda: [("town", self.town)]

    @staticmethod
    def kiosk(state: str, callbacks: int = 0, receipts: int = 0) -> Json:
        """The kiosk as provider and hub see it."""
        return {
            "state": state,
            "amount_fen": None if state == "quiet" else 10680,
            "callbacks": callbacks,
            "receipts": receipts,
            "receipt_number": "LX20261123-0007" if receipts else None,
            "paper": "ok",
        }

    def entry(self, n: int, place: str, **more: Any) -> Json:
        """An entry of the hub's journal."""
        return {
            "n": n,
            "at": AT,
            "door": f"r-{place}",
            "outcome": "opened",
            "reason": "granted",
            "person": "沈桂芳",
            "via": "card",
            "late": False,
        } | more

    def alarm(self, number: int, code: str = "RX") -> Json:
        """An alarm that the police desk has taken."""
        words = f"Nri0/{code}003*SIMULATED BA*"
        return {"number": number, "at": AT, "words": words, "code": code, "zone": 3}

    def coil(self, place: str, *, on: bool) -> None:
        """The relay of a door moves."""
        self.send("door", {"door": f"r-{place}", "coil": on})

    def say(
        self, place: str, outcome: str = "opened", reason: str = "granted", **more: Any
    ) -> None:
        """Somebody at a door is told something."""
        said = {"at": f"r-{place}", "outcome": outcome, "reason": reason, "via": "card"}
        self.send("said", said | {"person": "p-shen", "ms": 38.0} | more)

    def beat(self, step: int, beat: str | None, state: str = "playing", **facts: float) -> None:
        """The story goes on."""
        self.town["story"] = {"step": step, "beat": beat, "state": state, "facts": facts}
        self.send("story", self.town["story"])

    def join(self, *, cut: bool) -> None:
        """Cut the wire, or join it again."""
        self.town["net"] = {"cut": cut}
        self.send("net", {"cut": cut})

    @staticmethod
    def said(place: str, outcome: str, reason: str) -> Json:
        """What an act answers that moved nothing."""
        told = {"at": f"r-{place}", "outcome": outcome, "reason": reason}
        return told | {"via": "card", "person": None, "ms": None}

    def _said(self, at: str, via: str) -> Answer:
        refusal = self.refusals.get(via)
        if refusal is not None:
            return refusal
        place = at.removeprefix("r-")
        if place not in ("hall", "kiosk"):
            self.coil(place, on=True)
        self.say(place, via=via)
        said = {"at": at, "outcome": "opened", "reason": "granted", "via": via}
        return 200, said | {"person": None, "ms": 38.0}

    def call(self, door: str, rings: str | None, state: str = "ringing") -> Json:
        """Somebody rings, or what became of it."""
        now = {"id": "call-1", "door": f"r-{door}", "rings": rings, "until": AT, "state": state}
        self.town["call"] = now
        self.send("call", {"now": now})
        return now

    def change(self, name: str, **more: Any) -> Json:
        """A thing looks different now."""
        index = [each["id"] for each in self.town["parts"]].index(name)
        self.town["parts"][index] |= more
        self.send("part", self.town["parts"][index])
        return dict(self.town["parts"][index])

    def _hand(self, body: Json) -> Answer:
        refusal = self.refusals.get("hand")
        if refusal is not None:
            return refusal
        pulled = {"plugged": False, "hands": ["plug"], "ails": ["unplugged"]}
        put_back = {"plugged": True, "hands": ["unplug"], "ails": []}
        changes = {"unplug": pulled, "plug": put_back}.get(body["verb"], {"ails": ["tampered"]})
        return 200, self.change(body["part"], **changes)

    def _ring(self, body: Json) -> Answer:
        refusal = self.refusals.get("ring")
        if refusal is not None:
            return refusal
        door = body["door"].removeprefix("r-")
        return 200, self.call(door, "p-shen" if door == "b1-u2" else None)

    def _answer(self, body: Json) -> Answer:
        ringing = self.town["call"]
        door = ringing["door"].removeprefix("r-")
        if body["answer"] == "open":
            self.coil(door, on=True)
        return 200, self.call(door, ringing["rings"], body["answer"])

    def _net(self, body: Json) -> Answer:
        self.join(cut=body["cut"])
        return 200, self.town["net"]

    def _story(self, body: Json) -> Answer:
        if body["action"] == "play":
            self.beat(body["step"], None)
        else:
            self.beat(0, None, "idle")
        return 200, self.town["story"]

    def _reset(self, _: Json) -> Answer:
        self.town["net"] = {"cut": False}
        self.town["journal"] = []
        self.town["kiosk"] = self.kiosk("quiet")
        self.town["call"] = None
        self.town["story"] = {"step": 0, "beat": None, "state": "idle", "facts": {}}
        return 200, self.town
