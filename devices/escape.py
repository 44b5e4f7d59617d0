"""What may hang on which relay: the rules of ``device.toml`` about ways out. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from devices.mistake import Mistake

_INPUTS = ("contact_input", "exit_input", "fire_input", "tamper_input", "call_inputs")


def check_escape(strike: object, section: Mapping[str, Any], number: int) -> None:
    """An escape door never hangs on a relay that may fail to let go; raises Mistake.

    Where the board cannot end its own pulse the installer must say in so many words that the
    door is none: what is not said is taken for a way out.
    """
    escape = section.get("escape")
    if escape is not None and not isinstance(escape, bool):
        raise Mistake(f"door {number}: write escape = true or escape = false")
    if getattr(strike, "remote_only", False) and escape:
        raise Mistake(f"door {number} is an escape door; it needs a wired relay, not one on MQTT")
    if not getattr(strike, "host_timed", False):
        return
    if escape is not False:
        raise Mistake(
            f"door {number} hangs on a relay that cannot end its own pulse, which never holds an "
            "escape door: take a Modbus relay with flash-on, or write escape = false if people "
            "have another way out"
        )
    for name in _INPUTS:
        if name in section:
            raise Mistake(f"door {number} has a relay without inputs; {name} needs another board")
