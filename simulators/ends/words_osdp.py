"""What OSDP frames say, in the three languages of the town; secret contents stay secret."""

from typing import Final

from drivers.osdp_wire import Frame
from drivers.osdp_words import Command, Reply
from simulators.ends.wires import Words
from simulators.ends.words import NOISE, joined, said

COMMANDS: Final[dict[int, Words]] = {
    Command.POLL: said("有事吗", "有事嗎", "anything new"),
    Command.ID: said("你是谁", "你是誰", "who are you"),
    Command.CAP: said("你会什么", "你會什麼", "what can you do"),
    Command.LSTAT: said("外壳和电源怎样", "外殼和電源怎樣", "how are case and power"),
    Command.ISTAT: said("触点怎样", "觸點怎樣", "how are the contacts"),
    Command.OSTAT: said("输出怎样", "輸出怎樣", "how are the outputs"),
    Command.OUT: said("动作输出", "動作輸出", "switch an output"),
    Command.LED: said("亮灯", "亮燈", "show a light"),
    Command.BUZ: said("响一声", "響一聲", "beep"),
    Command.TEXT: said("显示文字", "顯示文字", "show a text"),
    Command.COMSET: said("换地址和速率", "換地址和速率", "another address and speed"),
    Command.KEYSET: said("换密钥", "換金鑰", "take a new key"),
    Command.CHLNG: said("证明你有密钥", "證明你有金鑰", "prove that you have the key"),
    Command.SCRYPT: said("我也有密钥", "我也有金鑰", "I have it, too"),
}
REPLIES: Final[dict[int, Words]] = {
    Reply.ACK: said("收到", "收到", "acknowledged"),
    Reply.NAK: said("办不到", "辦不到", "refused"),
    Reply.PDID: said("我是谁", "我是誰", "who I am"),
    Reply.PDCAP: said("我会什么", "我會什麼", "what I can do"),
    Reply.LSTATR: said("外壳和电源", "外殼和電源", "case and power"),
    Reply.ISTATR: said("触点状态", "觸點狀態", "the contacts"),
    Reply.OSTATR: said("输出状态", "輸出狀態", "the outputs"),
    Reply.RAW: said("来了一张卡", "來了一張卡", "a card is here"),
    Reply.FMT: said("来了一张卡", "來了一張卡", "a card is here"),
    Reply.KEYPAD: said("有人按键", "有人按鍵", "keys were pressed"),
    Reply.COM: said("新地址和速率", "新地址和速率", "the new address and speed"),
    Reply.CCRYPT: said("这是证明", "這是證明", "here is the proof"),
    Reply.RMAC_I: said("安全通道已建", "安全通道已建", "the secure channel stands"),
    Reply.BUSY: said("请稍后", "請稍後", "ask me later"),
}


def of_frames(frames: list[Frame]) -> Words:
    """What was said, noise for nothing."""
    return joined([_of(frame) for frame in frames]) or NOISE


def _of(frame: Frame) -> Words:
    known = (REPLIES if frame.is_reply else COMMANDS).get(frame.code)
    if known is None:
        return said(f"代码 {frame.code:02X}", f"代碼 {frame.code:02X}", f"code {frame.code:02X}")
    return known
