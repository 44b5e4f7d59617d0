"""`linli demo --lan`: HTTPS for the phones of a network, everything else on loopback."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from hub.certs import own_places
from tests.integration.demo_town import DemoProcess, Page, demo, family_of

pytestmark = pytest.mark.timeout(600)  # READY_WAIT_S, and what is done then

LISTENING = "0A"  # of /proc/net/tcp
ANY = "00000000"


@pytest.fixture(scope="module")
def process() -> Iterator[DemoProcess]:
    addresses = [place for place in own_places() if place[:1].isdigit()]
    if all(address.startswith("127.") for address in addresses):
        pytest.skip("needs a network: this machine has no address but loopback")
    with demo("--lan") as running:
        running.wait_for("six-digit codes")
        yield running
        assert running.interrupt() == 0, running.told


@pytest.fixture(scope="module")
def page(process: DemoProcess) -> Iterator[Page]:
    listening = Page(process)
    listening.ready()
    yield listening
    listening.close()


@pytest.fixture(scope="module")
def trust(process: DemoProcess) -> str:
    """Where a phone begins."""
    return process.wait_for("phones first").split()[2]


@pytest.fixture(scope="module")
def authority(trust: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The certificate as a phone downloads it."""
    answer = httpx.get(f"{trust}linli.crt", trust_env=False)
    assert answer.headers["content-type"] == "application/x-x509-ca-cert"
    file = tmp_path_factory.mktemp("phone") / "linli.crt"
    file.write_bytes(answer.content)
    return file


def test_a_phone_that_trusts_the_authority_is_served(page: Page, authority: Path) -> None:
    phone = next(each for each in page.town()["pages"] if each["kind"] == "phone")["href"]
    assert phone.startswith("https://")
    assert "127.0.0.1" not in phone
    trusting = ssl.create_default_context(cafile=authority)
    with httpx.Client(verify=trusting, trust_env=False) as http:
        assert http.get(phone).status_code == 200
        assert http.get(phone.replace("/phone/", "/api/v1/site")).json()["demo"] is True
    with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
        httpx.get(phone, trust_env=False)


def test_the_page_of_trust_is_plain_and_names_the_authority(
    process: DemoProcess, trust: str
) -> None:
    fingerprint = process.wait_for("fingerprint").rpartition(" ")[2]
    answer = httpx.get(trust, headers={"Accept-Language": "en"}, trust_env=False)
    assert fingerprint in answer.text.replace("<br>", ":")
    assert answer.headers["content-security-policy"].startswith("default-src 'self'")


def test_the_town_s_page_tells_a_phone_where_to_begin(page: Page, trust: str) -> None:
    phone = next(each for each in page.town()["pages"] if each["kind"] == "phone")
    assert phone["sign_in"][0]["value"] == trust


def test_the_page_answers_to_its_network_names_only(page: Page, trust: str) -> None:
    there = trust.removesuffix("/trust/")
    town = httpx.get(f"{there}/api/town", trust_env=False)
    assert town.status_code == 200
    kinds = [each["kind"] for each in town.json()["pages"]]
    assert kinds == ["phone", "console"]  # the kiosk serves its own machine only
    refused = httpx.get(f"{there}/api/town", headers={"Host": "town.example"}, trust_env=False)
    assert refused.status_code == 403


def test_only_hub_and_page_are_on_the_network(process: DemoProcess, page: Page) -> None:
    family = {process.pid, *family_of(process.pid)}
    inodes = {
        link.readlink().name
        for pid in family
        for link in Path(f"/proc/{pid}/fd").iterdir()
        if link.is_symlink() and str(link.readlink()).startswith("socket:")
    }
    wide = set()
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        _, local, _, state, *rest = line.split()
        if state == LISTENING and f"socket:[{rest[5]}]" in inodes and local.startswith(ANY):
            wide.add(int(local.partition(":")[2], 16))
    town = page.town()
    hub = next(each["href"] for each in town["pages"] if each["kind"] == "phone")
    assert wide == {httpx.URL(hub).port, httpx.URL(page.url).port}


def test_the_kiosk_and_the_provider_reach_the_hub_by_https(page: Page) -> None:
    told = page.play(4)
    assert told[-1]["facts"] == {"amount_fen": 10_680, "callbacks": 3, "receipts": 1}
    notice = next(line for line in page.town()["wire"] if line["kind"] == "pay")
    [host] = [line for line in notice["text"].lower().split("\r\n") if line.startswith("host: ")]
    assert "127.0.0.1" not in host
