"""When a lost card was last surely had, in words that anybody can answer.

The hub reads them by its own clock and the site's day: a phone's clock may be hours off, and an
elder at a kiosk knows no minute. Each word reaches back as far as it may mean. Too far costs a
confirmation of a phone that was the household's own; too short leaves a thief's phone in use.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Literal, get_args
from zoneinfo import ZoneInfo

Had = Literal["just_now", "today", "yesterday", "days", "unknown"]
HAD: tuple[Had, ...] = get_args(Had)

JUST_NOW_S = 3_600.0  # nobody looks at the clock when they put a card away
DAYS = 14  # who says "some days ago" may mean the week before last
MONTH_S = 31 * 86_400.0  # how long households hear of a new phone; nothing older is paused


def had_at(word: Had, now_s: float, zone: ZoneInfo) -> float:
    """The moment (seconds since 1970) since when the card may have been in other hands."""
    just_now_s = now_s - JUST_NOW_S
    if word == "just_now":
        return just_now_s
    if word == "unknown":
        return now_s - MONTH_S
    days = {"today": 0, "yesterday": 1, "days": DAYS}[word]
    today = datetime.fromtimestamp(now_s, zone).date()
    began = datetime.combine(today - timedelta(days=days), time(), zone)
    return min(began.timestamp(), just_now_s)
