"""The simulators' verbs of `linli`: demo and simulate."""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path


def demo(parser: argparse.ArgumentParser) -> None:
    """Run a simulated town."""
    parser.description = "Run a simulated town: everything real but the hardware."
    parser.add_argument("--check", action="store_true", help="drive the flows once and report")
    parser.add_argument("--keep", type=Path, help="with --check: leave the evidence here")
    parser.add_argument("--lan", action="store_true", help="serve phones of this network by HTTPS")
    parser.add_argument("--port", type=int, default=8460, help="the hub's HTTP port")
    parser.add_argument("--panel-port", type=int, default=8400, help="the town's page")
    parser.add_argument("--kiosk-port", type=int, default=8480, help="the kiosk's page")
    kinds = ["auto", "mosquitto", "amqtt"]
    parser.add_argument("--broker", default="auto", choices=kinds, help="which program")
    parser.set_defaults(func=_demo)


def _demo(asked: argparse.Namespace) -> int:
    from simulators.demo import main  # noqa: PLC0415

    return asyncio.run(main.check(asked) if asked.check else main.foreground(asked))


def simulate(parser: argparse.ArgumentParser) -> None:
    """Far ends of single wires, for foreign software."""
    from simulators.ends.verbs import register  # noqa: PLC0415
    from simulators.receivers.verbs import register as register_receivers  # noqa: PLC0415

    parser.description = "Play the far end of a wire, or what receives alerts, without hardware."
    ends = parser.add_subparsers(required=True, metavar="WHAT")
    register(ends)
    register_receivers(ends)
