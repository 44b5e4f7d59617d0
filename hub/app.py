"""The hub's composition root: chooses the store, the broker, the wires; starts and stops them."""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

from devices.mistake import Mistake
from devices.runner import stay_connected
from drivers.mqtt import BrokerAddress
from hub import keys as hub_keys
from hub.config import HubSettings
from hub.doubts import Doubts
from hub.gateways.broker import BrokerFailed, Listener, ManagedBroker, external_address
from hub.homeassistant import Bridge
from hub.jobs import Upkeep
from hub.parts import Hub, assemble
from hub.store.engine import check_schema, open_engines
from hub.store.lease import FileLock, take_lease

log = logging.getLogger(__name__)

SWITCH_S = 0.0005  # how long the loop waits while the writer computes; Python's own 5 ms are felt


def utc_now() -> datetime:
    """The wall clock; everything below gets time from its caller."""
    return datetime.now(UTC)


def die(fault: BaseException) -> None:
    """Memory and database may disagree, or another judge rules: end at once, be started again."""
    log.critical("the hub ends itself: %s: %s", type(fault).__name__, fault)
    os._exit(70)


class Running:
    """The hub with its broker, its bus and its jobs; the HTTP server is started by the verb."""

    def __init__(self, settings: HubSettings) -> None:
        self._settings = settings
        self._lock = FileLock(settings.data)
        self._tasks: list[asyncio.Task[None]] = []
        self._upkeep: Upkeep | None = None
        self._bridge: Bridge | None = None
        self._hang_up: Callable[[], Awaitable[None]] | None = None
        self._quit: Callable[[], Awaitable[None]] | None = None
        self._outside: tuple[Listener, ...] = ()
        self.hub: Hub | None = None

    async def start(self) -> Hub:
        """Lock, open, take the lease, start the broker, connect; returns when requests may come."""
        settings = self._settings
        sys.setswitchinterval(SWITCH_S)
        self._lock.take()
        keys = hub_keys.load(settings.data)
        engines = open_engines(settings.database)
        check_schema(engines)
        holder = f"{os.getpid()}-{secrets.token_hex(8)}"
        epoch = take_lease(engines, holder, utc_now().timestamp())
        hub = assemble(settings, engines, keys, epoch, holder, utc_now, die)
        self.hub = hub
        address = await self._broker(hub)
        self._bridge = Bridge(hub)  # the hub's ear, with Home Assistant beside it
        self._spawn(stay_connected(self._bridge, address, _tell_bus))
        self._spawn(Doubts(hub.ingest, asyncio.get_running_loop().time).run())
        self._spawn(hub.policies.run())
        self._spawn(hub.recalls.run())
        self._spawn(hub.endings.run())
        self._payments(hub)
        self._spawn(hub.durable.run())
        self._spawn(hub.zones.run())
        self._alerts(hub)
        self._stations(hub)
        self._spawn(hub.imports.run())
        self._spawn(hub.recognising.run())
        self._spawn(hub.face_doors.run())
        self._upkeep = Upkeep(hub.writer, hub.policies, keys, lambda: hub.memory.site)
        self._upkeep.nightly(hub.keeping.run_once, 18)
        self._upkeep.nightly(self._renew, 19)
        self._upkeep.start()
        hub.policies.wake()
        hub.ready = True
        return hub

    def _alerts(self, hub: Hub) -> None:
        """The outlets of hub.toml; a missing secret is said now, not when somebody is in need."""
        from hub.certs import ends_of  # noqa: PLC0415

        settings = hub.settings
        if settings.outlets:  # mail and HTTP clients cost a moment of the start
            from hub.gateways.outlets import Outlets  # noqa: PLC0415

            outlets = Outlets(settings.outlets, settings.data, lambda: hub.clock().timestamp())
            hub.alerting.speaker, self._hang_up = outlets, outlets.close
        keys = hub.keys
        shown = [settings.http.certificate, *(each.certificate for each in self._outside)]
        files = [file for file in shown if file is not None]
        hub.alerting.ends_s = lambda: ends_of(files, keys.keyset, keys.root_public)
        self._spawn(hub.alerting.run())

    def _stations(self, hub: Hub) -> None:
        """The stations of hub.toml; what is queued for one that is gone is told to people."""
        if hub.settings.stations:  # reading XML costs a moment of the start
            from hub.gateways.stations import Stations  # noqa: PLC0415

            stations = Stations(hub.settings.stations, hub.settings.data, hub.clock)
            hub.incidents.wires, self._quit = stations, stations.close
        self._spawn(hub.incidents.run())

    def _payments(self, hub: Hub) -> None:
        """Only where a provider is configured: importing its client costs a tenth of a second."""
        if hub.settings.pay.base_url:
            from hub.payments import start_payments  # noqa: PLC0415

            hub.payments, work = start_payments(hub)
            self._spawn(work)

    async def _broker(self, hub: Hub) -> BrokerAddress:
        settings = hub.settings.broker
        secret_file = hub.settings.data / "secrets" / "broker-hub"
        if settings.url != "managed":
            path = hub.settings.data / "secrets" / (settings.secret or "broker-hub")
            if not path.exists():
                raise Mistake(f"the broker's secret is missing: write it to {path}")
            try:
                return external_address(settings.url, path.read_text(encoding="utf-8").strip())
            except ValueError as fault:
                raise Mistake(str(fault)) from fault
        kind: Any = None if settings.kind == "auto" else settings.kind
        if not secret_file.exists():
            raise Mistake(f"{secret_file} is missing: run `linli init` first")
        self._outside = await asyncio.to_thread(outside_listeners, hub.settings, utc_now())
        try:
            broker = ManagedBroker(
                hub.settings.data,
                settings.port,
                site=hub.memory.site,
                hub=hub.settings.hub,
                outside=self._outside,
                kind=kind,
            )
            await broker.start()
        except BrokerFailed as fault:
            raise Mistake(str(fault)) from fault
        hub.broker = broker
        return broker.address(hub.settings.hub, secret_file.read_text(encoding="utf-8").strip())

    async def _renew(self) -> None:
        """The broker serves a renewed certificate; nobody who is connected is dropped."""
        hub = self.hub
        if hub is None or hub.broker is None or not self._outside:
            return
        try:
            await asyncio.to_thread(outside_listeners, hub.settings, utc_now())
            await hub.broker.reload()
        except (Mistake, BrokerFailed, OSError) as fault:
            log.warning("the broker's certificate was not renewed: %s", fault)

    def _spawn(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        task.add_done_callback(_end_with)
        self._tasks.append(task)

    async def stop(self) -> None:
        """Finish what was promised, then go: head signed, writer empty, broker stopped."""
        hub = self.hub
        if hub is None:
            self._lock.free()
            return
        hub.ready = False
        if self._upkeep is not None:
            await self._upkeep.sign_head()
            self._upkeep.stop()
        hub.live.close()
        hub.ingest.close()
        if self._bridge is not None:
            await self._bridge.close()
        await asyncio.sleep(0)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._hang_up is not None:
            await self._hang_up()
        if self._quit is not None:
            await self._quit()
        await hub.writer.close()
        if hub.broker is not None:
            await hub.broker.stop()
        hub.engines.close()
        self._lock.free()


def outside_listeners(settings: HubSettings, now: datetime) -> tuple[Listener, ...]:
    """Where the managed broker listens for other machines, with TLS; nowhere unless asked for.

    Without a certificate of the settings it is one of the site's own authority, made or renewed
    here. Raises Mistake.
    """
    broker = settings.broker
    if broker.tls_port is None:
        return ()
    certificate, key = broker.certificate, broker.key
    if certificate is None:
        from hub.certs import keep  # noqa: PLC0415 - certificates cost a moment of the start

        certificate = key = keep(settings.data / "certs", now).chain
    return (Listener(broker.tls_host, broker.tls_port, certificate, key),)


def _end_with(task: asyncio.Task[None]) -> None:
    """A task of the hub that ends by itself is our fault in memory: the process ends."""
    if not task.cancelled() and (fault := task.exception()) is not None:
        die(fault)


def _tell_bus(online: bool, why: str) -> None:
    log.info("broker: %s (%s)", "connected" if online else "away", why)
