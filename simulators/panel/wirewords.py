"""What passes the wires, in the viewer's language and in the protocols' own names."""

from __future__ import annotations

from typing import Final

from devices.reasons import REASONS
from devices.wire import split_topic
from drivers.modbus_relay import FLASH_ON, READ_COILS, READ_CONTACTS, WRITE_COIL, WRITE_COILS, Pdu
from drivers.mqtt_packets import PacketHead
from drivers.pn532 import Ack, Frame, Message, Nack, SyntaxFault
from simulators.ends.wires import Words
from simulators.ends.words import said
from simulators.roster import CONTROLLERS, DOORS, KEYPADS, KIOSK, METER_READER, PANELS, POINT

HUB: Final = said("邻里主机", "鄰里主機", "Linli hub")
PAY: Final = said("支付平台", "支付平台", "Payment service")
GLASS: Final = said("缴费机的屏幕", "繳費機的螢幕", "Kiosk's screen")
KIOSK_NAME: Final = said("缴费机", "繳費機", "Kiosk")
POINT_NAME: Final = said("活动室", "活動室", "Activity room")
LISTENER: Final = said("偷听的人", "偷聽的人", "Eavesdropper")
READER: Final = said("读卡器", "讀卡器", "reader")

CONTROLLER_NAMES: Final[dict[str, Words]] = {
    "gate": said("大门的门口机", "大門的門口機", "Gates' controller"),
    "building-1": said("1幢的门口机", "1幢的門口機", "Building 1's controller"),
    "building-2": said("2幢的门口机", "2幢的門口機", "Building 2's controller"),
    POINT: said("活动室的刷卡点", "活動室的感應點", "Activity room's card point"),
    KIOSK: KIOSK_NAME,
    METER_READER: said("抄表机", "抄錶機", "Meter reader"),
}
RELAY_NAMES: Final[dict[str, Words]] = {
    "gate": said("大门的门锁", "大門的門鎖", "Gates' locks"),
    "building-1": said("1幢的门锁", "1幢的門鎖", "Building 1's locks"),
    "building-2": said("2幢的门锁", "2幢的門鎖", "Building 2's locks"),
}
if set(RELAY_NAMES) != set(CONTROLLERS):
    raise RuntimeError("a controller of the village has no name here")


CABLE_NAMES: Final[dict[str, Words]] = {
    "gate": said("大门口机的网线", "大門口機的網線", "Network cable of the gates"),
    "building-1": said("1幢门口机的网线", "1幢門口機的網線", "Network cable of building 1"),
    "building-2": said("2幢门口机的网线", "2幢門口機的網線", "Network cable of building 2"),
    POINT: said("活动室的网线", "活動室的網線", "Network cable of the activity room"),
}
PRINTER_NAME: Final = said("缴费机的打印机", "繳費機的列印機", "Kiosk's printer")
METERS_NAME: Final = said("302室的电表和水表", "302室的電錶和水錶", "Meters of flat 302")


def _reader_of(name: Words) -> Words:
    return said(
        f"{name['zh-Hans']}的读卡器", f"{name['zh-Hant']}的讀卡器", f"{name['en']}'s reader"
    )


SCANNER_NAMES: Final[dict[str, Words]] = {
    door.id: said(
        f"{door.names['zh-Hans']}的扫码口",
        f"{door.names['zh-Hant']}的掃碼口",
        f"{door.names['en']}'s scanner",
    )
    for door in DOORS
    if door.id in PANELS
}
KEYPAD_NAMES: Final[dict[str, Words]] = {
    door.id: said(
        f"{door.names['zh-Hans']}的密码键盘",
        f"{door.names['zh-Hant']}的密碼鍵盤",
        f"{door.names['en']}'s keypad",
    )
    for door in DOORS
    if door.id in KEYPADS
}
READER_NAMES: Final[dict[str, Words]] = {
    **{door.id: _reader_of(door.names) for door in DOORS},
    POINT: _reader_of(POINT_NAME),
    KIOSK: _reader_of(KIOSK_NAME),
}

# ------------------------------------------------------------------------------- serial lines

_CHIP: Final = {
    0x00: "Diagnose",
    0x02: "GetFirmwareVersion",
    0x14: "SAMConfiguration",
    0x32: "RFConfiguration",
    0x40: "InDataExchange",
    0x42: "InCommunicateThru",
    0x44: "InDeselect",
    0x4A: "InListPassiveTarget",
    0x52: "InRelease",
}
_APDU: Final = {
    b"\x00\xa4": "ISO SELECT",
    b"\x00\xb0": "ISO READ BINARY",
    b"\x90\x71": "AuthenticateEV2First, part 1",
    b"\x90\xaf": "AuthenticateEV2First, part 2",
    b"\x90\x51": "GetCardUID",
}
_FUNCTIONS: Final = {
    READ_COILS: "01 Read Coils",
    READ_CONTACTS: "02 Read Discrete Inputs",
    WRITE_COIL: "05 Write Single Coil",
    WRITE_COILS: "0F Write Multiple Coils",
}


def chip_name(frame: Frame) -> str:
    """What a PN532 calls a frame."""
    match frame:
        case Ack():
            return "PN532 ACK"
        case Nack():
            return "PN532 NACK"
        case SyntaxFault():
            return "PN532 syntax error"
        case Message(code=code, body=body):
            command = code & 0xFE  # a reply's code is its command's plus one
            name = _CHIP.get(command, f"command {command:02X}")
            apdu = _APDU.get(bytes(body[1:3])) if code == 0x40 else None
            told = f"{name}: {apdu}" if apdu else name
            return f"PN532 {told}" + (" reply" if code & 1 else "")


def relay_name(pdu: Pdu) -> str:
    """What Modbus calls a request or a reply."""
    if pdu.function & 0x80:
        return f"Modbus RTU {pdu.function & 0x7F:02X} exception {pdu.body[0]}"
    name = _FUNCTIONS.get(pdu.function, f"{pdu.function:02X}")
    page = int.from_bytes(pdu.body[:2], "big") & 0xFF00
    return f"Modbus RTU {name}" + (", flash on" if (pdu.function, page) == (5, FLASH_ON) else "")


# ------------------------------------------------------------------------------- MQTT

_LEAVES: Final[dict[str, Words]] = {
    "$state": said("我在线", "我已連線", "I am online"),
    "$desc": said("我是什么设备", "我是什麼設備", "What I am"),
    "evt": said("这里发生了一件事，签了名", "這裡發生了一件事，簽了名", "Something happened here, signed"),
    "alarm": said("要紧的事，签了名", "要緊的事，簽了名", "Something urgent, signed"),
    "evt/ack": said("记下了", "記下了", "It is in the journal"),
    "cmd": said("请办这件事，签了名", "請辦這件事，簽了名", "Please do this, signed"),
    "rsp": said("办得怎样", "辦得怎樣", "What became of it"),
    "time": said("现在几点", "現在幾點", "What time is it"),
    "time/ok": said("现在的时间，签了名", "現在的時間，簽了名", "The time, signed"),
    "policy/want": said("谁能进哪扇门：该用这一份", "誰能進哪扇門：該用這一份", "Who may enter: use this edition"),
    "policy/have": said("谁能进哪扇门：我用的是这一份", "誰能進哪扇門：我用的是這一份", "Who may enter: my edition"),
    "policy/delta": said(
        "谁能进哪扇门：只说变了什么，加了密",
        "誰能進哪扇門：只說變了什麼，加了密",
        "Who may enter: only what changed, sealed",
    ),
    "policy/snapshot": said(
        "谁能进哪扇门：整份名单，加了密",
        "誰能進哪扇門：整份名單，加了密",
        "Who may enter: the whole list, sealed",
    ),
    "keyset": said("主机现在的公钥", "主機現在的公鑰", "The hub's public keys"),
    "endings": said(
        "已经停用的手机和卡，只有主机自己看得懂",
        "已經停用的手機和卡，只有主機自己看得懂",
        "Ended phones and cards, for the hub's own eyes",
    ),
    "door": said("这扇门现在的样子", "這扇門現在的樣子", "How this door is now"),
}  # fmt: skip
_KINDS: Final[dict[str, Words]] = {
    "CONNECT": said("请让我进来", "請讓我進來", "Let me in, please"),
    "CONNACK": said("进来吧", "進來吧", "Come in"),
    "SUBSCRIBE": said("这些消息请告诉我", "這些訊息請告訴我", "Tell me of these"),
    "SUBACK": said("好，会告诉你", "好，會告訴你", "I will"),
    "PUBACK": said("收到了", "收到了", "Received"),
    "DISCONNECT": said("再见", "再見", "Goodbye"),
}


def packet_words(head: PacketHead) -> Words | None:
    """What an MQTT packet says, None where only its name is known."""
    if head.kind != "PUBLISH" or head.topic is None:
        return _KINDS.get(head.kind)
    topic = split_topic(head.topic)
    leaf = topic[2] if topic is not None else ""
    return _LEAVES.get("door" if leaf.startswith("door/") else leaf)


def packet_name(head: PacketHead) -> str:
    """What MQTT calls it."""
    parts = [head.kind]
    if head.qos is not None:
        parts.append(f"QoS {head.qos}")
    if head.retain:
        parts.append("retained")
    return " ".join([*parts, head.topic or ""]).strip()


# ------------------------------------------------------------------------------- HTTP

_PATHS: Final[dict[str, Words]] = {
    "/api/v1/nonce": said("请给我一个一次性的号", "請給我一個一次性的號", "A one-time number, please"),
    "/api/v1/phones": said("我是一部新手机", "我是一部新手機", "I am a new phone"),
    "/api/v1/me": said("我是谁，能开哪些门", "我是誰，能開哪些門", "Who am I, which doors are mine"),
    "/api/v1/openings": said("请开门，签了名", "請開門，簽了名", "Open the door, signed"),
    "/api/v1/callbacks/wechatpay": said("这笔钱付好了，签了名", "這筆錢付好了，簽了名", "This is paid, signed"),
    "/api/v1/me/visits": said("请给客人一个访客码，签了名", "請給客人一個訪客碼，簽了名", "A pass for a guest, signed"),
    "/api/v1/me/calls": said("有人按铃吗", "有人按鈴嗎", "Does anybody ring"),
    "/api/v1/me/pin": said("换密码，签了名", "換密碼，簽了名", "Another PIN, signed"),
    "/api/v1/me/cards": said("我的卡都在哪些门上", "我的卡都在哪些門上", "Which doors know my cards"),
    "/local/find": said("我是这一家", "我是這一家", "I am of this home"),
    "/local/pay": said("付这一笔", "付這一筆", "Pay this one"),
    "/local/end": said("我走了", "我走了", "I am leaving"),
}  # fmt: skip
_LOST: Final = said("这张卡丢了，签了名", "這張卡丟了，簽了名", "This card is lost, signed")
_ANSWER: Final = said("我来应门，签了名", "我來應門，簽了名", "I answer the door, signed")
_HEARD: Final = said("收到了", "收到了", "Received")


def request_words(path: str) -> Words | None:
    """What a request asks."""
    if path.startswith("/api/v1/me/cards/"):
        return _LOST
    return _ANSWER if path.startswith("/api/v1/me/calls/") else _PATHS.get(path)


def reply_words(status: int, code: str | None) -> Words | None:
    """What an answer says: the reason's own words where it names one."""
    if code in REASONS:
        return REASONS[code].words.as_dict()
    return _HEARD if status in (200, 204) else None


def phone_words(name: str) -> Words:
    """A person's phone."""
    return said(f"{name}的手机", f"{name}的手機", f"{name}'s phone")
