"""Kinds of events that are recorded like any other, and treated otherwise."""

from typing import Final

# Hundreds of meters are read every hour: kept and chained, not called out on the staff's wall.
QUIET: Final = ("meter",)
