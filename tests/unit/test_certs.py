"""The local authority: chains that verify, names it may not speak for, files nobody else reads."""

import json
import ssl
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509 import verification

from devices.mistake import Mistake
from hub import certs

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
NAMES = ["hub.lan"]
ADDRESSES = ["192.168.8.2", "127.0.0.1"]
OURS: list[x509.DNSName | x509.IPAddress] = [
    x509.DNSName("hub.lan"),
    x509.IPAddress(ip_address("192.168.8.2")),
]


def chain_of(made: certs.Certificate) -> list[x509.Certificate]:
    return x509.load_pem_x509_certificates(made.chain.read_bytes())


def verify(
    leaf: x509.Certificate, authority: x509.Certificate, subject: x509.DNSName | x509.IPAddress
) -> None:
    store = verification.Store([authority])
    builder = verification.PolicyBuilder().store(store).time(NOW)
    builder.build_server_verifier(subject).verify(leaf, [])


@pytest.fixture
def made(tmp_path: Path) -> certs.Certificate:
    return certs.ensure(tmp_path, NAMES, ADDRESSES, NOW)


@pytest.mark.parametrize("subject", OURS)
def test_the_chain_verifies(
    made: certs.Certificate, subject: x509.DNSName | x509.IPAddress
) -> None:
    leaf, authority = chain_of(made)
    verify(leaf, authority, subject)
    life = leaf.not_valid_after_utc - leaf.not_valid_before_utc
    assert life <= timedelta(days=397)
    assert made.fingerprint.replace(":", "").lower() == authority.fingerprint(hashes.SHA256()).hex()


@pytest.mark.parametrize(
    "foreign",
    [
        x509.DNSName("hub.lan.example.cn"),
        x509.DNSName("pay.example.cn"),
        x509.DNSName("nothub.lan"),
        x509.IPAddress(ip_address("203.0.113.9")),
        x509.IPAddress(ip_address("2001:db8::9")),
    ],
)
def test_a_stolen_authority_convinces_nobody_elsewhere(
    made: certs.Certificate, foreign: x509.DNSName | x509.IPAddress, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a thief would sign: our own refusal is out of the way, the constraint is not."""
    monkeypatch.setattr(certs, "_permits", lambda *_: True)
    pem = (made.chain.parent / "authority.pem").read_bytes()
    key = load_pem_private_key(pem, None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    authority = x509.load_pem_x509_certificate(pem)
    stolen = certs._make_leaf([foreign, *OURS], certs._Signed(key, authority), NOW)
    with pytest.raises(verification.VerificationError, match="constraint"):
        verify(stolen.certificate, authority, foreign)


@pytest.mark.parametrize("foreign", ["pay.example.cn", "203.0.113.9"])
def test_a_name_beyond_the_authority_is_a_mistake_told(
    made: certs.Certificate, foreign: str
) -> None:
    before = made.chain.read_bytes()
    with pytest.raises(Mistake, match="may not speak for"):
        certs.ensure(made.chain.parent, [*NAMES, foreign], ADDRESSES, NOW)
    assert made.chain.read_bytes() == before


def test_what_the_machine_calls_itself_today_is_taken_as_far_as_permitted(
    made: certs.Certificate,
) -> None:
    own = ["10.1.2.3", "my_box.local", "other.local", "203.0.113.9", "HUB.lan."]
    again = certs.ensure(made.chain.parent, [], [], NOW, own=own)
    assert (again.names, again.addresses) == (("hub.lan",), ("10.1.2.3",))


def test_keys_are_for_the_owner_only(made: certs.Certificate) -> None:
    folder = made.chain.parent
    modes = {file.name: file.stat().st_mode & 0o777 for file in folder.glob("[a-z]*")}
    assert modes == {"authority.pem": 0o600, "hub.pem": 0o600, "authority.crt": 0o644}
    assert b"PRIVATE" not in made.authority.read_bytes()


def test_the_same_is_kept_and_a_new_address_gets_a_new_leaf(made: certs.Certificate) -> None:
    folder = made.chain.parent
    before = made.chain.read_bytes()
    assert certs.ensure(folder, NAMES, ADDRESSES[::-1], NOW) == made
    assert made.chain.read_bytes() == before
    moved = certs.ensure(folder, NAMES, ["192.168.9.7"], NOW)
    assert made.chain.read_bytes() != before
    assert moved.fingerprint == made.fingerprint
    leaf, authority = chain_of(moved)
    verify(leaf, authority, x509.IPAddress(ip_address("192.168.9.7")))


def test_a_leaf_is_renewed_in_time_and_not_before(made: certs.Certificate) -> None:
    folder = made.chain.parent
    last_day = made.ends_at - certs.RENEW_BEFORE
    early = certs.ensure(folder, NAMES, ADDRESSES, last_day - timedelta(seconds=1))
    assert early.ends_at == made.ends_at
    late = certs.ensure(folder, NAMES, ADDRESSES, last_day)
    assert late.ends_at > made.ends_at
    assert late.fingerprint == made.fingerprint


def test_an_ending_authority_is_replaced_and_kept_aside(made: certs.Certificate) -> None:
    folder = made.chain.parent
    ten_years = NOW + certs.AUTHORITY_LIFE
    leaf, authority = chain_of(certs.ensure(folder, NAMES, ADDRESSES, ten_years))
    assert leaf.issuer == authority.subject
    assert [file.name for file in folder.glob("authority-until-*.pem")] == [
        f"authority-until-{ten_years:%Y-%m-%d}.pem"
    ]


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-200])


def swap_key(file: Path) -> None:
    other = certs._make_authority([], NOW)
    own = x509.load_pem_x509_certificate(file.read_bytes())
    file.write_bytes(certs._pem(certs._Signed(other.key, own)))


@pytest.mark.parametrize("harm", [cut, swap_key])
def test_a_damaged_leaf_is_made_anew_and_a_damaged_authority_never(
    made: certs.Certificate, harm: Callable[[Path], None]
) -> None:
    folder = made.chain.parent
    harm(made.chain)
    leaf, authority = chain_of(certs.ensure(folder, NAMES, ADDRESSES, NOW))
    verify(leaf, authority, OURS[0])
    harm(folder / "authority.pem")
    with pytest.raises(Mistake, match="damaged"):
        certs.ensure(folder, NAMES, ADDRESSES, NOW)


def test_a_clock_behind_the_authority_replaces_nothing(made: certs.Certificate) -> None:
    with pytest.raises(Mistake, match="clock"):
        certs.ensure(made.chain.parent, NAMES, ADDRESSES, NOW - timedelta(days=2))


@pytest.mark.parametrize("wrong", ["", "柳溪", "two words", "*", "*.lan", "a..b", "-a.lan"])
def test_what_is_no_name_is_refused(tmp_path: Path, wrong: str) -> None:
    with pytest.raises(Mistake):
        certs.ensure(tmp_path, [wrong], [], NOW)


def test_a_foreign_tls_client_trusts_it(tmp_path: Path) -> None:
    """OpenSSL, by its own rules: the address in the certificate, the constraint in the chain."""
    made = certs.ensure(tmp_path, NAMES, ADDRESSES, datetime.now(UTC))
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(made.chain)
    client = ssl.create_default_context(cafile=str(made.authority))
    client.verify_flags |= ssl.VERIFY_X509_STRICT
    assert handshake(server, client, "192.168.8.2") == "192.168.8.2"
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(server, client, "192.168.8.3")


def handshake(server: ssl.SSLContext, client: ssl.SSLContext, name: str) -> str | None:
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    near = client.wrap_bio(to_client, to_server, server_hostname=name)
    far = server.wrap_bio(to_server, to_client, server_side=True)
    for _ in range(4):
        for end in (near, far):
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue
    assert near.getpeercert()
    return near.server_hostname


def test_the_verb_tells_where_and_how(tmp_path: Path) -> None:
    words = [sys.executable, "-c", "from devices.cli import main; main()"]
    words += ["certs", "--data", str(tmp_path)]
    told = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    asked = subprocess.run([*words, "--json"], capture_output=True, text=True, check=True).stdout
    found = json.loads(asked)
    assert found["authority"] in told
    assert found["fingerprint"][:47] in told
    assert "127.0.0.1" in found["addresses"]
    for system in ("iPhone", "Android", "Windows", "macOS", "Linux"):
        assert system in told
