"""Home Assistant itself, as far as MQTT needs it: run by the Python in which it is installed.

`PYTHON homeassistant_peer.py HOST PORT USER`, the secret as the first line of its standard input,
then one service call a line, as JSON. It prints one JSON object a line: states, tags, answers.
"""

import asyncio
import importlib
import json
import sys
import tempfile
from pathlib import Path
from types import MappingProxyType
from typing import Any

SHOWN = ("event_type", "who", "reason", "code_format", "options", "device_class")


def say(**what: Any) -> None:
    sys.stdout.write(json.dumps(what, default=str) + "\n")
    sys.stdout.flush()


def show(state: Any) -> None:
    attributes = {name: state.attributes[name] for name in SHOWN if name in state.attributes}
    say(entity=state.entity_id, state=state.state, attributes=attributes)


async def begin(folder: str, data: dict[str, Any]) -> Any:
    """A running core with nothing but MQTT in it."""

    def get(name: str) -> Any:
        return importlib.import_module(f"homeassistant{name}")

    await asyncio.to_thread((Path(folder) / "configuration.yaml").write_text, "")
    hass = get(".core").HomeAssistant(folder)
    hass.config.skip_pip = True
    get(".loader").async_setup(hass)
    hass.config_entries = get(".config_entries").ConfigEntries(hass, {})
    await get(".bootstrap").async_load_base_functionality(hass)
    hass.auth = await get(".auth").auth_manager_from_config(hass, [], [])
    await hass.config_entries.async_initialize()
    for what in ("homeassistant", "tag"):
        await get(".setup").async_setup_component(hass, what, {})
    hass.bus.async_listen("tag_scanned", lambda event: say(tag=event.data["tag_id"]))
    hass.bus.async_listen("state_changed", lambda event: show(event.data["new_state"]))
    entry = get(".config_entries").ConfigEntry(
        domain="mqtt", title="Linli", version=1, minor_version=2, data=data, options={},
        source="user", unique_id=None, discovery_keys=MappingProxyType({}), subentries_data=[],
    )  # fmt: skip
    await hass.config_entries.async_add(entry)
    await hass.async_start()
    say(entry=entry.state.value, version=get(".const").__version__)
    return hass


async def main(host: str, port: int, user: str) -> None:
    lines = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    secret = (await lines.readline()).decode().strip()
    data = {"broker": host, "port": port, "username": user, "password": secret, "discovery": True}
    with tempfile.TemporaryDirectory() as folder:
        hass = await begin(folder, data)
        while line := await lines.readline():
            asked = json.loads(line)
            try:
                await hass.services.async_call(*asked, blocking=True)
                say(called=asked[1])
            except Exception as fault:  # noqa: BLE001 (told to the test)
                say(failed=repr(fault))
        await hass.async_stop(force=True)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), sys.argv[3]))
