"""The story's five steps, played on the town's real devices; each beat waits for its fact."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import httpx

from simulators.panel import cast
from simulators.panel.scene import Scene
from simulators.panel.shell import Refused
from simulators.roster import ELDER

LOOK_S = 1.6  # a viewer sees what has just happened before the next thing begins
WALK_S = 1.2  # somebody comes to the door before the card does
TAPS_MAX = 3  # a card that was not read well is held to the reader again, as people do
SHUT_WAIT_S = 8.0  # a lock holds for 3 s
READY_WAIT_S = 25.0  # doors that were cut off come back with growing pauses
ARRIVE_WAIT_S = 25.0  # the same, and the event behind it
SETTLE_S = 1.2  # a second entry of one event would come right behind the first
RECEIPT_WAIT_S = 12.0  # the kiosk asks for its payment every second
HOMES_TRIED_MAX = 8  # homes looked up for a bill that is still open; the hub allows ten a minute
GONE_WAIT_S = 20.0  # every door acknowledges within a second or two
GONE_LOOK_S = 0.1
TAUGHT_S = 1.5  # between a card's return and its first policy: what is behind is not yet told
STEPS = (1, 2, 3, 4, 5)
FOUND = "演示：卡找到了"  # staff write why a card is trusted again
IDLE: dict[str, Any] = {"step": 0, "beat": None, "state": "idle", "facts": {}}

log = logging.getLogger(__name__)


class NotSo(Exception):
    """A fact that the story waits for did not come."""


def _must(truth: object, what: str) -> None:
    if not truth:
        raise NotSo(what)


class Story:
    """Plays one step at a time; ``now`` is what the page is shown."""

    def __init__(self, scene: Scene, tell: Callable[[dict[str, Any]], None]) -> None:
        self._scene = scene
        self._tell = tell
        self._task: asyncio.Task[None] | None = None
        self._paid: set[str] = set()  # homes whose fee the story has paid
        self.now: dict[str, Any] = dict(IDLE)

    @property
    def is_playing(self) -> bool:
        """Whether people's hands belong to the story now."""
        return self._task is not None and not self._task.done()

    async def play(self, step: int) -> dict[str, Any]:
        """Begin a step, ending another; what came of it is told beat by beat."""
        await self._end()
        self._show(step=step, beat=None, state="playing", facts={})
        self._task = asyncio.ensure_future(self._play(step))
        return self.now

    async def stop(self) -> dict[str, Any]:
        """End what plays and join the network again."""
        await self._end()
        self._scene.cut(False)
        self._show(**IDLE)
        return self.now

    async def _end(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def _play(self, step: int) -> None:
        steps: dict[int, Callable[[], Awaitable[None]]] = {
            1: self._tap,
            2: self._without_network,
            3: self._copy,
            4: self._bill,
            5: self._lost,
        }
        try:
            self._scene.cut(False)
            self._scene.parts.mend()
            await steps[step]()
        except asyncio.CancelledError:
            self._scene.cut(False)
            raise
        except (NotSo, Refused, httpx.HTTPError) as why:
            log.warning("the story's step %s: %s", step, why)
            self._scene.cut(False)
            self._show(state="failed")
        else:
            self._show(state="done")

    def _show(self, **changes: Any) -> None:
        self.now = {**self.now, **changes}
        self._tell(self.now)

    def _beat(self, beat: str, **facts: Any) -> None:
        self._show(beat=beat, facts={**self.now["facts"], **facts})

    # ----------------------------------------------------------------- the steps

    async def _tap(self) -> None:
        self._beat("tap")
        said = await self._her_card()
        self._beat("opened", ms=said["ms"])

    async def _her_card(self) -> dict[str, Any]:
        """She walks to her door and holds her card to it; it must open."""
        scene = self._scene
        _must(await scene.doors.shut(cast.ELDER_DOOR, SHUT_WAIT_S), "the door stays open")
        said: dict[str, Any] = {}
        for _ in range(TAPS_MAX):
            await asyncio.sleep(WALK_S)
            said = await scene.hands.tap(ELDER, cast.ELDER_DOOR)
            if said["outcome"] == "opened":
                return said
        raise NotSo(f"the door said {said['reason']}")

    async def _without_network(self) -> None:
        scene = self._scene
        _must(await scene.doors_ready(READY_WAIT_S), "the doors are not back")
        _must(await scene.doors.shut(cast.ELDER_DOOR, SHUT_WAIT_S), "the door stays open")
        scene.cut(True)
        self._beat("cut")
        await asyncio.sleep(LOOK_S)
        since = scene.journal.last
        self._beat("tap_cut")
        said = await self._her_card()
        self._beat("opened_cut", ms=said["ms"])
        await asyncio.sleep(2 * LOOK_S)
        _must(not self._late(since), "an event came through a cut wire")
        scene.cut(False)
        self._beat("joined")
        came = await scene.journal.wait_for(lambda event: event in self._late(since), ARRIVE_WAIT_S)
        _must(came, "the event did not arrive")
        await asyncio.sleep(SETTLE_S)
        self._beat("arrived", entries=len(self._late(since)))

    def _late(self, since: int) -> list[dict[str, Any]]:
        """Entries of her tap that came after the wire was cut."""
        return [
            event
            for event in self._scene.journal.known
            if event["n"] > since
            and event["kind"] == "access"
            and (event["door"], event["via"]) == (cast.ELDER_DOOR, "card")
        ]

    async def _copy(self) -> None:
        scene = self._scene
        _must(await scene.doors_ready(READY_WAIT_S), "the doors are not back")
        _must(await scene.doors.shut(cast.SHAKER_DOOR, SHUT_WAIT_S), "the gate stays open")
        self._beat("shake")
        await asyncio.sleep(WALK_S)
        said = await scene.hands.shake(scene.cast["shaker"], cast.SHAKER_DOOR)
        _must(said["outcome"] == "opened", f"the gate said {said['reason']}")
        self._beat("shaken", ms=said["ms"])
        _must(await scene.doors.shut(cast.SHAKER_DOOR, SHUT_WAIT_S), "the gate stays open")
        await asyncio.sleep(LOOK_S)
        self._beat("copy")
        await asyncio.sleep(WALK_S)
        copied = await scene.hands.copy()
        _must(copied["reason"] == "request_repeated", f"the copy was told {copied['reason']}")
        self._beat("refused")

    async def _bill(self) -> None:
        scene = self._scene
        await scene.glass.end()
        self._beat("find")
        await asyncio.sleep(WALK_S)
        bill = await self._open_fee()
        await asyncio.sleep(LOOK_S)
        payment = await scene.glass.choose(bill["id"])
        _must(payment, "the kiosk shows no code")
        self._beat("code", amount_fen=bill["amount_fen"])
        await asyncio.sleep(2 * LOOK_S)

        def told(now: dict[str, Any]) -> None:
            self._beat("callback", callbacks=now["callbacks"])

        await scene.glass.pay(told)
        _must(await scene.glass.receipt(RECEIPT_WAIT_S), "no receipt came")
        await asyncio.sleep(SETTLE_S)
        now = scene.glass.now
        self._beat("receipt", callbacks=now["callbacks"], receipts=now["receipts"])

    async def _open_fee(self) -> dict[str, Any]:
        """Her property fee; told again, that of a neighbour's home which owes the same."""
        homes = [home for home in cast.homes_with_her_fee() if home.house not in self._paid]
        for home in homes[:HOMES_TRIED_MAX]:
            visit = await self._visit(home)
            _must(visit, f"the kiosk does not know {home.house}")
            assert visit is not None
            self._paid.add(home.house)
            for bill in visit["bills"]:
                if bill["kind"] == "property" and bill["state"] == "open":
                    return dict(bill)
            await self._scene.glass.end()
        raise NotSo("every bill is paid: the town begins anew with a reset")

    async def _visit(self, home: cast.Neighbour) -> dict[str, Any] | None:
        if home == cast.homes_with_her_fee()[0]:
            return await self._scene.glass.hold(self._scene.town.elder_card())
        return await self._scene.glass.find(home.house, home.phone_last4)

    # ----------------------------------------------------------------- a lost card

    async def _lost(self) -> None:
        """She stops her card on her phone; each door signs that it has forgotten it."""
        scene = self._scene
        _must(await scene.doors_ready(READY_WAIT_S), "the doors are not back")
        card = await self._her_lost_card()
        if card["blocked_at"] is not None:  # the step is told again: staff found the card
            await scene.staff.unblock_card(card["id"], FOUND)
            await asyncio.sleep(TAUGHT_S)
            _must(await scene.doors_ready(READY_WAIT_S), "the doors do not know the card again")
        self._beat("lost")
        await asyncio.sleep(LOOK_S + WALK_S)
        phone = scene.hands.phone(cast.LOST_CARD)
        reply = await phone.send("POST", f"/api/v1/me/cards/{card['id']}/block", {})
        _must(reply.status == httpx.codes.OK, f"the card was not stopped: {reply.body}")
        self._beat("blocked")
        await self._forgotten()
        await asyncio.sleep(2 * LOOK_S)
        self._beat("found")
        await asyncio.sleep(WALK_S)
        said = await scene.hands.tap(cast.LOST_CARD, cast.FINDER_DOOR)
        _must(said["outcome"] == "refused", f"the door said {said['reason']}")
        self._beat("kept_out")

    async def _forgotten(self) -> None:
        """Tell of each door's receipt as it comes, with the seconds of the slowest."""
        told = -1
        end_s = asyncio.get_running_loop().time() + GONE_WAIT_S
        while asyncio.get_running_loop().time() < end_s:
            revocation = (await self._her_lost_card())["revocation"]
            doors = revocation["doors"] if revocation is not None and revocation["told"] else []
            after = [d["gone_after_s"] for d in doors if d["gone_after_s"] is not None]
            if len(after) > max(told, 0):
                told = len(after)
                self._beat("gone", gone=told, doors=len(doors), seconds=round(max(after), 2))
            if doors and told == len(doors):
                return
            await asyncio.sleep(GONE_LOOK_S)
        raise NotSo("a door still knows the card")

    async def _her_lost_card(self) -> dict[str, Any]:
        name = cast.name_of(cast.LOST_CARD)
        cards = await self._scene.staff.cards(name)
        return next(card for card in cards if card["person"] == cast.LOST_CARD)
