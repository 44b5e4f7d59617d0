"""What each program of the town finds in its data folder of its wires."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulators.roster import CASE_INPUT, POINT_PLACE

if TYPE_CHECKING:
    from simulators.demo.town import Town, TownDoor


def device_toml(town: Town, device: str, kind: str, kiosk_port: int) -> str:
    """The device's ``device.toml``: its broker behind the proxy, its lines, its fixtures."""
    assert town.proxy is not None
    folder, settings = town.settings.folder / "lines", town.settings
    parts = [f"[broker]\nport = {town.proxy.port}\n"]
    reader = f'reader = "pn532+serial://{folder}/{device}-reader"\n'
    if kind == "point":
        parts.append(f'[point]\nplace = "{POINT_PLACE}"\n{reader}')
    elif kind == "kiosk":
        parts.append(f"[kiosk]\nport = {kiosk_port}\n{reader}{_fixtures(town, device)}")
        if settings.authority:
            parts.append(f'[hub]\nurl = "{town.base_url}"\nca = "{settings.authority}"\n')
    elif kind == "meter":
        parts.append(_fixtures(town, device))
    parts += [_door(town, door) for door in town.doors.values() if door.plan.device == device]
    return "\n".join(parts)


def _door(town: Town, door: TownDoor) -> str:
    folder, plan = town.settings.folder / "lines", door.plan
    lines = [
        "[[doors]]",
        f"number = {plan.number}",
        f'reader = "pn532+serial://{folder}/{plan.id}-reader"',
        f'strike = "modbus-relay+serial://{folder}/{plan.device}-relay?unit=1"',
        f"output = {door.output}",
        f"contact_input = {door.output}",
        f"exit_input = {door.output + 4}",
    ]
    if door.scanner is not None:
        lines.append(f'scanner = "qr+serial://{folder}/{plan.id}-scanner"')
        lines.append(f"call_inputs = [{door.call_input}]")
    if plan.number == 1:  # a controller has one case, whatever its doors
        lines.append(f"tamper_input = {CASE_INPUT}")
    return "\n".join(lines) + "\n" + _fixtures(town, plan.id)


def _fixtures(town: Town, place: str) -> str:
    return "".join(each.toml for each in town.fixtures.values() if each.place == place)
