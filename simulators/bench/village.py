"""A site for measuring: the product's own processes, without anything that a benchmark ignores."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from devices.identity import Identity, write_private
from simulators.bench.machine import children, command_of
from simulators.demo.processes import Child, ChildFailed, free_ports, run
from simulators.phone import Phone

READY_WAIT_S = 120.0  # a start on a machine that others use too
WATCH_S = 0.05
CALL_S = 60.0  # a thousand rows of a roster on a slow disk
SITE = "bench"


def say(text: str) -> None:
    """Progress, on standard error."""
    sys.stderr.write(f"  {text}\n")
    sys.stderr.flush()


def person_row(number: int, household: str) -> dict[str, Any]:
    """A resident without a story."""
    return {"id": f"p-{number}", "household_id": household, "name": f"住户{number}"}


def door_row(device: str, number: int, building: str = "") -> dict[str, Any]:
    """A door of a device; without a building it is a gate."""
    door = f"{device}-{number}"
    return {
        "id": door,
        "device_id": device,
        "number": number,
        "name": dict.fromkeys(("zh-Hans", "zh-Hant", "en"), door),
        "building": building,
        "unit": "",
        "kind": "building" if building else "perimeter",
    }


def rule_row(door: Mapping[str, Any]) -> dict[str, Any]:
    """Everybody of a door's building may open it; a gate opens for all."""
    kind = "building" if door["building"] else "everyone"
    subject = door["building"]
    return {
        "id": f"r-{door['id']}", "door_id": door["id"], "subject_kind": kind, "subject": subject
    }  # fmt: skip


@dataclass(slots=True)
class Village:
    """Hub, broker and devices as processes; the bench speaks to them as anybody would."""

    folder: Path
    http_port: int = 0
    broker_port: int = 0
    claim_code: str = ""  # of the first administrator
    hub: Child | None = None
    devices: dict[str, Child] = field(default_factory=dict)
    http: httpx.AsyncClient = field(
        default_factory=lambda: httpx.AsyncClient(trust_env=False, timeout=CALL_S)
    )

    @property
    def url(self) -> str:
        """Where the hub is."""
        return f"http://127.0.0.1:{self.http_port}"

    @property
    def hub_folder(self) -> Path:
        """The hub's data folder."""
        return self.folder / "hub"

    @property
    def hub_pid(self) -> int:
        """The hub's process."""
        assert self.hub is not None
        assert self.hub.pid is not None
        return self.hub.pid

    @property
    def broker_pid(self) -> int:
        """The broker's process, a child of the hub; raises ChildFailed when it is not there."""
        for pid in children(self.hub_pid):
            if command_of(pid) == "mosquitto":
                return pid
        raise ChildFailed("the benchmarks need mosquitto: apt install mosquitto")

    async def init(self) -> None:
        """Make the site and its keys."""
        self.http_port, self.broker_port = free_ports(2)
        words = ["init", "--data", str(self.hub_folder), "--site", SITE, "--name", "Bench"]
        words += ["--port", str(self.http_port), "--broker-port", str(self.broker_port)]
        told = await run(self.folder, *words)
        self.claim_code = str(told["administrator_code"])

    async def start_hub(self) -> None:
        """Start the hub and wait until it is ready."""
        words = ["hub", "run", "--data", str(self.hub_folder)]
        self.hub = Child("hub", self.folder, self.folder / "hub.log", words)
        await self.hub.start()
        await self.until("the hub", self._hub_ready)

    async def load(self, kind: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """Rows of the roster."""
        for start in range(0, len(rows), 1_000):
            part = list(rows[start : start + 1_000])
            await self.operator("roster", {"kind": kind, "rows": part})

    async def adopt(self, device: str) -> Path:
        """Introduce a door controller; returns its data folder, without wires."""
        folder = self.folder / device
        folder.mkdir(exist_ok=True)
        identity = Identity.make(device, "door")
        identity.save(folder)
        body = json.loads(identity.public.as_json())
        told = await self.operator("devices", body | {"fingerprint": identity.public.fingerprint})
        write_private(folder / "adoption.json", told["adoption"])
        return folder

    def write_wires(self, folder: Path, relay: str, readers: Sequence[str]) -> None:
        """A controller's ``device.toml``: doors on one board; a reader where there is one."""
        lines = [f"[broker]\nport = {self.broker_port}\n"]
        for output, reader in enumerate(readers):
            lines.append(f"[[doors]]\nnumber = {output + 1}\noutput = {output}")
            lines.append(f'strike = "modbus-relay+serial://{relay}?unit=1"')
            lines.append(f"contact_input = {output}\nexit_input = {output + len(readers)}")
            if reader:
                lines.append(f'reader = "pn532+serial://{reader}"')
        (folder / "device.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")

    async def start_door(self, device: str) -> None:
        """Run a controller."""
        words = ["door", "run", "--data", str(self.folder / device)]
        child = Child(device, self.folder, self.folder / f"{device}.log", words)
        self.devices[device] = child
        await child.start()

    async def operator(self, path: str, body: object) -> dict[str, Any]:
        """A call of this machine's operator; raises ChildFailed with the hub's reason."""
        where = json.loads((self.hub_folder / "operator.json").read_text("utf-8"))
        answer = await self.http.post(
            f"{self.url}/api/v1/operator/{path}",
            json=body,
            headers={"Authorization": f"Bearer {where['token']}"},
        )
        if answer.status_code >= 400:
            raise ChildFailed(f"operator {path}: {answer.text[:300]}")
        return dict(answer.json()) if answer.content else {}

    async def introduce(self, person: str, phone: Phone) -> None:
        """A resident's phone comes with a code from the desk."""
        code = await self.operator(f"people/{person}/phone-codes", {})
        reply = await phone.enrol(str(code["code"]), "bench")
        if reply.status != 201:
            raise ChildFailed(f"enrolment: {reply.body.get('code')}")

    async def doors_ready(self) -> bool:
        """Whether every started controller is on the wire with the policy it should have."""
        answer = await self.http.get(f"{self.url}/metrics")
        pairs = (line.rsplit(" ", 1) for line in answer.text.splitlines() if line[:1] != "#")
        numbers = {name: float(value) for name, value in pairs}
        names = [f'linli_device_ready{{device="{name}"}}' for name in self.devices]
        here = all(numbers.get(name) == 1 for name in names)
        return here and numbers.get("linli_policies_behind", 1) == 0

    async def until(self, what: str, done: Callable[[], Any]) -> None:
        """Wait, and look whether a process has ended meanwhile."""
        end = asyncio.get_running_loop().time() + READY_WAIT_S
        while not await done():
            for child in (self.hub, *self.devices.values()):
                if child is not None:
                    child.check()
            if asyncio.get_running_loop().time() > end:
                raise ChildFailed(f"{what} not ready after {READY_WAIT_S:.0f} s")
            await asyncio.sleep(WATCH_S)

    async def _hub_ready(self) -> bool:
        try:
            answer = await self.http.get(f"{self.url}/ready")
        except httpx.HTTPError:
            return False
        return answer.status_code == 200 and (self.hub_folder / "operator.json").exists()

    async def stop(self) -> None:
        """End everything, the hub last."""
        await asyncio.gather(*(child.stop() for child in self.devices.values()))
        if self.hub is not None:
            await self.hub.stop()
        await self.http.aclose()
