"""A strike on an MQTT relay: pulses that the device ends, believed only when it reports them.

Commands go out at QoS 0 and expire: whatever keeps messages for a sleeping device would otherwise
open the door when it wakes. A report confirms only if it came after the command and was not
stored. A device that lets a pulse run over is switched off and never used again by this program.
"""

import asyncio
import contextlib
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from drivers import mqtt
from drivers.kinds import OnState, StrikeFault
from drivers.reconnect import Backoff, keep
from drivers.relay_dialects import Dialect, Report, Say, Stage

ARM_MOST_S: Final = 0.8  # a radio hop and a flash write; with FIRE below the controller's 2 s
FIRE_MOST_S: Final = 1.0  # then nobody knows whether the lock is open
LATE_MOST_S: Final = 1.5  # how long after its time the device may report that it is off again
ASKED_MOST_S: Final = 1.0  # how long it may take to say how it is
COMMAND_LIFE_S: Final = 2  # at a broker that speaks MQTT 5

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Waiting:
    """Somebody waits for a report."""

    stage: Stage
    done: asyncio.Future[None]


class MqttRelay:
    """One device on one broker; `start` opens the connection on the running loop."""

    remote_only: Final = True  # never a perimeter or escape door: it hangs on radio and broker

    def __init__(
        self,
        dialect: Dialect,
        address: mqtt.BrokerAddress,
        client_id: str,
        *,
        on_state: OnState | None = None,
    ) -> None:
        self.on_state = on_state
        self.overruns = 0  # pulses that the device did not end
        self._dialect, self._address, self._client_id = dialect, address, client_id
        self._connection: mqtt.Connection | None = None
        self._hears = False  # whether its reports reach us
        self._upkeep: asyncio.Task[None] | None = None
        self._turn = asyncio.Lock()
        self._online: bool | None = None
        self._on: dict[int, bool] = {}  # outputs of one device: bounded by OUTPUTS_MOST
        self._watches: dict[int, asyncio.TimerHandle] = {}
        self._waiting: _Waiting | None = None
        self._condemned = ""
        self._why = "the connection is not open yet"
        self._told: tuple[bool, str] | None = None

    def start(self) -> None:
        """Connect and stay connected."""
        if self._upkeep is None:
            self._upkeep = asyncio.create_task(self._keep(), name="mqtt relay upkeep")

    async def pulse(self, output: int, duration_ms: int) -> None:
        """Release one output; StrikeFault: it stays shut. TimeoutError: nobody knows."""
        try:
            stages = self._dialect.pulse(output, duration_ms)
        except ValueError as wrong:
            raise StrikeFault(str(wrong)) from wrong
        async with self._turn:
            self._usable()
            for stage in stages:
                if not stage.fires:
                    await self._arm(stage)
                    continue
                try:
                    async with asyncio.timeout(FIRE_MOST_S):
                        await self._ask(stage)
                finally:  # whatever we heard, the lock may be open
                    self._watch(output, duration_ms)

    async def inputs(self) -> tuple[bool, ...]:
        """Such a door has none: what must not be missed does not hang on radio."""
        return ()

    async def close(self) -> None:
        """Let go; a running pulse ends by the device's timer."""
        for watch in self._watches.values():
            watch.cancel()
        self._watches.clear()
        if self._upkeep is not None:
            self._upkeep.cancel()
            await asyncio.wait([self._upkeep])
            self._upkeep = None

    # ----------------------------------------------------------------- a pulse

    def _usable(self) -> None:
        if self._condemned:
            raise StrikeFault(self._condemned)
        if not self._hears:
            raise StrikeFault(self._why)
        if self._online is False or (self._online is None and self._dialect.announces):
            raise StrikeFault("the relay is not on its broker; check its power and radio")

    async def _arm(self, stage: Stage) -> None:
        try:
            async with asyncio.timeout(ARM_MOST_S):
                await self._ask(stage)
        except TimeoutError:
            raise StrikeFault("the relay did not take its pulse time; nothing was moved") from None

    async def _ask(self, stage: Stage) -> None:
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting = _Waiting(stage, done)
        try:
            self._say(stage.says)
            await done
        finally:
            self._waiting = None

    def _say(self, says: Iterable[Say]) -> None:
        if self._connection is None:
            raise StrikeFault(self._why)
        for say in says:
            try:
                self._connection.publish(say.topic, say.payload, qos=0, expiry_s=COMMAND_LIFE_S)
            except mqtt.MqttError as fault:
                raise StrikeFault(str(fault)) from fault

    # ----------------------------------------------------------------- hearing

    def _on_message(self, message: mqtt.Message) -> None:
        for report in self._dialect.hear(message.topic, message.payload):
            self._take(report, stored=message.retain)

    def _take(self, report: Report, *, stored: bool) -> None:
        if report.online is not None:
            self._online = report.online
            words = "the relay is there" if report.online else "the relay has left its broker"
            self._report(report.online and not self._condemned, self._condemned or words)
        if report.output is not None and report.on is not None:
            first = report.output not in self._on
            self._on[report.output] = report.on
            if report.untimed:
                self._condemn(report.output, "it has no timer of its own set")
            elif first and report.on and self._waiting is None and not self._watches:
                with contextlib.suppress(StrikeFault):  # outputs are safe at the start
                    self._say(self._dialect.stop(report.output))
        waiting = self._waiting
        if waiting is None or stored or waiting.done.done():
            return
        if report.refused and report.answer == waiting.stage.question:
            waiting.done.set_exception(StrikeFault(f"the relay refused: {report.refused}"))
        elif waiting.stage.fits(report):
            waiting.done.set_result(None)

    # ----------------------------------------------------------------- the end of a pulse

    def _watch(self, output: int, duration_ms: int) -> None:
        before = self._watches.pop(output, None)
        if before is not None:
            before.cancel()
        after_s = duration_ms / 1000 + LATE_MOST_S
        loop = asyncio.get_running_loop()
        self._watches[output] = loop.call_later(after_s, self._overdue, output)

    def _overdue(self, output: int) -> None:
        """Its report may have been lost on the air: ask once before it is judged."""
        del self._watches[output]
        if self._on.get(output) is not True:
            return
        with contextlib.suppress(StrikeFault):
            self._say(self._dialect.hello())
        loop = asyncio.get_running_loop()
        self._watches[output] = loop.call_later(ASKED_MOST_S, self._judge, output)

    def _judge(self, output: int) -> None:
        del self._watches[output]
        if self._on.get(output) is True:
            self._condemn(output, "it did not end its pulse")

    def _condemn(self, output: int, what: str) -> None:
        self.overruns += 1
        self._condemned = (
            f"the relay is not used any more: {what}; set its own timer, then start this again"
        )
        _log.error("%s", self._condemned)
        with contextlib.suppress(StrikeFault):
            self._say(self._dialect.stop(output))
        self._report(False, self._condemned)

    # ----------------------------------------------------------------- the connection

    async def _keep(self) -> None:
        async def nothing() -> None:
            return None

        await keep(
            nothing,
            self._serve,
            Backoff(),
            expected=(mqtt.MqttError, OSError),
            on_fault=lambda fault: self._fell(str(fault)),
        )

    async def _serve(self, _: None) -> None:
        connection = await mqtt.connect(
            self._address, client_id=self._client_id, will=None, on_message=self._on_message
        )
        try:
            self._connection = connection  # what is stored comes before the broker has agreed
            await connection.subscribe([(topic, 1) for topic in self._dialect.said()])
            self._hears = True
            self._say(self._dialect.hello())
            self._fell(await connection.closed())
        except StrikeFault as fault:
            self._fell(str(fault))
        finally:
            self._connection = None
            self._hears = False
            self._online = None
            self._on.clear()
            await connection.close()

    def _fell(self, why: str) -> None:
        self._why = f"the relay's broker: {why}"
        self._report(False, self._why)

    def _report(self, online: bool, why: str) -> None:
        if self._told != (online, why):
            self._told = (online, why)
            if self.on_state is not None:
                self.on_state(online, why)
