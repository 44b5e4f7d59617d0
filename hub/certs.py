"""A certificate authority for one site's own network: it can speak for that site and no other.

Browsers give a page its camera, its motion sensors and its keys only over HTTPS. Where no public
name exists, this authority signs for the hub's own names and for private addresses; constraints
inside it keep it useless for anything else, whoever steals it.
"""

import argparse
import contextlib
import fcntl
import ipaddress
import json
import os
import re
import socket
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from devices import wire
from devices.messages import KeySet
from devices.mistake import Mistake

AUTHORITY_LIFE = timedelta(days=3650)  # trusting it anew means touching every phone
LEAF_LIFE = timedelta(days=397)  # browsers refuse more
RENEW_BEFORE = timedelta(days=30)  # a hub switched off over a holiday still renews in time
BACKDATE = timedelta(days=1)  # a phone's clock may be behind

# Addresses that belong to no one in particular: the hub's may change within these.
PRIVATE_V4 = ("10.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16")
PRIVATE_V6 = ("::1/128", "fc00::/7", "fe80::/10")


# RFC 1123, letters only in ASCII: other scripts are written in their xn-- form.
HOST_NAME = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)(\.(?!-)[a-z0-9-]{1,63}(?<!-)){0,9}")

Subject = x509.DNSName | x509.IPAddress


@dataclass(frozen=True, slots=True)
class Certificate:
    """What a TLS server needs, and what people must trust."""

    chain: Path  # PEM: the server's key, its certificate, the authority's; mode 0600
    authority: Path  # PEM: the authority's certificate, to hand out
    fingerprint: str  # SHA-256 of the authority's certificate, AA:BB:...
    names: tuple[str, ...]
    addresses: tuple[str, ...]
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class _Signed:
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate


def ensure(
    folder: Path,
    names: Iterable[str],
    addresses: Iterable[str],
    now: datetime,
    *,
    own: Iterable[str] = (),
) -> Certificate:
    """A certificate good for these names and addresses; made or renewed only where needed.

    Of `own` (what the machine calls itself today) it takes what the authority may speak for.
    """
    asked = [_subject(text) for text in (*names, *addresses)]
    spare = []
    for text in own:
        with contextlib.suppress(Mistake):  # a machine may call itself my_box
            spare.append(_subject(text))
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700, parents=True)
    with _alone(folder):
        authority = _authority(folder, [*asked, *spare], now)
        permitted = [subject for subject in spare if _permits(authority.certificate, subject)]
        wanted = _sorted([*asked, *permitted])
        public = authority.certificate.public_bytes(serialization.Encoding.PEM)
        _write(folder / "authority.crt", public, 0o644)
        leaf = _read(folder / "hub.pem")
        if leaf is None or not (_stands(leaf, now) and _fits(leaf, wanted, authority)):
            leaf = _make_leaf(wanted, authority, now)
        _write(folder / "hub.pem", _pem(leaf) + public, 0o600)
    return Certificate(
        chain=folder / "hub.pem",
        authority=folder / "authority.crt",
        fingerprint=authority.certificate.fingerprint(hashes.SHA256()).hex(":").upper(),
        names=tuple(str(name.value) for name in wanted if isinstance(name, x509.DNSName)),
        addresses=tuple(str(name.value) for name in wanted if isinstance(name, x509.IPAddress)),
        ends_at=leaf.certificate.not_valid_after_utc,
    )


def keep(folder: Path, now: datetime) -> Certificate:
    """The certificate that is there, renewed where its time is near; a first one where none is.

    Names that somebody asked for once (`linli certs --name`) stay on it.
    """
    leaf = _read(folder / "hub.pem")
    there = [str(subject.value) for subject in _names_of(leaf.certificate)] if leaf else []
    return ensure(folder, [], [], now, own=list(dict.fromkeys([*there, *own_places()])))


def own_places() -> list[str]:
    """What this machine calls itself, and the addresses it would speak from; nothing is sent."""
    host = socket.gethostname().split(".")[0].lower()
    found = [
        "localhost",
        "127.0.0.1",
        *([f"{host}.local"] if host not in {"", "localhost"} else []),
    ]
    # Connecting a datagram socket only asks for the route; the targets are reserved for examples.
    for family, target in ((socket.AF_INET, "198.51.100.1"), (socket.AF_INET6, "2001:db8::1")):
        with contextlib.suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((target, 9))
            found.append(str(probe.getsockname()[0]))
    return list(dict.fromkeys(found))


# --- files -----------------------------------------------------------------------------------


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One process at a time makes certificates here."""
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _read(file: Path) -> _Signed | None:
    """Key and certificate of one file; None when absent, broken or not a pair."""
    try:
        pem = file.read_bytes()
        key = serialization.load_pem_private_key(pem, password=None)
        certificate = x509.load_pem_x509_certificate(pem)
    except (OSError, ValueError):
        return None
    if isinstance(key, ec.EllipticCurvePrivateKey) and key.public_key() == certificate.public_key():
        return _Signed(key, certificate)
    return None


def _pem(signed: _Signed) -> bytes:
    """Key and certificate in one file, so that a crash never leaves half a pair."""
    key = signed.key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return key + signed.certificate.public_bytes(serialization.Encoding.PEM)


def _write(file: Path, content: bytes, mode: int) -> None:
    """Put a whole file in place at once, never readable by more than mode; the same bytes stay."""
    if file.exists() and file.read_bytes() == content and file.stat().st_mode & 0o777 == mode:
        return
    fresh = file.with_name(f"{file.name}.new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as out:
        os.fchmod(descriptor, mode)  # the umask may have taken more away
        out.write(content)
        out.flush()
        os.fsync(descriptor)
    fresh.replace(file)


def _authority(folder: Path, wanted: Sequence[Subject], now: datetime) -> _Signed:
    """The authority that is there, which is never replaced lightly, or a first one."""
    file = folder / "authority.pem"
    there = _read(file)
    if there is None and file.exists():
        raise Mistake(
            f"{file} is damaged: put it back from a back-up, or move it away for a new one"
        )
    if there is not None and now < there.certificate.not_valid_before_utc:
        raise Mistake(f"this machine's clock says {now:%Y-%m-%d}, before {file} was made: set it")
    if there is not None and _stands(there, now):
        return there
    if there is not None:
        ended = there.certificate.not_valid_after_utc
        file.rename(folder / f"authority-until-{ended:%Y-%m-%d}.pem")
    made = _make_authority(wanted, now)
    _write(file, _pem(made), 0o600)
    return made


# --- making ----------------------------------------------------------------------------------


def _subject(text: str) -> Subject:
    with contextlib.suppress(ValueError):
        return x509.IPAddress(ipaddress.ip_address(text))
    name = text.lower().rstrip(".")
    if not HOST_NAME.fullmatch(name):
        raise Mistake(f"{text!r} is neither the name of a host nor an address")
    return x509.DNSName(name)


def _sorted(subjects: Iterable[Subject]) -> list[Subject]:
    unique = dict.fromkeys(subjects)
    return sorted(unique, key=lambda one: (isinstance(one, x509.IPAddress), str(one.value)))


def _make_authority(subjects: Sequence[Subject], now: datetime) -> _Signed:
    """Sign an authority for the names given and for private addresses, nothing else."""
    key = ec.generate_private_key(ec.SECP256R1())
    networks = [ipaddress.ip_network(text) for text in (*PRIVATE_V4, *PRIVATE_V6)]
    own = [
        x509.IPAddress(ipaddress.ip_network(name.value))
        for name in subjects
        if isinstance(name, x509.IPAddress) and not any(name.value in net for net in networks)
    ]
    permitted = [
        *(name for name in subjects if isinstance(name, x509.DNSName)),
        *(x509.IPAddress(network) for network in networks),
        *own,
    ]
    # Without any permitted name every name would be: one that cannot exist stands in.
    if not any(isinstance(name, x509.DNSName) for name in permitted):
        permitted.append(x509.DNSName("invalid"))
    # Two authorities of one day must not carry one name: browsers look issuers up by it.
    called = f"Linli local authority {now:%Y-%m-%d} {os.urandom(2).hex()}"
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, called)])
    builder = (
        _builder(name, name, key.public_key(), now, now + AUTHORITY_LIFE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(signs=True), critical=True)
        .add_extension(x509.NameConstraints(permitted, None), critical=True)
    )
    return _Signed(key, builder.sign(key, hashes.SHA256()))


def _make_leaf(subjects: Sequence[Subject], authority: _Signed, now: datetime) -> _Signed:
    for subject in subjects:
        if not _permits(authority.certificate, subject):
            raise Mistake(
                f"the local authority may not speak for {subject.value}; to make a new one for it,"
                " which every phone must trust anew, move authority.pem away"
            )
    key = ec.generate_private_key(ec.SECP256R1())
    issuer = authority.certificate.subject
    ends = min(now - BACKDATE + LEAF_LIFE, authority.certificate.not_valid_after_utc)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Linli hub")])
    identifier = x509.SubjectKeyIdentifier.from_public_key(authority.key.public_key())
    above = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier)
    builder = (
        _builder(name, issuer, key.public_key(), now, ends)
        .add_extension(x509.SubjectAlternativeName(subjects), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(signs=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(above, critical=False)
    )
    return _Signed(key, builder.sign(authority.key, hashes.SHA256()))


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey,
    now: datetime,
    ends: datetime,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATE)
        .not_valid_after(ends)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _key_usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs,
        key_cert_sign=signs,
        crl_sign=signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


# --- judging what is there -------------------------------------------------------------------


def _stands(signed: _Signed, now: datetime) -> bool:
    certificate = signed.certificate
    early = certificate.not_valid_before_utc <= now
    return early and now < certificate.not_valid_after_utc - RENEW_BEFORE


def _names_of(certificate: x509.Certificate) -> list[Subject]:
    told = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return [name for name in told if isinstance(name, x509.DNSName | x509.IPAddress)]


def _fits(leaf: _Signed, wanted: Sequence[Subject], authority: _Signed) -> bool:
    try:
        leaf.certificate.verify_directly_issued_by(authority.certificate)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return _names_of(leaf.certificate) == list(wanted)


def _permits(authority: x509.Certificate, subject: Subject) -> bool:
    constraints = authority.extensions.get_extension_for_class(x509.NameConstraints).value
    permitted = constraints.permitted_subtrees or []
    if isinstance(subject, x509.DNSName):
        trees = [tree.value for tree in permitted if isinstance(tree, x509.DNSName)]
        return any(f".{subject.value}".endswith(f".{tree}") for tree in trees)
    nets = [net.value for net in permitted if isinstance(net, x509.IPAddress)]
    return any(_within(subject.value, net) for net in nets)


def _within(address: object, network: object) -> bool:
    if isinstance(network, ipaddress.IPv4Network):
        return isinstance(address, ipaddress.IPv4Address) and address in network
    if isinstance(network, ipaddress.IPv6Network):
        return isinstance(address, ipaddress.IPv6Address) and address in network
    return False


# --- linli certs -----------------------------------------------------------------------------

TRUST = """
People's devices must trust the authority once. Hand them {authority} (it holds no secret)
and have them compare its fingerprint when the device shows one:

  {fingerprint}

iPhone, iPad  Send the file by AirDrop or mail and open it. Settings > General > VPN & Device
              Management: install the profile. Then Settings > General > About > Certificate
              Trust Settings: switch "Linli local authority" on.
Android       Copy the file over. Settings > Security > Encryption & credentials > Install a
              certificate > CA certificate: choose it, and accept the warning.
Windows       Double-click the file > Install Certificate > Local Machine > "Place all
              certificates in the following store": Trusted Root Certification Authorities.
macOS         Double-click the file, so that Keychain Access opens. In the certificate's "Trust"
              choose "Always Trust".
Linux         Copy it to /usr/local/share/ca-certificates/linli.crt and run
              "sudo update-ca-certificates"; Firefox and Chromium: settings, "Certificates",
              "Authorities", "Import".

The authority can speak only for the names and private addresses above. Its key,
authority.pem, stays on this machine (mode 0600) and in its back-up.
"""


def ends_of(certificates: Iterable[Path], keyset: bytes, root: bytes) -> dict[str, float]:
    """When the first certificate and the hub's own keys end; what cannot be read is left out."""
    found: dict[str, float] = {}
    own = wire.open_keyset(keyset, lambda _kid: Ed25519PublicKey.from_public_bytes(root))
    if isinstance(own, KeySet) and own.keys:
        found["keys"] = min(key.to_s for key in own.keys)
    for file in certificates:
        with contextlib.suppress(OSError, ValueError):
            pem = x509.load_pem_x509_certificate(file.read_bytes())
            ends_s = pem.not_valid_after_utc.timestamp()
            found["certificate"] = min(ends_s, found.get("certificate", ends_s))
    return found


def certs(parser: argparse.ArgumentParser) -> None:
    """The verb `linli certs`."""
    parser.description = "Make or renew the certificates for this network; say how to trust them."
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="the site's folder")
    parser.add_argument(
        "--name", action="append", default=[], metavar="NAME", help="besides today's own"
    )
    parser.add_argument(
        "--address", action="append", default=[], metavar="IP", help="besides today's own"
    )
    parser.add_argument("--json", action="store_true", help="for programs: one JSON object")
    parser.set_defaults(func=_certs)


def _certs(asked: argparse.Namespace) -> None:
    now = datetime.now(UTC)
    made = ensure(asked.data / "certs", asked.name, asked.address, now, own=own_places())
    if asked.json:
        told = {field.name: getattr(made, field.name) for field in fields(made)}
        print(json.dumps(told, default=str))
        return
    print(f"certificate  {made.chain}, until {made.ends_at:%Y-%m-%d}, renewed by itself before")
    print(f"good for     {', '.join([*made.names, *made.addresses])}")
    print(TRUST.format(authority=made.authority, fingerprint=_two_lines(made.fingerprint)))


def _two_lines(fingerprint: str) -> str:
    half = len(fingerprint) // 2
    return f"{fingerprint[:half].rstrip(':')}:\n  {fingerprint[half:].lstrip(':')}"
