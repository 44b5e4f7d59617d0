"""A town for the phones of this network: HTTPS by an authority of its own, and how to trust it."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from devices.mistake import Mistake
from simulators.demo import trust
from simulators.demo.processes import run
from simulators.demo.town import TownSettings

TRUST_PATH = "/trust/"
FILE_PATH = "/trust/linli.crt"


@dataclass(frozen=True, slots=True)
class Lan:
    """What the town's page needs to serve a network; by default there is none."""

    address: str = ""
    names: tuple[str, ...] = ()
    routes: tuple[Route, ...] = ()

    @property
    def is_on(self) -> bool:
        """Whether other machines are served."""
        return bool(self.address)

    def trust_url(self, panel_url: str) -> str:
        """Where a phone begins: plain HTTP, since it trusts nobody here yet."""
        port = panel_url.rstrip("/").rpartition(":")[2]
        return f"http://{self.address}:{port}{TRUST_PATH}"


def authority_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """Kept between runs, so that a phone trusts once."""
    fallback = Path.home() / ".local" / "share"
    return Path(environment.get("XDG_DATA_HOME") or fallback) / "linli" / "demo"


async def prepare(settings: TownSettings, say: Callable[[str], None]) -> Lan:
    """Make certificates for this machine's addresses and set the hub to serve them."""
    folder = authority_folder()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    say("making certificates for this network")
    made = await run(folder, "certs", "--data", str(folder), "--json")
    address = lan_address(made["addresses"])
    settings.host = "0.0.0.0"  # noqa: S104 - that is what --lan asks for
    settings.origin = f"https://{address}:{settings.http_port}"
    settings.certificate = settings.key = str(made["chain"])
    settings.authority = str(made["authority"])
    say(f"the authority's fingerprint (SHA-256): {made['fingerprint']}")
    names = (*made["names"], *(_in_url(each) for each in made["addresses"]))
    page = trust.Page(str(made["fingerprint"]), f"{settings.origin}/phone/", FILE_PATH)
    return Lan(address, names, _routes(page, Path(settings.authority)))


def lan_address(addresses: list[str]) -> str:
    """The address by which other machines find this one; raises Mistake."""
    known = [ipaddress.ip_address(each) for each in addresses]
    found = sorted((each for each in known if not each.is_loopback), key=lambda each: each.version)
    if not found:
        raise Mistake("this machine has no address on a network: connect it, or leave --lan away")
    return _in_url(str(found[0]))


def _in_url(address: str) -> str:
    return f"[{address}]" if ":" in address else address


def _routes(page: trust.Page, authority: Path) -> tuple[Route, ...]:
    certificate = authority.read_bytes()

    async def show(request: Request) -> Response:
        accepted = request.headers.get("accept-language", "")
        language = trust.language(request.query_params.get("lang"), accepted)
        headers = {"Content-Language": language, "Cache-Control": "no-cache"}
        return Response(trust.render(page, language), 200, headers, "text/html")

    async def style(request: Request) -> Response:
        del request
        return Response(trust.STYLE, 200, {"Cache-Control": "no-cache"}, "text/css")

    async def file(request: Request) -> Response:
        del request
        headers = {"Content-Disposition": 'attachment; filename="linli.crt"'}
        return Response(certificate, 200, headers, "application/x-x509-ca-cert")

    return (
        Route(TRUST_PATH, show, methods=["GET"]),
        Route("/trust/style.css", style, methods=["GET"]),
        Route(FILE_PATH, file, methods=["GET"]),
    )
