"""Places of the picture that are no doors."""

from typing import Final

POINT: Final = "hall"
KIOSK: Final = "kiosk"
