"""The town: far ends of every wire in this process, every `linli` program in one of its own.

It knows the product only by its command line, its HTTP API and its wires.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from devices.identity import Identity, write_private
from simulators.demo import faces
from simulators.demo.fixtures import Fixture, Laying, lay
from simulators.demo.kiosk import NOTICES
from simulators.demo.processes import Child, ChildFailed, free_ports, run
from simulators.demo.wiring import device_toml
from simulators.ends import LineEnd, Ntag424Card, Pn532End, QrScannerEnd, RelayBoardEnd, WireLog
from simulators.ends.camera_end import CameraEnd
from simulators.phone import Phone
from simulators.provider import Provider, make_papers, serve, write_papers
from simulators.provider.callbacks import ANSWER_TIMEOUT_S
from simulators.proxy import CuttableProxy, Seen
from simulators.receivers.station import Alarm, Station
from simulators.roster import (
    CARD_HOLDERS,
    CONTROLLERS,
    DOORS,
    ELDER,
    KIOSK,
    METER_READER,
    NAMES,
    PANELS,
    POINT,
    SITE,
    ZONE,
    DoorPlan,
    make_roster,
)

READY_WAIT_S = 150.0  # a quiet machine needs three; one that builds and tests beside, many more
SEED = 20_261_009  # card numbers of the made-up town
DESK_TRIES = 3  # how often the desk begins again where a card has failed
WATCH_S = 0.05  # how often the town looks whether everybody is ready
METERS = (METER_READER, "meter")  # started last: nothing in the town waits for it
CALL_S = 30.0  # one call to the hub, on this machine, busy as it may be
STATION = "ps-willow"  # the made-up police desk; it has accepted nothing, so all is a test
STATION_ACCOUNT, STATION_KEY = "1234", "simulated-key-16"

Progress = Callable[[str], None]

STAGES = {  # what must be up before the town can be driven, in this order
    "wires": "laying the wires: readers, relay boards, payment provider",
    "site": "making the site and its keys",
    "hub": "starting the hub and its broker",
    "people": "moving 86 people into 32 homes",
    "devices": "introducing doors, card point and kiosk: fingerprints compared",
    "cards": "issuing senior cards at the desk",
    "ready": "switching on doors, card point and kiosk",
}


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(slots=True)
class TownDoor:
    """A door with its real far ends."""

    plan: DoorPlan
    reader: Pn532End
    board: RelayBoardEnd
    output: int
    scanner: QrScannerEnd | None = None  # of doors with a panel

    @property
    def call_input(self) -> int | None:
        """The board's input of the panel's call button, between the leaf's and the exit's."""
        return self.output + 2 if self.scanner is not None else None


@dataclass(slots=True)
class TownSettings:
    """Where and how a town runs; ports 0 are chosen."""

    folder: Path
    http_port: int = 0
    kiosk_port: int = 0
    host: str = "127.0.0.1"
    origin: str = ""
    certificate: str = ""
    key: str = ""
    authority: str = ""  # certificate of who signed the hub's, where no browser knows it
    trust_url: str = ""  # where phones of the network learn to trust that authority
    broker_kind: str = "auto"
    database: str = ""
    wire_logs: bool = True
    faces: bool = False  # a camera at one door, for a hub that has the extra


@dataclass(slots=True)
class Town:
    """A running town; ``start`` and ``stop`` bracket everything."""

    settings: TownSettings
    say: Progress
    doors: dict[str, TownDoor] = field(default_factory=dict)
    boards: dict[str, RelayBoardEnd] = field(default_factory=dict)
    cards: dict[str, Ntag424Card] = field(default_factory=dict)
    fixtures: dict[str, Fixture] = field(default_factory=dict)
    children: dict[str, Child] = field(default_factory=dict)
    point_reader: Pn532End | None = None
    kiosk_reader: Pn532End | None = None
    provider: Provider | None = None
    proxy: CuttableProxy | None = None
    station: Station | None = None
    camera: CameraEnd | None = None
    http: httpx.AsyncClient | None = None
    base_url: str = ""
    kiosk_url: str = ""
    administrator_code: str = ""
    said_at_point: list[str] = field(default_factory=list)
    on_said: Callable[[str], None] = lambda _code: None
    on_stage: Callable[[str], None] = lambda _stage: None
    on_alarm: Callable[[Alarm], None] = lambda _alarm: None
    on_packet: Callable[[Seen], None] | None = None
    notice_hooks: dict[str, list[Callable[..., Any]]] = field(default_factory=dict)
    _serving: list[asyncio.Task[None]] = field(default_factory=list)
    _kiosk_port: int = 0

    # ----------------------------------------------------------------- start and stop

    async def start(self) -> None:
        """Bring the whole town up; raises ChildFailed with the last words of what failed."""
        folder = self.settings.folder
        folder.mkdir(parents=True, exist_ok=True)
        http_port, broker_port, proxy_port, self._kiosk_port = free_ports(4)
        http_port = self.settings.http_port or http_port
        self._kiosk_port = self.settings.kiosk_port or self._kiosk_port
        self._stage("wires")
        self._lay_wires()
        await self._open_provider()
        self.station = Station(_utc_now, {STATION_ACCOUNT: STATION_KEY.encode()})
        self.station.on_alarm = self._at_station
        station_port = await self.station.start()
        self._stage("site")
        await self._init(http_port, broker_port)
        self._tell_of_station(station_port)
        if self.settings.faces:
            await self._hang_camera()
        self.proxy = CuttableProxy(proxy_port, "127.0.0.1", broker_port, tap=self.on_packet)
        await self.proxy.start()
        scheme = "https" if self.settings.certificate else "http"
        self.base_url = f"{scheme}://127.0.0.1:{http_port}"
        self.http = self.new_http()
        self._stage("hub")
        await self._start_child("hub", ["hub", "run", "--data", str(folder / "hub")])
        await self._until("the hub", self._hub_ready)
        self._stage("people")
        for kind, rows in make_roster().parts():
            await self.operator("roster", {"kind": kind, "rows": rows})
        await self.operator("notices", {"notices": NOTICES})
        self._stage("devices")
        for device, kind in (*self._devices(), METERS):
            await self._adopt(device, kind)
        self._stage("cards")
        await self._issue_cards()
        self._stage("ready")
        for device, kind in self._devices():
            await self._start_device(device, kind)
        await self._until("doors and policies", self.all_ready)
        await self._start_device(*METERS)  # nobody waits for a reading

    def _stage(self, stage: str) -> None:
        self.say(STAGES[stage])
        self.on_stage(stage)

    def new_http(self, **more: Any) -> httpx.AsyncClient:
        """A client that trusts the town's own authority and passes by the machine's proxy."""
        verify: Any = True
        if self.settings.authority:
            verify = ssl.create_default_context(cafile=self.settings.authority)
        options: dict[str, Any] = {"trust_env": False, "timeout": CALL_S, "verify": verify}
        return httpx.AsyncClient(**(options | more))

    async def stop(self) -> None:
        """End everything, the hub last, so that it still hears the others leave."""
        others = [child for name, child in self.children.items() if name != "hub"]
        await asyncio.gather(*(child.stop() for child in others))
        if "hub" in self.children:
            await self.children["hub"].stop()
        for task in self._serving:
            task.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)
        if self.proxy is not None:
            await self.proxy.stop()
        if self.station is not None:
            await self.station.stop()
        if self.camera is not None:
            await self.camera.stop()
        if self.http is not None:
            await self.http.aclose()
        for end in self._ends():
            end.close()

    def kill(self) -> None:
        """End every program at once; ``stop`` then has nothing to wait for."""
        for child in self.children.values():
            child.kill()

    def _ends(self) -> list[LineEnd]:
        readers = [door.reader for door in self.doors.values()]
        scanners = [door.scanner for door in self.doors.values() if door.scanner is not None]
        extra = [reader for reader in (self.point_reader, self.kiosk_reader) if reader is not None]
        fixtures = [fixture.end for fixture in self.fixtures.values()]
        return [*readers, *scanners, *extra, *self.boards.values(), *fixtures]

    def _devices(self) -> list[tuple[str, str]]:
        return [*((name, "door") for name in CONTROLLERS), (POINT, "point"), (KIOSK, "kiosk")]

    # ----------------------------------------------------------------- parts

    def _lay_wires(self) -> None:
        lines = self.settings.folder / "lines"
        lines.mkdir(exist_ok=True)
        for name in CONTROLLERS:
            self.boards[name] = RelayBoardEnd(
                name=f"{name} relay",
                path=lines / f"{name}-relay",
                wire_log=self._log(f"{name}-relay"),
                walked=True,
            )
        for plan in DOORS:
            reader = self._reader(lines, plan.id)
            door = TownDoor(plan, reader, self.boards[plan.device], plan.number - 1)
            if plan.id in PANELS:
                name = f"{plan.id}-scanner"
                door.scanner = QrScannerEnd(name=name, path=lines / name, wire_log=self._log(name))
            self.doors[plan.id] = door
        self.point_reader = self._reader(lines, POINT)
        self.kiosk_reader = self._reader(lines, KIOSK)
        self.fixtures = lay(Laying(lines, self._log))

    def _reader(self, lines: Path, name: str) -> Pn532End:
        return Pn532End(
            name=name, path=lines / f"{name}-reader", wire_log=self._log(f"{name}-reader")
        )

    def _log(self, name: str) -> WireLog:
        folder = self.settings.folder / "wires"
        folder.mkdir(exist_ok=True)
        return WireLog(name, file=folder / f"{name}.jsonl" if self.settings.wire_logs else None)

    async def _open_provider(self) -> None:
        papers = await asyncio.to_thread(make_papers)
        http = self.new_http(timeout=ANSWER_TIMEOUT_S, event_hooks=self.notice_hooks)
        self.provider = Provider(papers, pace=0.05, http=http)
        self._serving.append(asyncio.ensure_future(serve(self.provider)))
        await self.provider.listening.wait()
        write_papers(papers, self.settings.folder / "pay")

    async def _init(self, http_port: int, broker_port: int) -> None:
        assert self.provider is not None
        settings = self.settings
        words = ["init", "--data", str(settings.folder / "hub"), "--site", SITE, "--demo"]
        words += ["--names", json.dumps(NAMES, ensure_ascii=False), "--zone", ZONE]
        words += ["--host", settings.host, "--port", str(http_port)]
        words += ["--broker-port", str(broker_port), "--broker-kind", settings.broker_kind]
        words += ["--pay-url", self.provider.base_url]
        words += ["--pay-folder", str(settings.folder / "pay")]
        for flag in ("origin", "certificate", "key", "database"):
            if getattr(settings, flag):
                words += [f"--{flag}", getattr(settings, flag)]
        told = await run(settings.folder, *words)
        self.administrator_code = str(told["administrator_code"])

    def _at_station(self, alarm: Alarm) -> None:
        self.on_alarm(alarm)  # a page may come later than the station

    def _tell_of_station(self, port: int) -> None:
        """What an operator writes into hub.toml, and the key beside it."""
        data = self.settings.folder / "hub"
        write_private(data / "secrets" / STATION, STATION_KEY)
        zones = "".join(f"{plan.id} = {n}\n" for n, plan in enumerate(DOORS, 1))
        with (data / "hub.toml").open("a", encoding="utf-8") as settings:
            settings.write(
                f'\n[stations.{STATION}]\nkind = "dc09"\nurl = "dc09://127.0.0.1:{port}"\n'
                f'account = "{STATION_ACCOUNT}"\nkey = "secret:{STATION}"\n'
                f"[stations.{STATION}.zones]\n{zones}"
            )

    async def _hang_camera(self) -> None:
        """One door's camera, before the hub reads of it; who stands before it is the page's."""
        self.camera = CameraEnd()
        await self.camera.start()
        data = self.settings.folder / "hub"
        write_private(data / "secrets" / faces.CAMERA, self.camera.url)
        with (data / "hub.toml").open("a", encoding="utf-8") as settings:
            settings.write(faces.SECTION)

    async def _start_child(self, name: str, words: list[str]) -> Child:
        logs = self.settings.folder / "logs"
        logs.mkdir(exist_ok=True)
        child = Child(name, self.settings.folder, logs / f"{name}.log", words)
        self.children[name] = child
        await child.start()
        return child

    async def _adopt(self, device: str, kind: str) -> None:
        """As at a real door: keys made there, the fingerprint compared, the file brought."""
        folder = self.settings.folder / device
        folder.mkdir(exist_ok=True)
        identity = Identity.make(device, kind)
        identity.save(folder)
        body = json.loads(identity.public.as_json())
        told = await self.operator("devices", body | {"fingerprint": identity.public.fingerprint})
        write_private(folder / "adoption.json", told["adoption"])
        toml = device_toml(self, device, kind, self._kiosk_port)
        (folder / "device.toml").write_text(toml, encoding="utf-8")
        for fixture in self.fixtures.values():
            for name, secret in fixture.secrets.items() if fixture.device == device else ():
                (folder / "secrets").mkdir(mode=0o700, exist_ok=True)
                write_private(folder / "secrets" / name, secret)

    async def _start_device(self, device: str, kind: str) -> None:
        words = [kind, "run", "--data", str(self.settings.folder / device)]
        child = await self._start_child(device, words)
        if kind == "point":
            child.on_line = self._point_said
        if kind == "kiosk":
            self.kiosk_url = f"http://127.0.0.1:{self._kiosk_port}"

    def _point_said(self, line: str) -> None:
        with contextlib.suppress(ValueError, KeyError):
            code = str(json.loads(line)["show"])
            self.said_at_point.append(code)
            self.on_said(code)

    async def _issue_cards(self) -> None:
        """People come to the desk one after the other; a card that fails there is put aside."""
        luck, left = random.Random(SEED), list(CARD_HOLDERS)
        for tries_left in reversed(range(DESK_TRIES)):
            try:
                await self._at_desk(left, luck)
            except ChildFailed:
                if not tries_left:
                    raise
            else:
                return

    async def _at_desk(self, left: list[str], luck: random.Random) -> None:
        """Whoever has a card leaves the queue; the desk's reader lies in this process."""
        desk = Pn532End(name="desk", wire_log=self._log("desk-reader"))
        child = Child(
            "desk",
            self.settings.folder,
            self.settings.folder / "logs" / "desk.log",
            ["card", "issue", "--data", str(self.settings.folder / "hub"),
             "--reader", f"pn532+serial://{desk.path}", *left],
        )  # fmt: skip
        issued: asyncio.Queue[str] = asyncio.Queue(maxsize=len(left))
        child.on_line = issued.put_nowait
        await child.start()
        try:
            while left:
                card = Ntag424Card(b"\x04" + luck.randbytes(6))
                desk.tap(card)
                while not json.loads(await self._heard(issued, child)).get("issued"):
                    desk.lift()  # the clerk asks for it again
                    desk.tap(card)
                self.cards[left.pop(0)] = card
                desk.lift()
        finally:
            await child.stop()
            desk.close()

    async def _heard(self, lines: asyncio.Queue[str], child: Child) -> str:
        end = asyncio.get_running_loop().time() + READY_WAIT_S
        while asyncio.get_running_loop().time() < end:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(0.2):
                    return await lines.get()
            child.check()
        raise ChildFailed(f"{child.name} said nothing: {child.last_words()}")

    # ----------------------------------------------------------------- talking to the hub

    async def operator(self, path: str, body: object) -> dict[str, Any]:
        """A call of this machine's operator; raises ChildFailed with the hub's reason."""
        assert self.http is not None
        where = json.loads((self.settings.folder / "hub" / "operator.json").read_text("utf-8"))
        answer = await self.http.post(
            f"{self.base_url}/api/v1/operator/{path}",
            json=body,
            headers={"Authorization": f"Bearer {where['token']}"},
        )
        if answer.status_code >= 400:
            raise ChildFailed(f"operator {path}: {answer.text[:300]}")
        return dict(answer.json()) if answer.content else {}

    async def new_phone(
        self, person: str, label: str, http: httpx.AsyncClient | None = None
    ) -> Phone:
        """A resident's phone, introduced with a code from the desk."""
        assert self.http is not None
        code = await self.operator(f"people/{person}/phone-codes", {})
        phone = Phone(self.base_url, http or self.http)
        reply = await phone.enrol(str(code["code"]), label)
        if reply.status != 201:
            raise ChildFailed(f"enrolment: {reply.body.get('code')}")
        return phone

    async def restart_hub(self) -> None:
        """Start the hub again after it was stopped."""
        await self.children["hub"].start()
        await self._until("the hub", self._hub_ready)
        await self._until("doors and policies", self.all_ready)

    async def metrics(self) -> dict[str, float]:
        """The hub's numbers."""
        assert self.http is not None
        answer = await self.http.get(f"{self.base_url}/metrics")
        pairs = (line.rsplit(" ", 1) for line in answer.text.splitlines() if line[:1] != "#")
        return {name: float(value) for name, value in pairs}

    async def _hub_ready(self) -> bool:
        assert self.http is not None
        try:
            answer = await self.http.get(f"{self.base_url}/ready")
        except httpx.HTTPError:
            return False
        token = self.settings.folder / "hub" / "operator.json"
        return answer.status_code == 200 and token.exists()

    async def all_ready(self) -> bool:
        """Whether every device is on the wire and has the policy that it should have."""
        numbers = await self.metrics()
        devices = [device for device, _ in self._devices()]
        ready = all(numbers.get(f'linli_device_ready{{device="{name}"}}') == 1 for name in devices)
        return ready and numbers.get("linli_policies_behind", 1) == 0

    async def _until(self, what: str, done: Callable[[], Any]) -> None:
        end = asyncio.get_running_loop().time() + READY_WAIT_S
        while not await done():
            for child in self.children.values():
                child.check()
            if asyncio.get_running_loop().time() > end:
                raise ChildFailed(f"{what} not ready after {READY_WAIT_S:.0f} s")
            await asyncio.sleep(WATCH_S)

    # ----------------------------------------------------------------- what people do

    def elder_card(self) -> Ntag424Card:
        """The card of the story's elder."""
        return self.cards[ELDER]
