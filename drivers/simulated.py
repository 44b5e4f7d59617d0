"""`sim://NAME` in the place of a port: a far end that plays the device, for whoever has none.

Drivers know no simulator: whoever plays far ends says so by an entry point of the group GROUP, a
function that takes protocol and name on the running loop and returns the path of a line.
"""

from importlib.metadata import entry_points
from typing import Final

from drivers.link import LinkLost

SCHEME: Final = "sim://"
GROUP: Final = "linli.far_ends"


def line_of_far_end(protocol: str, port: str) -> str:
    """The path to open for ``sim://NAME``; raises LinkLost where nobody plays that device."""
    for player in entry_points(group=GROUP):
        path: str | None = player.load()(protocol, port.removeprefix(SCHEME))
        if path is not None:
            return path
    raise LinkLost(f"{port}: nothing here plays {protocol}; write serial:// and a real port")
