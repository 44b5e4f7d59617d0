"""What stands on a slip, in the language of the wall, and the printer that puts it there."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import segno

from devices.reasons import Words
from drivers.catalogue import EscposPrinter, PrinterFault
from drivers.escpos import DOTS_A_COLUMN, Align, Slip, SlipTooLong, Trouble
from kiosk.paper import AskSlip, PaidSlip, PaperState, PassSlip, SlipOf
from kiosk.session import Guest
from kiosk.shown import QUIET_MODULES

log = logging.getLogger(__name__)

_KINDS: Final = {
    "property": Words("物业费", "管理費", "Property fee"),
    "water": Words("水费", "水費", "Water"),
    "power": Words("电费", "電費", "Electricity"),
}
_RECEIPT = Words("缴费收据", "繳費收據", "Receipt")
_NUMBER = Words("收据号", "收據號碼", "Number")
_HOUSE = Words("门牌号", "門牌號碼", "House")
_ITEM = Words("项目", "項目", "For")
_PAID_AT = Words("缴费时间", "繳費時間", "Paid at")
_BY = Words("方式", "方式", "By")
_WECHAT = Words("微信支付", "微信支付", "WeChat Pay")
_REFERENCE = Words("交易号", "交易號碼", "Transaction")
_AMOUNT = Words("金额", "金額", "Amount")
_KEEP = Words("请收好小票。", "請收好收據條。", "Please keep this slip.")
_ASKING = Words("正在核对", "正在核對", "Being checked")
_ASK_WITH = Words("查询号", "查詢號碼", "Number to ask with")
_ASK_LINE = Words(
    "这笔缴费正在核对，请不要再付一次。钱不会丢；凭查询号到服务台可以查到结果。",
    "這筆繳費正在核對，請不要再付一次。錢不會不見；憑查詢號碼到服務台可以查到結果。",
    "This payment is being checked; please do not pay again. No money gets lost: "
    "the desk finds the result by this number.",
)
_GUEST_PASS = Words("访客通行码", "訪客通行碼", "Visitor's pass")
_GUEST_CODE = Words("访客开门号码", "訪客開門號碼", "Visitor's code")
_OPENS = Words("能开的门", "能開的門", "Opens")
_UNTIL = Words("有效到", "有效至", "Good until")
_SCAN = Words(
    "到门口，把上面的图对着扫码口。每扇门只开一次。",
    "到門口，把上面的圖對著掃碼口。每扇門只開一次。",
    "At the door, hold the picture above to the scanner. It opens each door once.",
)
_TYPE = Words(
    "到门口，在键盘上按这九个数字，再按 #。只开一次。",
    "到門口，在鍵盤上按這九個數字，再按 #。只開一次。",
    "At the door, press these nine digits on the keypad, then #. It opens once.",
)
_FOR_YOU = Words(
    "谁拿着它都能开门：请不要给别人，用完撕掉。",
    "誰拿著它都能開門：請不要給別人，用完撕掉。",
    "Whoever holds this can open the door: keep it to yourself, and tear it up afterwards.",
)
_MODULE_DOTS = (3, 6)  # a scanner reads no finer; a telephone's camera needs no coarser


def yuan(amount_fen: int) -> str:
    """An amount as it stands on paper."""
    return f"￥{amount_fen // 100}.{amount_fen % 100:02}"


def compose(slip: SlipOf, site: Mapping[str, Any], language: str, columns: int) -> Slip:
    """The slip's commands; ``site`` is the hub's public word (name, time_zone), perhaps empty.

    ``language`` is the wall's; a slip that somebody asked for has its own.
    """
    language = slip.language if isinstance(slip, PassSlip) else language
    zone = str(site.get("time_zone", "UTC"))

    def say(words: Words) -> str:
        return words.as_dict()[language]

    paper = Slip(columns)
    paper.look(align=Align.CENTRE)
    name = site.get("name")
    if isinstance(name, Mapping):
        paper.line(str(name.get(language, "")))
    paper.look(align=Align.CENTRE, bold=True, scale=2)
    if isinstance(slip, PassSlip):
        _guest(paper, slip.guest, language, zone, say)
    elif isinstance(slip, AskSlip):
        paper.line(say(_ASKING))
        paper.look()
        paper.rule()
        paper.line(say(_ASK_LINE))
        paper.line(say(_ASK_WITH))
        paper.look(align=Align.CENTRE, bold=True, scale=2)
        paper.line(slip.number)
    else:
        paper.line(say(_RECEIPT))
        paper.look()
        paper.rule()
        _paid(paper, slip, zone, say)
    paper.look()
    paper.feed(2)
    paper.cut()
    return paper


def _paid(paper: Slip, slip: PaidSlip, zone: str, say: Callable[[Words], str]) -> None:
    receipt = slip.receipt
    kind = say(_KINDS[slip.kind]) if slip.kind in _KINDS else slip.kind
    paper.pair(say(_NUMBER), receipt.number)
    paper.pair(say(_HOUSE), receipt.house)
    paper.pair(say(_ITEM), f"{kind} {slip.period}")
    paper.pair(say(_PAID_AT), _local(receipt.paid_at, zone))
    paper.pair(say(_BY), say(_WECHAT))
    paper.pair(say(_REFERENCE), receipt.provider_ref)
    paper.rule()
    paper.look(bold=True, scale=2)
    paper.pair(say(_AMOUNT), yuan(receipt.amount_fen))
    paper.look(align=Align.CENTRE)
    paper.feed(1)  # the quiet ground that a scanner needs
    paper.qr(receipt.number)  # the desk finds it again by it
    paper.feed(1)
    paper.line(say(_KEEP))


def _guest(
    paper: Slip, guest: Guest, language: str, zone: str, say: Callable[[Words], str]
) -> None:
    """Neither who lives here nor whom it is for: a slip is lost on the way, and found."""
    paper.line(say(_GUEST_PASS if guest.code is None else _GUEST_CODE))
    paper.look()
    paper.rule()
    paper.look(align=Align.CENTRE, bold=True, scale=2)
    paper.feed(1)
    if guest.code is not None:
        digits = guest.code
        paper.line(" ".join(digits[at : at + 3] for at in range(0, len(digits), 3)))
    elif guest.text is not None:
        paper.qr(guest.text, module_dots=_module_dots(guest.text, paper.columns))
    paper.feed(1)
    paper.look()
    paper.line(say(_TYPE if guest.code is not None else _SCAN))
    paper.rule()
    paper.line(say(_OPENS))
    paper.look(bold=True)
    for door in guest.doors:
        paper.line(str(door.get(language, "")))
    paper.look()
    paper.line(say(_UNTIL))
    paper.look(bold=True)
    paper.line(_local(guest.ends, zone))
    paper.look()
    paper.rule()
    paper.line(say(_FOR_YOU))


def _module_dots(text: str, columns: int) -> int:
    """As large as the paper is wide, with the quiet ground that a scanner needs.

    Printers choose among the ways to write a text; bytes are the widest of them.
    """
    drawn = segno.make(text, error="m", mode="byte", micro=False)
    modules = len(drawn.matrix) + 2 * QUIET_MODULES
    least, most = _MODULE_DOTS
    return max(least, min(most, columns * DOTS_A_COLUMN // modules))


def _local(instant: str, zone: str) -> str:
    """An instant of the hub on the wall's clock; as it came when it is none."""
    try:
        at = datetime.fromisoformat(instant)
        return at.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M")
    except (ValueError, ZoneInfoNotFoundError):
        return instant


class SlipPrinter:
    """A printer on a wire as the kiosk's paper; see kiosk.paper.Paper."""

    def __init__(self, printer: EscposPrinter, make: Callable[[SlipOf, int], Slip]) -> None:
        self._printer = printer
        self._make = make
        self._known = self.state
        self.on_state: Callable[[], None] = lambda: None
        printer.on_status = self._on_status

    @property
    def state(self) -> PaperState:
        """The printer now."""
        status = self._printer.status
        if status.trouble is Trouble.OUT:
            return PaperState.OUT
        if status.trouble is not None:
            return PaperState.STUCK
        return PaperState.LOW if status.paper_low else PaperState.OK

    async def print(self, slip: SlipOf) -> bool:
        """Whether the slip surely came out; why it did not is in the log."""
        try:
            await self._printer.print(self._make(slip, self._printer.columns))
        except (PrinterFault, SlipTooLong) as fault:
            log.warning("a slip did not come out: %s", fault)
            return False
        return True

    def _on_status(self) -> None:
        if self.state is not self._known:
            self._known = self.state
            self.on_state()


__all__ = ["SlipPrinter", "compose", "yuan"]
