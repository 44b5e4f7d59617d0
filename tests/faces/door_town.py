"""A site whose doors take faces, as it runs: hub and controller are processes, wires are real."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from devices.identity import Identity, write_private
from simulators.demo.processes import Child, free_ports, run
from simulators.demo.staff import Staff
from simulators.ends import OsdpEnd, OsdpPd
from simulators.phone import Phone
from tests.faces.walk import ASSESSED

WAIT_S = 240.0  # for what must come, where much else runs; nothing waits for its end
KEY = bytes(range(16, 32))
PIN = "294851"
CLIENT = {"Linli-Client": "console"}
OCTETS = {**CLIENT, "Content-Type": "application/octet-stream"}

Json = dict[str, Any]


@dataclass
class FaceTown:
    """A running site. ``readers``, by door: the reader that is card, keys, lock and display."""

    folder: Path
    base_url: str
    http: httpx.AsyncClient
    staff: Staff
    readers: dict[int, OsdpPd]
    end: OsdpEnd
    children: dict[str, Child] = field(default_factory=dict)

    async def until(self, done: Callable[[], Awaitable[Any]]) -> Any:
        """Wait for what must come, as long as the programs live; its value."""
        async with asyncio.timeout(WAIT_S):
            while not (found := await done()):
                for child in self.children.values():
                    child.check()
                await asyncio.sleep(0.1)
            return found

    async def ask(self, method: str, path: str, **sent: Any) -> Any:
        """A request of staff that must be granted."""
        sent = {"headers": CLIENT, **sent}
        answer = await self.http.request(method, f"{self.base_url}/api/v1/{path}", **sent)
        assert answer.is_success, (path, answer.text)
        return answer.json() if answer.content else None

    async def operator(self, path: str, body: Json) -> Json:
        """What this machine's operator may."""
        where = json.loads((self.folder / "hub" / "operator.json").read_text("utf-8"))
        head = {"Authorization": f"Bearer {where['token']}"}
        return await self.ask("POST", f"operator/{path}", json=body, headers=head) or {}

    async def phone(self, person: str) -> Phone:
        """A resident's phone."""
        code = await self.operator(f"people/{person}/phone-codes", {})
        phone = Phone(self.base_url, self.http)
        reply = await phone.enrol(str(code["code"]), "phone")
        assert reply.status == 201, reply.body
        return phone

    # ----------------------------------------------------------------- who lives here

    async def enrol(self, person: str, photos: list[bytes]) -> None:
        """Consent and photos at the desk."""
        notice = await self.ask("GET", "faces/notice/en")
        agreed = {"notice": notice["version"], "language": "en"}
        await self.ask("POST", f"people/{person}/face/consent", json=agreed)
        for photo in photos:
            path = f"people/{person}/face/photos"
            await self.ask("POST", path, content=photo, headers=OCTETS)

    async def audited(self, people: int) -> bool:
        """Whether an audit has seen so many."""
        audit = (await self.ask("GET", "faces"))["audit"]
        return audit is not None and audit["people"] == people

    async def take_faces(self, door: str, *, turn: bool = False) -> None:
        """Let a door take faces, and wait until its controller knows."""
        before = await self.policy()
        asked = {"mode": "claim", "purpose": "hands full", "turn": turn}
        await self.ask("PUT", f"faces/doors/{door}", json=asked)

        async def knows() -> bool:
            return await self.policy() not in ("", before)

        await self.until(knows)

    async def policy(self) -> str:
        """The revision that the controller has, empty until it is the one that it should have."""
        (gate,) = (await self.ask("GET", "console"))["devices"]
        same = gate["state"] == "ready" and gate["policy_want"] == gate["policy_have"]
        return str(gate["policy_have"]) if same else ""

    # ----------------------------------------------------------------- what came of it

    def pulses(self, door: int) -> int:
        """How often the lock of a door was released."""
        return sum(on for output, on, _ in self.readers[door].output_log if output == 0)


def _roster(doors: int, people: list[str]) -> list[tuple[str, list[Json]]]:
    rows = [
        {"id": f"d-{n}", "device_id": "gate", "number": n, "name": {"en": f"Door {n}"},
         "kind": "perimeter", "asks": 1, "pin": True, "typed": True, "hold_ms": 300}
        for n in range(1, doors + 1)
    ]  # fmt: skip
    rules = [
        {"id": f"r-{n}", "door_id": f"d-{n}", "subject_kind": "everyone", "subject": ""}
        for n in range(1, doors + 1)
    ]
    homes = [{"id": f"h-{one}", "house": f"1-1-{one}", "building": "1"} for one in people]
    residents = [{"id": one, "household_id": f"h-{one}", "name": one} for one in people]
    return [("households", homes), ("people", residents), ("doors", rows), ("rules", rules)]


@asynccontextmanager
async def face_town(
    folder: Path, models: Path, settings: str, secrets: dict[str, str], people: list[str],
    doors: int,
) -> AsyncIterator[FaceTown]:  # fmt: skip
    """Hub and controller run, residents have moved in, nobody's face is known yet.

    ``settings`` goes to the end of ``hub.toml``, ``models`` are converted already.
    """
    import shutil  # noqa: PLC0415

    http_port, broker_port = free_ports(2)
    made = await run(
        folder, "init", "--data", str(folder / "hub"), "--site", "willow", "--name", "Willow",
        "--port", str(http_port), "--broker-port", str(broker_port), "--broker-kind", "mosquitto",
        wait_s=WAIT_S,
    )  # fmt: skip
    for name, secret in secrets.items():
        write_private(folder / "hub" / "secrets" / name, secret)
    with (folder / "hub" / "hub.toml").open("a", encoding="utf-8") as file:
        file.write(settings)
    shutil.copytree(models, folder / "hub" / "models")
    readers = {n: OsdpPd(n, KEY) for n in range(1, doors + 1)}
    end = OsdpEnd(list(readers.values()))
    url = f"http://127.0.0.1:{http_port}"
    async with httpx.AsyncClient(trust_env=False, timeout=WAIT_S) as http:
        town = FaceTown(folder, url, http, Staff(url, http), readers, end)
        try:
            await _start(town, made["administrator_code"], people)
            yield town
        finally:
            for child in reversed(list(town.children.values())):
                await child.stop()
            end.close()


async def _start(town: FaceTown, code: str, people: list[str]) -> None:
    data = town.folder / "hub"
    await _child(town, "hub", "hub", "run", "--data", str(data))

    async def here() -> bool:
        with suppress(httpx.HTTPError):
            answer = await town.http.get(f"{town.base_url}/ready")
            return answer.status_code == httpx.codes.OK and (data / "operator.json").exists()
        return False

    await town.until(here)
    await town.staff.claim(code)
    await town.staff.sign_in()
    for kind, rows in _roster(len(town.readers), people):
        await town.operator("roster", {"kind": kind, "rows": rows})
    await _gate(town)
    for number, person in enumerate(people):
        body = {"uid": card(number).hex(), "person": person, "kind": "em4100"}
        await town.operator("cards", body)
        await town.ask("PUT", f"people/{person}/pin", json={"pin": PIN})
    await town.ask("PUT", "faces/assessment", json=ASSESSED)

    async def ready() -> bool:
        return bool((await town.ask("GET", "faces"))["state"] == "ready")

    await town.until(ready)
    await town.until(town.policy)


def card(number: int) -> bytes:
    """The card of the person of this number."""
    return bytes((0, 0x12, 0x93, 0xD0 + number))


async def _gate(town: FaceTown) -> None:
    """The controller, introduced as at a real door; every part of a door is its OSDP reader."""
    folder = town.folder / "gate"
    (folder / "secrets").mkdir(parents=True, mode=0o700)
    write_private(folder / "secrets" / "osdp", KEY.hex())
    identity = Identity.make("gate", "door")
    identity.save(folder)
    body = json.loads(identity.public.as_json())
    told = await town.operator("devices", body | {"fingerprint": identity.public.fingerprint})
    write_private(folder / "adoption.json", told["adoption"])
    lines = []
    for number in town.readers:
        url = f"osdp+serial://{town.end.path}?address={number}&key=secret:osdp&poll_ms=50"
        wires = (f'{part} = "{url}"' for part in ("reader", "keypad", "strike"))
        lines += ["[[doors]]", f"number = {number}", "output = 0", *wires]
    (folder / "device.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    await _child(town, "gate", "door", "run", "--data", str(folder))


async def _child(town: FaceTown, name: str, *words: str) -> None:
    child = Child(name, town.folder, town.folder / f"{name}.log", list(words))
    town.children[name] = child
    await child.start()
