"""The payer's page behind a scanned QR: one amount, one button; plain HTML without a script."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Final

from drivers.wechatpay_bodies import TradeState

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from simulators.provider.orders import Placed

LANGUAGES: Final = {"zh-Hans": "简体", "zh-Hant": "繁體", "en": "English"}
HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'"
    ),
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}

_WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "zh-Hans": {
        "title": "确认付款",
        "note": "这是模拟支付，不会动用真钱。",
        "pay": "付款",
        "paid": "付款成功",
        "paid_more": "可以放下手机了，机器会给您凭条。",
        "closed": "这笔订单已经关闭",
        "closed_more": "没有扣款。需要的话，请在机器上重新开始。",
        "expired": "二维码已过期",
        "expired_more": "没有扣款。请在机器上重新取一个二维码。",
        "missing": "没有这笔订单",
        "missing_more": "请重新扫一次机器上的二维码。",
        "languages": "语言",
    },
    "zh-Hant": {
        "title": "確認付款",
        "note": "這是模擬付款，不會動用真錢。",
        "pay": "付款",
        "paid": "付款成功",
        "paid_more": "可以收起手機了，機器會給您單據。",
        "closed": "這筆訂單已關閉",
        "closed_more": "沒有扣款。如有需要，請在機器上重新開始。",
        "expired": "QR 碼已過期",
        "expired_more": "沒有扣款。請在機器上重新取得 QR 碼。",
        "missing": "沒有這筆訂單",
        "missing_more": "請再掃一次機器上的 QR 碼。",
        "languages": "語言",
    },
    "en": {
        "title": "Confirm payment",
        "note": "This is a simulated payment. No real money moves.",
        "pay": "Pay",
        "paid": "Paid",
        "paid_more": "You can put the phone away; the kiosk prints your receipt.",
        "closed": "This order is closed",
        "closed_more": "Nothing was charged. Start again at the kiosk if you need to.",
        "expired": "This QR code has expired",
        "expired_more": "Nothing was charged. Ask the kiosk for a new one.",
        "missing": "There is no such order",
        "missing_more": "Scan the code on the kiosk once more.",
        "languages": "Language",
    },
}

STYLE: Final = """
:root { color-scheme: light dark; --paper: #f6f4ee; --card: #fffdf9; --ink: #211e19;
  --soft: #595247; --line: #ddd3c3; --lead: #17604a; --on-lead: #ffffff; --focus: #1b5fd0; }
@media (prefers-color-scheme: dark) { :root { --paper: #191816; --card: #23211e;
  --ink: #f1ece2; --soft: #bdb4a5; --line: #45413a; --lead: #7fcbab; --on-lead: #10261d;
  --focus: #9cc1ff; } }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; min-height: 100dvh; display: grid; place-items: center;
  padding: 1.25rem; background: var(--paper); color: var(--ink); line-height: 1.6;
  font: 112.5%/1.6 system-ui, -apple-system, "PingFang SC", "Noto Sans CJK SC",
    "Microsoft YaHei", sans-serif; }
:lang(zh-Hant) { font-family: "PingFang TC", "Noto Sans CJK TC", "Microsoft JhengHei",
  sans-serif; }
main { width: 100%; max-width: 25rem; padding: 2rem 1.5rem; border-radius: 1.25rem;
  background: var(--card); border: 1px solid var(--line); text-align: center; }
h1 { margin: 0; font-size: 1.25rem; font-weight: 600; }
.for { margin: .25rem 0 0; color: var(--soft); overflow-wrap: anywhere; }
.fen { margin: 1.5rem 0; font-size: 2.75rem; line-height: 1.2; font-weight: 650;
  font-variant-numeric: tabular-nums; }
button { width: 100%; min-height: 3.75rem; border: 0; border-radius: .875rem; font: inherit;
  font-size: 1.222rem; font-weight: 600; background: var(--lead); color: var(--on-lead);
  cursor: pointer; }
:focus-visible { outline: 3px solid var(--focus); outline-offset: 3px; }
.note { margin: 1.5rem 0 0; padding-top: 1rem; border-top: 1px solid var(--line);
  font-size: .889rem; color: var(--soft); }
.sign { width: 3.5rem; height: 3.5rem; margin: 0 auto 1rem; display: block; fill: none;
  stroke: var(--lead); stroke-width: 2; stroke-linecap: round; stroke-linejoin: round; }
nav { margin-top: 1rem; display: flex; justify-content: center; flex-wrap: wrap; }
nav a { padding: .625rem .75rem; color: var(--soft); font-size: .889rem; }
nav a[aria-current] { color: var(--ink); text-decoration: none; font-weight: 600; }
"""

_TICK = '<circle cx="12" cy="12" r="10"/><path d="m7.5 12.5 3 3 6-6.5"/>'
_PAUSE = '<circle cx="12" cy="12" r="10"/><path d="M12 7v6m0 3.5v.1"/>'


def language(asked: str | None, accepted: str) -> str:
    """Return the page's language: the one asked for, else the browser's first, else Chinese."""
    if asked in LANGUAGES:
        return asked
    first = accepted.split(",", maxsplit=1)[0].split(";", maxsplit=1)[0].strip().lower()
    if first.startswith(("zh-hant", "zh-tw", "zh-hk", "zh-mo")):
        return "zh-Hant"
    return "en" if first and not first.startswith("zh") else "zh-Hans"


def yuan(fen: int) -> str:
    """Return an amount as people write it."""
    return f"¥{fen // 100:,}.{fen % 100:02d}"


def render(placed: Placed | None, now: datetime, lang: str) -> str:
    """Return the page of an order as it stands."""
    words = _WORDS[lang]
    state = _state(placed, now)
    if placed is None:
        amount = purpose = ""
    else:
        fen = placed.order.amount_fen if placed.charged_fen is None else placed.charged_fen
        amount = f'<p class="fen">{yuan(fen)}</p>'
        purpose = f'<p class="for">{escape(placed.order.description)}</p>'
    if state == "ready":
        top = f"<h1>{words['title']}</h1>{purpose}{amount}"
        rest = f'<form method="post"><button type="submit">{words["pay"]}</button></form>'
    else:
        icon = _TICK if state == "paid" else _PAUSE
        sign = f'<svg class="sign" viewBox="0 0 24 24" aria-hidden="true">{icon}</svg>'
        top = f"{sign}<h1>{words[state]}</h1>{purpose}{amount}"
        rest = f"<p>{words[state + '_more']}</p>"
    return (
        f'<!doctype html><html lang="{lang}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{words['title']}</title>"
        '<link rel="stylesheet" href="/pay/style.css"></head><body><main>'
        f'{top}{rest}<p class="note">{words["note"]}</p>{_nav(lang)}</main></body></html>'
    )


def _state(placed: Placed | None, now: datetime) -> str:
    if placed is None:
        return "missing"
    if placed.state is TradeState.SUCCESS:
        return "paid"
    if placed.state is TradeState.CLOSED:
        return "closed"
    return "expired" if placed.order.expires_at < now else "ready"


def _nav(lang: str) -> str:
    links = "".join(
        f'<a href="?lang={code}" hreflang="{code}" lang="{code}"'
        f"{' aria-current=true' if code == lang else ''}>{name}</a>"
        for code, name in LANGUAGES.items()
    )
    return f'<nav aria-label="{_WORDS[lang]["languages"]}">{links}</nav>'
