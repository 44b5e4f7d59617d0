"""What the bytes on a wire say, in the three languages of the town."""

from typing import Final

from simulators.ends.wires import Words


def said(hans: str, hant: str, english: str) -> Words:
    """One sentence in all languages."""
    return {"zh-Hans": hans, "zh-Hant": hant, "en": english}


def joined(parts: list[Words]) -> Words | None:
    """Several sentences as one, None for none."""
    if not parts:
        return None
    return {tongue: " · ".join(part[tongue] for part in parts) for tongue in parts[0]}


NOISE: Final = said("杂音", "雜訊", "noise")
ACK: Final = said("收到", "收到", "acknowledged")
NACK: Final = said("请再发一次", "請再傳一次", "say that again")
SCANNED: Final = said("读到一个码", "讀到一個碼", "a code was read")
NUMBER: Final = said("读到一个卡号", "讀到一個卡號", "a card number was read")
TO_PRINTER: Final = said("要打印的内容", "要列印的內容", "what is to be printed")
FROM_PRINTER: Final = said("打印机的状态", "印表機的狀態", "how the printer is")
FAULT: Final = said("不懂这条命令", "不懂這個命令", "unknown command")

PN532: Final[dict[int, Words]] = {
    0x00: said("卡还在吗", "卡還在嗎", "is the card still there"),
    0x01: said("在场情况", "在場情況", "presence result"),
    0x02: said("你是什么芯片", "你是什麼晶片", "what chip are you"),
    0x03: said("芯片型号", "晶片型號", "chip and version"),
    0x04: said("状态如何", "狀態如何", "how are you"),
    0x05: said("芯片状态", "晶片狀態", "chip status"),
    0x14: said("进入读卡模式", "進入讀卡模式", "become a reader"),
    0x15: said("已是读卡模式", "已是讀卡模式", "reader mode set"),
    0x16: said("睡吧", "睡吧", "go to sleep"),
    0x17: said("睡了", "睡了", "asleep"),
    0x32: said("设置天线", "設定天線", "set up the antenna"),
    0x33: said("天线已设置", "天線已設定", "antenna set up"),
    0x40: said("对卡说", "對卡說", "to the card"),
    0x41: said("卡回答", "卡回答", "from the card"),
    0x42: said("原样发给卡", "原樣發給卡", "to the card as it is"),
    0x43: said("卡原样回答", "卡原樣回答", "from the card as it is"),
    0x44: said("放开卡", "放開卡", "deselect the card"),
    0x45: said("已放开", "已放開", "deselected"),
    0x4A: said("等卡", "等卡", "wait for a card"),
    0x4B: said("来了一张卡", "來了一張卡", "a card is here"),
    0x52: said("释放卡", "釋放卡", "release the card"),
    0x53: said("已释放", "已釋放", "released"),
}

APDU: Final[dict[bytes, Words]] = {
    b"\x00\xa4": said("选择应用或文件", "選擇應用或檔案", "select application or file"),
    b"\x00\xb0": said("读文件", "讀檔案", "read the file"),
    b"\x00\xd6": said("写文件", "寫檔案", "write the file"),
    b"\x90\x71": said("请出题：要证明钥匙", "請出題：要證明金鑰", "challenge me under a key"),
    b"\x90\xaf": said("答题，并反问", "答題，並反問", "the answer, and a counter-challenge"),
    b"\x90\x51": said("你的真编号", "你的真編號", "your true number"),
    b"\x90\x5f": said("改文件设置", "改檔案設定", "change file settings"),
    b"\x90\x64": said("钥匙版本", "金鑰版本", "key version"),
    b"\x90\xc4": said("换钥匙", "換金鑰", "change a key"),
    b"\x90\xad": said("读数据", "讀資料", "read"),
    b"\x90\x8d": said("写数据", "寫資料", "write"),
}

STATUS: Final[dict[bytes, Words]] = {
    b"\x91\x00": said("成功", "成功", "done"),
    b"\x90\x00": said("成功", "成功", "done"),
    b"\x91\xaf": said("题目在此", "題目在此", "here is the challenge"),
    b"\x91\xae": said("钥匙不对", "金鑰不對", "wrong key"),
    b"\x91\x9d": said("不许", "不許", "not permitted"),
    b"\x69\x82": said("不许", "不許", "not permitted"),
    b"\x6a\x82": said("没有这个应用", "沒有這個應用", "no such application"),
}


def of_message(code: int, body: bytes) -> Words:
    """What a PN532 command or reply says."""
    known = PN532.get(code)
    if known is None:
        return said(f"命令 {code:02X}", f"命令 {code:02X}", f"command {code:02X}")
    if code == 0x40 and body[1:3] in APDU:
        return APDU[body[1:3]]
    if code == 0x41 and body[:1] != b"\x00":
        return said("卡不见了", "卡不見了", "the card is gone")
    if code == 0x41 and body[-2:] in STATUS:
        return STATUS[body[-2:]]
    if code == 0x4B and body[:1] == b"\x00":
        return said("没有卡", "沒有卡", "no card")
    return known


def of_request(function: int, body: bytes) -> Words:
    """What a request to the relay board says."""
    address = int.from_bytes(body[:2], "big")
    value = int.from_bytes(body[2:4], "big")
    match function:
        case 0x01:
            return said("继电器现在怎样", "繼電器現在怎樣", "how are the relays")
        case 0x02:
            return said("门磁和按钮怎样", "門磁和按鈕怎樣", "how are contacts and buttons")
        case 0x05 if address & 0xFF00 == 0x0200:
            number, lasting_s = (address & 0xFF) + 1, value / 10
            return said(
                f"继电器 {number} 吸合 {lasting_s:g} 秒",
                f"繼電器 {number} 吸合 {lasting_s:g} 秒",
                f"relay {number} on for {lasting_s:g} s",
            )
        case 0x05:
            on = value == 0xFF00
            return said(
                f"继电器 {address + 1} {'开' if on else '关'}",
                f"繼電器 {address + 1} {'開' if on else '關'}",
                f"relay {address + 1} {'on' if on else 'off'}",
            )
        case 0x0F:
            return said("所有继电器按此设置", "所有繼電器按此設定", "set all relays")
        case _:
            return said(f"功能 {function:02X}", f"功能 {function:02X}", f"function {function:02X}")


REPLY: Final = said("照办了", "照辦了", "done")
REFUSAL: Final = said("办不到", "辦不到", "cannot do that")
READING: Final = said("现状在此", "現狀在此", "here is the state")
