"""Somebody at the kiosk: taps a card, reads the glass, scans the code with a phone, leaves.

It talks to the agent as the page does, and to nobody else; what it checks of the money it reads
from the provider's log and, from outside, in the hub's database.
"""

from __future__ import annotations

import asyncio
import re
import secrets
import sqlite3
import time
from dataclasses import replace
from html import unescape
from typing import TYPE_CHECKING, Any, Final

import httpx
import segno

from drivers.wechatpay_bodies import TradeState
from simulators.provider import Faults
from simulators.provider.callbacks import Letter, write_letter

if TYPE_CHECKING:
    from drivers.wechatpay_bodies import Transaction
    from simulators.demo.town import Town
    from simulators.provider import Provider

WAIT_S: Final = 15.0
LOOK_S: Final = 0.05  # how often a person's eyes go back to the glass
CALLBACKS: Final = 3
_CLIENT: Final = {"Linli-Client": "kiosk"}
_DESC: Final = re.compile(r"<desc>([^<]*)</desc>")
_DRAWN: Final = re.compile(r' d="([^"]+)"')


def _words(hans: str, hant: str, english: str) -> dict[str, str]:
    return {"zh-Hans": hans, "zh-Hant": hant, "en": english}


NOTICES: Final = [
    {"id": "brocades", "kind": "exercise", "title": _words("八段锦", "八段錦", "Eight brocades"),
     "line": _words("每天 06:30，小广场", "每天 06:30，小廣場", "Every day 06:30, on the square")},
    {"id": "canteen", "kind": "meal", "title": _words("食堂开饭", "食堂開飯", "Canteen"),
     "line": _words("每天 11:00", "每天 11:00", "Every day from 11:00")},
    {"id": "pressure", "kind": "health", "title": _words("量血压", "量血壓", "Blood pressure"),
     "line": _words("星期三上午，活动室", "星期三上午，活動室",
                    "Wednesday morning, activity room")},
    {"id": "opera", "kind": "show", "title": _words("越剧", "越劇", "Yue opera"),
     "line": _words("星期五下午，活动室", "星期五下午，活動室", "Friday afternoon, activity room")},
]  # fmt: skip
"""The public life of the village, for the untouched screen."""


class NotSo(Exception):
    """The kiosk did not do what it should."""


def _must(truth: object, what: str) -> None:
    if not truth:
        raise NotSo(what)


def read_code(svg: str) -> str:
    """What the code on the glass says; raises NotSo when its squares say something else."""
    told = _DESC.search(svg)
    _must(told, "the code has no text to check its squares with")
    assert told is not None
    text = unescape(told[1])
    anew = segno.make(text, error="m").svg_inline(omitsize=True, border=4)
    _must(_DRAWN.findall(svg) == _DRAWN.findall(anew), "the squares do not say the code's text")
    return text


class KioskVisitor:
    """One person before the town's kiosk."""

    def __init__(self, town: Town) -> None:
        self._town = town

    async def pay(self, house: str, kind: str) -> dict[str, Any]:
        """Tap, choose, scan, pay; three callbacks make one receipt, forged ones make none."""
        visit = await self.arrive(house)
        bill = next((b for b in visit["bills"] if b["kind"] == kind), None)
        _must(bill is not None and bill["state"] == "open", f"no open {kind} bill: {visit}")
        assert bill is not None
        payment = await self.touch("pay", {"bill": bill["id"]})
        waiting = await self.glass("waiting")
        _must(waiting["id"] == payment["id"], "another payment is on the glass")
        code_url = read_code(waiting["code_svg"])
        provider = self._provider()
        forged = await self._forge(provider, code_url)
        _must((await self.state())["payment"]["state"] == "waiting", "a forgery was believed")
        sent = await provider.scan(code_url, callbacks=CALLBACKS)
        paid = await self.glass("paid")
        receipt = paid["receipt"]
        _must(all(each.accepted for each in sent), f"callbacks: {[s.status for s in sent]}")
        _must(receipt["amount_fen"] == bill["amount_fen"], f"the receipt says {receipt}")
        number, receipts = self._receipts(bill["id"])
        _must((number, receipts) == (receipt["number"], 1), f"{receipts} receipts, not 1")
        await self.leave()
        return {
            "callbacks": len(sent),
            "receipts": receipts,
            "receipt": receipt["number"],
            "amount_fen": receipt["amount_fen"],
            "forged": forged,
        }

    async def leave(self) -> None:
        """Press "leave"; the kiosk must know nobody any more."""
        await self.touch("end", {})
        state = await self.state()
        _must(state["session"] is None and state["payment"] is None, "the kiosk remembers")

    async def arrive(self, house: str) -> dict[str, Any]:
        """Hold the card of the story's elder to the reader; the visit as the page sees it."""
        reader = self._town.kiosk_reader
        assert reader is not None

        async def online() -> bool:
            return bool((await self.state())["online"])

        async def known() -> bool:
            session = (await self.state())["session"]
            return session is not None and session["house"] == house

        await self._until(online, "the kiosk does not find its hub")
        reader.tap(self._town.elder_card())
        try:
            await self._until(known, "the kiosk did not recognise the card")
        finally:
            reader.lift()
        session: dict[str, Any] = (await self.state())["session"]
        _must(session["holder"].endswith("**"), "the name on the glass is not masked")
        return session

    # ----------------------------------------------------------------- forgeries

    async def _forge(self, provider: Provider, code_url: str) -> dict[str, int]:
        """Send what a thief would send while the code waits; each must be refused."""
        placed = provider.orders.by_token(code_url.rpartition("/")[2])
        _must(placed is not None, "the provider does not know the code")
        assert placed is not None
        claimed = replace(
            placed.transaction(),
            trade_state=TradeState.SUCCESS,
            transaction_id=f"4200{secrets.randbelow(10**16):016d}",
            success_at=provider.now(),
        )
        sealed = self._letter(provider, claimed, Faults())
        statuses = {
            "bad_signature": self._letter(provider, claimed, Faults(bad_signature=True)),
            "changed_body": replace(sealed, body=sealed.body.replace(b"SUCCESS", b"SUCCESs", 1)),
            "changed_amount": self._letter(provider, claimed, Faults(told_fen=1)),
        }
        told = {}
        for what, letter in statuses.items():
            told[what] = await self._deliver(placed.order.notify_url, letter)
            _must(400 <= told[what] < 500, f"a callback with {what} was answered {told[what]}")
        return told

    def _letter(self, provider: Provider, claimed: Transaction, faults: Faults) -> Letter:
        return write_letter(
            provider.papers,
            provider.signer,
            claimed,
            secrets.token_hex(16),
            faults=faults,
            now=provider.now(),
            nonce=lambda chars: secrets.token_hex(chars)[:chars],
        )

    async def _deliver(self, url: str, letter: Letter) -> int:
        assert self._town.http is not None
        answer = await self._town.http.post(url, content=letter.body, headers=letter.headers)
        return answer.status_code

    # ----------------------------------------------------------------- the glass and the books

    async def glass(self, wanted: str) -> dict[str, Any]:
        """Wait until the payment on the glass is in a state."""

        async def there() -> bool:
            payment = (await self.state())["payment"]
            return payment is not None and payment["state"] == wanted

        await self._until(there, f"the payment on the glass is not {wanted}")
        payment: dict[str, Any] = (await self.state())["payment"]
        return payment

    def _receipts(self, bill: str) -> tuple[str | None, int]:
        """The number and the count of a bill's receipts, read from outside."""
        database = self._town.settings.folder / "hub" / "hub.db"
        if not database.exists():  # the town's database is elsewhere: the glass must do
            return None, 0
        with sqlite3.connect(f"file:{database}?mode=ro", uri=True) as connection:
            rows = connection.execute(
                "select receipt from intents where bill_id = ? and receipt is not null", (bill,)
            ).fetchall()
        return (rows[0][0] if rows else None), len(rows)

    def _provider(self) -> Provider:
        assert self._town.provider is not None
        return self._town.provider

    async def state(self) -> dict[str, Any]:
        """What the page shows."""
        try:
            return dict(await self._ask("GET", "state", None))
        except httpx.HTTPError:  # the agent is still starting
            return {"online": False, "session": None, "payment": None}

    async def touch(self, verb: str, body: dict[str, Any]) -> dict[str, Any]:
        """Press something; raises NotSo with the kiosk's refusal."""
        return dict(await self._ask("POST", verb, body) or {})

    async def _ask(self, method: str, path: str, body: dict[str, Any] | None) -> Any:
        assert self._town.http is not None
        answer = await self._town.http.request(
            method, f"{self._town.kiosk_url}/local/{path}", json=body, headers=_CLIENT
        )
        if answer.status_code >= 400:
            raise NotSo(f"{path}: {answer.text[:200]}")
        return answer.json() if answer.content else None

    async def _until(self, done: Any, what: str) -> None:
        end = time.monotonic() + WAIT_S
        while not await done():
            _must(time.monotonic() < end, what)
            await asyncio.sleep(LOOK_S)
