"""What stands on a slip, in the language of the wall, and the printer that puts it there."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from devices.reasons import Words
from drivers.catalogue import EscposPrinter, PrinterFault
from drivers.escpos import Align, Slip, SlipTooLong, Trouble
from kiosk.paper import AskSlip, PaidSlip, PaperState, SlipOf

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


def yuan(amount_fen: int) -> str:
    """An amount as it stands on paper."""
    return f"￥{amount_fen // 100}.{amount_fen % 100:02}"


def compose(slip: SlipOf, site: Mapping[str, Any], language: str, columns: int) -> Slip:
    """The slip's commands; ``site`` is the hub's public word (name, time_zone), perhaps empty."""

    def say(words: Words) -> str:
        return words.as_dict()[language]

    paper = Slip(columns)
    paper.look(align=Align.CENTRE)
    name = site.get("name")
    if isinstance(name, Mapping):
        paper.line(str(name.get(language, "")))
    paper.look(align=Align.CENTRE, bold=True, scale=2)
    if isinstance(slip, AskSlip):
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
        _paid(paper, slip, str(site.get("time_zone", "UTC")), say)
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
