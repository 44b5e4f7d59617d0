"""What leaves by outlets, in the site's language: an alert, a bundle of them, its end, the morning.

Doors and devices are named, people never: a group chat is no place for them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from devices.reasons import Words
from hub.core.alert_kinds import KINDS

LINES_MAX = 12  # of a bundle or a morning; who needs the rest opens the console

_SEVERITY = {
    "extreme": Words("极重", "極重", "extreme"),
    "severe": Words("严重", "嚴重", "severe"),
    "moderate": Words("一般", "一般", "moderate"),
    "minor": Words("轻微", "輕微", "minor"),
}
_SINCE = Words("从 {at} 起", "從 {at} 起", "Since {at}")
_TIMES = Words("已经 {n} 次", "已經 {n} 次", "{n} times")
_DO = Words("怎么办：", "怎麼辦：", "What to do: ")
_NOBODY = Words(
    "第 {n} 次通知，还没有人确认。",
    "第 {n} 次通知，還沒有人確認。",
    "Call {n}: nobody has answered yet.",
)
_TAKE = Words("确认：{url}", "確認：{url}", "Acknowledge: {url}")
_NUMBER = Words("编号 {id}", "編號 {id}", "Number {id}")
_OVER = Words("已恢复：", "已恢復：", "Over: ")
_BUNDLE = Words("{n} 条警报", "{n} 條警報", "{n} alerts")
_MORE = Words("还有 {n} 条", "還有 {n} 條", "and {n} more")
_WELL = Words("早上好，{n} 扇门都好", "早安，{n} 扇門都好", "Good morning: all {n} doors are well")
_NOT_WELL = Words(
    "早上好，{n} 扇门里有 {bad} 扇要看",
    "早安，{n} 扇門裡有 {bad} 扇要看",
    "Good morning: {bad} of {n} doors need care",
)
_CHECKED = Words("{at} 检查过。", "{at} 檢查過。", "Checked at {at}.")
_UNHEARD = Words("还没有联系上", "還沒有聯繫上", "not heard of yet")
_COLON = Words("：", "：", ": ")
_HUB = Words("服务器", "伺服器", "The hub")


@dataclass(frozen=True, slots=True)
class Message:
    """A message ready to leave; ``key`` is the same however often it is sent."""

    key: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Told:
    """An alert as it is told: the name of its subject, and the number of this call."""

    key: str
    alert: str
    kind: str
    severity: str
    subject: Mapping[str, str] | str
    since_s: float
    count: int
    call: int
    over: bool


@dataclass(frozen=True, slots=True)
class Voice:
    """Whose message it is: site, language, zone, where the console is."""

    site: Mapping[str, str]
    language: str
    zone: str
    console: str

    def say(self, words: Words, **slots: object) -> str:
        """Words in this language."""
        return words.as_dict()[self.language].format(**slots)

    def name(self, subject: Mapping[str, str] | str) -> str:
        """A subject's name."""
        if isinstance(subject, str):
            return self.say(_HUB) if subject == "" else subject
        return subject[self.language]

    def moment(self, at_s: float, now: datetime) -> str:
        """An instant on the site's clock; the day too, unless it is today."""
        zone = ZoneInfo(self.zone)
        at = datetime.fromtimestamp(at_s, zone)
        today = at.date() == now.astimezone(zone).date()
        return at.strftime("%H:%M" if today else "%m-%d %H:%M")


def _head(voice: Voice, text: str) -> str:
    return f"【{voice.name(voice.site)}】{text}"


def _what(voice: Voice, told: Told) -> str:
    line = voice.say(_COLON).join((voice.name(told.subject), voice.say(KINDS[told.kind].words)))
    return voice.say(_OVER) + line if told.over else line


def of_alert(voice: Voice, told: Told, now: datetime) -> Message:
    """One alert: what, where, since when, what to do, and whether anybody answered."""
    since = voice.say(_SINCE, at=voice.moment(told.since_s, now))
    facts = [since, voice.say(_SEVERITY[told.severity])]
    if told.count > 1:
        facts.append(voice.say(_TIMES, n=told.count))
    lines = [" · ".join(facts)]
    if not told.over:
        lines.append(voice.say(_DO) + voice.say(KINDS[told.kind].cure))
        if told.call > 1:
            lines.append(voice.say(_NOBODY, n=told.call))
        if voice.console:
            lines.append(voice.say(_TAKE, url=f"{voice.console}/console/#/alerts"))
    lines.append(voice.say(_NUMBER, id=told.key))
    return Message(told.key, _head(voice, _what(voice, told)), "\n".join(lines))


def of_bundle(voice: Voice, told: Sequence[Told], now: datetime) -> Message:
    """Several alerts that are due at once, as one message: a storm must stay readable."""
    lines = [
        f"{_what(voice, one)} · {voice.say(_SINCE, at=voice.moment(one.since_s, now))} #{one.alert}"
        for one in told[:LINES_MAX]
    ]
    if len(told) > LINES_MAX:
        lines.append(voice.say(_MORE, n=len(told) - LINES_MAX))
    if voice.console:
        lines.append(voice.say(_TAKE, url=f"{voice.console}/console/#/alerts"))
    key = f"bundle-{hashlib.sha256(' '.join(one.key for one in told).encode()).hexdigest()[:16]}"
    lines.append(voice.say(_NUMBER, id=key))
    return Message(key, _head(voice, voice.say(_BUNDLE, n=len(told))), "\n".join(lines))


@dataclass(frozen=True, slots=True)
class Dead:
    """A door that is not well: its name, its gravest trouble, since when."""

    name: Mapping[str, str]
    kind: str
    since_s: float | None


def of_morning(
    voice: Voice, key: str, doors: int, dead: Sequence[Dead], at_s: float, now: datetime
) -> Message:
    """One message a day: all doors are well, or which are not, since when, and what to do."""
    checked = voice.say(_CHECKED, at=voice.moment(at_s, now))
    if not dead:
        return Message(key, _head(voice, voice.say(_WELL, n=doors)), checked)
    lines = []
    for one in dead[:LINES_MAX]:
        since = (
            voice.say(_UNHEARD)
            if one.since_s is None
            else voice.say(_SINCE, at=voice.moment(one.since_s, now))
        )
        kind = KINDS[one.kind]
        what = voice.say(_COLON).join((voice.name(one.name), voice.say(kind.words)))
        lines.append(f"{what} · {since}")
        lines.append("  " + voice.say(kind.cure))
    if len(dead) > LINES_MAX:
        lines.append(voice.say(_MORE, n=len(dead) - LINES_MAX))
    title = voice.say(_NOT_WELL, n=doors, bad=len(dead))
    return Message(key, _head(voice, title), "\n".join([*lines, checked]))
