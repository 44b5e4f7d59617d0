"""The stand-in's callbacks: real signatures, sealed resources, the provider's own retries."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from drivers import wechatpay as wire
from drivers.wechatpay_bodies import Transaction

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from simulators.provider.papers import Papers

RETRY_AFTER_S: Final = (
    *(15, 15, 30, 180, 600, 1200),
    *(1800, 1800, 1800, 3600),
    *(10800, 10800, 10800, 21600, 21600),
)
"""The provider's published schedule after a notice that was not answered well: 24 h 4 min."""
ANSWER_TIMEOUT_S: Final = 5.0
"""A merchant answers a notice within this, says the provider."""
PROBE_PREFIX: Final = "WECHATPAY/SIGNTEST/"
"""Wrong signatures sent on purpose begin so; slashes and letters, yet no signature."""


@dataclass(slots=True)
class Faults:
    """Switches for everything that goes wrong between a provider and a merchant.

    Counts are used up; the rest stays until it is switched off. Seconds are scaled by the pace.
    """

    duplicates: int = 0
    """More copies of each first callback."""
    late_s: float = 0.0
    """Before the first callback."""
    lost: bool = False
    """No callback at all: only a query tells."""
    told_fen: int | None = None
    """The amount in callbacks, where it differs from what a query says."""
    charged_fen: int | None = None
    """The amount taken from the payer, told by callbacks and queries alike."""
    appid: str | None = None
    mchid: str | None = None
    expired: bool = False
    """Callbacks carry a timestamp one second outside the window."""
    unknown_serial: bool = False
    bad_signature: bool = False
    probe: bool = False
    """A callback with a probe's signature comes first."""
    slow_s: float = 0.0
    """Before each answer to the merchant."""
    answers_5xx: int = 0
    """Requests answered 500 and not carried out."""
    answers_lost: int = 0
    """Requests carried out and answered 502 all the same."""
    refunds_slow: int = 0
    """Refund answers that still say PROCESSING."""
    refund_stuck: bool = False
    """Refunds come out ABNORMAL: the payer's account cannot take the money."""
    pay_after_close: bool = False
    """A closed or expired order can still be paid: the payer was faster than the close."""


@dataclass(frozen=True, slots=True)
class Sent:
    """One callback that left, and the merchant's HTTP answer (None: no answer)."""

    out_trade_no: str
    notice_id: str
    attempt: int
    status: int | None
    at: datetime
    spoilt: tuple[str, ...] = ()

    @property
    def accepted(self) -> bool:
        """Whether the merchant answered well."""
        return self.status is not None and 200 <= self.status < 300


@dataclass(frozen=True, slots=True)
class Letter:
    """A callback ready to leave."""

    headers: dict[str, str]
    body: bytes
    spoilt: tuple[str, ...]


def write_letter(
    papers: Papers,
    signer: wire.SigningKey,
    transaction: Transaction,
    notice_id: str,
    *,
    faults: Faults,
    now: datetime,
    nonce: Callable[[int], str],
) -> Letter:
    """Return a callback as the switches want it; without faults it is a perfect one."""
    told = replace(
        transaction,
        appid=faults.appid or transaction.appid,
        mchid=faults.mchid or transaction.mchid,
        amount_fen=faults.told_fen or transaction.amount_fen,
    )
    body = wire.write_notice(told, notice_id, now, papers.apiv3_key, nonce(12))
    at_s = int(now.timestamp()) - (wire.WINDOW_S + 1 if faults.expired else 0)
    headers = wire.signed_headers(signer, body, at_s, nonce(32))
    if faults.unknown_serial:
        headers["Wechatpay-Serial"] = "PUB_KEY_ID_0000000000000000000000000000"
    if faults.bad_signature:
        headers["Wechatpay-Signature"] = signer.sign(b"something else")
    headers["Content-Type"] = "application/json"
    switches = {
        "told_fen": faults.told_fen is not None,
        "charged_fen": faults.charged_fen is not None,
        "appid": faults.appid is not None,
        "mchid": faults.mchid is not None,
        "expired": faults.expired,
        "unknown_serial": faults.unknown_serial,
        "bad_signature": faults.bad_signature,
    }
    return Letter(headers, body, tuple(name for name, on in switches.items() if on))


def write_probe(letter: Letter) -> Letter:
    """Return the letter with a signature that is wrong on purpose."""
    signature = PROBE_PREFIX + letter.headers["Wechatpay-Signature"][len(PROBE_PREFIX) :]
    return Letter({**letter.headers, "Wechatpay-Signature": signature}, letter.body, ("probe",))
