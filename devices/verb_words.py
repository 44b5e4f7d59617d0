"""What `linli --help` says of each verb: a line, in groups by what somebody comes for.

The words stand here and not beside the verbs, so that help imports none of them: a hub's modules
take a quarter of a second, and most who ask for help have mistyped a word.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Final

GROUPS: Final[Mapping[str, Mapping[str, str]]] = {
    "Try it": {
        "demo": "a village of made-up people on this machine, in your browser",
        "simulate": "a far end for a wire, or receivers for alerts, without hardware",
        "bench": "measure; one JSON object at the end",
    },
    "Set a site up": {
        "init": "keys, database, settings, the first administrator's code",
        "load": "households, people, doors, rules and bills from a file",
        "certs": "certificates for phones of your own network",
        "staff": "let a member of staff come in, or leave",
        "letters": "a sheet for each household, with codes for its phones",
        "card": "make cards at a desk reader and give them out",
        "config": "check hub.toml, line by line",
        "doctor": "what is missing, with the cure",
    },
    "Run a machine": {
        "hub": "the hub, with its pages and its broker",
        "door": "a controller of doors",
        "kiosk": "a kiosk's screen, or its payments",
        "point": "a point where cards are shown",
        "desk": "the reader beside a clerk, where cards are made",
        "meter": "a reader of meters",
        "service": "systemd units, so that it runs after a restart",
    },
    "Connect things": {
        "device": "serial ports and their wires; adopt devices and relays",
        "reader": "pair an OSDP reader, change its address and speed",
        "ha": "Home Assistant sees the doors",
        "face": "enrol and forget faces; audit, judge and measure the engine",
    },
    "Look after it": {
        "backup": "one sealed file with everything",
        "restore": "bring a back-up into a new folder, or prove that it could be",
        "update": "a new release, rehearsed on a back-up, and back if it fails",
        "audit": "verify the log, export it, say how long it is kept",
        "support": "versions, counters and logs, without personal details",
    },
}


def overview(verbs: Collection[str]) -> Iterator[str]:
    """The lines of the help for these verbs; what has no words yet stands at the end by name."""
    yield "usage: linli VERB ..."
    width = max(len(verb) for verb in verbs)
    told: set[str] = set()
    for heading, words in GROUPS.items():
        here = [verb for verb in words if verb in verbs]
        if here:
            yield from ("", heading)
        for verb in here:
            yield f"  {verb:<{width}}  {words[verb]}"
        told.update(here)
    if others := sorted(set(verbs) - told):
        yield from ("", "Others", *(f"  {verb}" for verb in others))
    yield from ("", "help on one: linli VERB --help")
