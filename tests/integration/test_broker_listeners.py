"""Where the hub's broker listens, and where somebody else's is."""

import asyncio
import datetime as dt
import ipaddress
import socket
import ssl
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from devices.cli import main
from devices.identity import Identity, adoption_json, write_private
from devices.mistake import Mistake
from devices.setup import make_device
from drivers import mqtt
from drivers.mqtt import BrokerAddress
from hub import config
from hub.app import Running
from hub.gateways.broker import BrokerFailed, Kind, Listener, ManagedBroker, external_address
from tests import services
from tests.integration.brokers import HUB, SITE, WAIT_S, running

SIGNS_ONLY = x509.KeyUsage(
    digital_signature=False, content_commitment=False, key_encipherment=False,
    data_encipherment=False, key_agreement=False, key_cert_sign=True, crl_sign=True,
    encipher_only=False, decipher_only=False,
)  # fmt: skip
EVT = f"linli/1/{SITE}/door-1/evt"


def authority(folder: Path, name: str) -> tuple[Path, Path, Path]:
    """A certificate authority and a server's certificate for 127.0.0.1: (ca, certificate, key)."""
    now = dt.datetime.now(dt.UTC)
    ca_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    ours = ca_key.public_key()
    ca_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"ca {name}")])

    def begun(subject: x509.Name, public: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(ca_name)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - dt.timedelta(hours=1))
            .not_valid_after(now + dt.timedelta(hours=1))
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(ours), critical=False)
        )

    ca = (
        begun(ca_name, ours)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(SIGNS_ONLY, critical=True)
        .sign(ca_key, hashes.SHA256())
    )
    loopback = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    leaf = (
        begun(x509.Name([]), key.public_key())
        .add_extension(x509.SubjectAlternativeName([loopback]), critical=True)
        .sign(ca_key, hashes.SHA256())
    )
    files = folder / f"{name}.ca", folder / f"{name}.crt", folder / f"{name}.key"
    pem = serialization.Encoding.PEM
    files[0].write_bytes(ca.public_bytes(pem))
    files[1].write_bytes(leaf.public_bytes(pem))
    private = serialization.PrivateFormat.PKCS8
    files[2].write_bytes(key.private_bytes(pem, private, serialization.NoEncryption()))
    return files


async def test_a_listener_for_others_speaks_tls_and_is_checked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ca, certificate, key = authority(tmp_path, "ours")
    other_ca, *_ = authority(tmp_path, "theirs")
    port = services.free_port()
    outside = [Listener("0.0.0.0", port, certificate, key)]
    async with running(tmp_path, "mosquitto", outside=outside) as broker:
        secret = await broker.add_credential("door-1")
        address = BrokerAddress("127.0.0.1", port, "door-1", secret, str(ca))
        connection = await mqtt.connect(
            address, client_id="door-1", will=None, on_message=lambda _m: None, keepalive_s=600
        )
        connection.publish(EVT, bytes(100_000))
        async with asyncio.timeout(WAIT_S):  # a flush that only a ping ends would be far later
            await connection.flushed()
        assert connection._wire.transport is not None
        sock = connection._wire.transport.get_extra_info("socket")
        assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        assert isinstance(connection._wire.transport.get_extra_info("ssl_object"), ssl.SSLObject)
        await connection.close()
        monkeypatch.setattr(mqtt, "CONNECT_MOST_S", 1.0)  # TLS and plain wait for each other
        for wrong in (str(other_ca), None):
            stranger = BrokerAddress("127.0.0.1", port, "door-1", secret, wrong)
            with pytest.raises(mqtt.MqttError):
                await mqtt.connect(
                    stranger, client_id="door-1", will=None, on_message=lambda _m: None
                )


async def test_a_renewed_certificate_is_served_after_a_reload(tmp_path: Path) -> None:
    port = services.free_port()
    old_ca, certificate, key = authority(tmp_path, "old")
    new_ca, new_certificate, new_key = authority(tmp_path, "new")
    outside = [Listener("127.0.0.1", port, certificate, key)]
    async with running(tmp_path, "mosquitto", outside=outside) as broker:
        secret = await broker.add_credential("door-1")

        async def let_in(ca: Path) -> bool:
            address = BrokerAddress("127.0.0.1", port, "door-1", secret, str(ca))
            try:
                connection = await mqtt.connect(
                    address, client_id="door-1", will=None, on_message=lambda _m: None
                )
            except mqtt.BrokerUnreachable:
                return False
            await connection.close()
            return True

        assert (await let_in(old_ca), await let_in(new_ca)) == (True, False)
        certificate.write_bytes(new_certificate.read_bytes())
        key.write_bytes(new_key.read_bytes())
        await broker.reload()
        assert (await let_in(old_ca), await let_in(new_ca)) == (False, True)


async def test_a_site_s_broker_is_reached_from_other_machines(
    tmp_path: Path, mosquitto_path: Path
) -> None:
    """As an operator does it: one line in hub.toml; the site's own authority on the device."""
    data, port, outside = tmp_path / "hub", services.free_port(), services.free_port()
    words = ["init", "--data", str(data), "--site", SITE, "--name", "Village", "--demo"]
    assert await asyncio.to_thread(main, [*words, "--broker-port", str(port)]) == 0
    toml = data / "hub.toml"
    toml.write_text(toml.read_text().replace("[broker]", f"[broker]\ntls_port = {outside}"))
    running = Running(config.load(data))
    hub = await running.start()
    try:
        assert hub.broker is not None
        secret = await hub.broker.add_credential("door-1")
        address = _elsewhere(tmp_path / "door-1", hub.keys.root_public, outside, secret, data)
        assert await _is_let_in(address)
        assert not await _is_let_in(BrokerAddress("127.0.0.1", outside, "door-1", secret, None))
        before = (data / "certs" / "hub.pem").read_bytes()
        (data / "certs" / "hub.pem").unlink()  # as if its time had come
        await running._renew()
        assert (data / "certs" / "hub.pem").read_bytes() != before
        assert await _is_let_in(address)
        pem = ssl.get_server_certificate(("127.0.0.1", outside))
        assert pem.strip() in (data / "certs" / "hub.pem").read_text()
    finally:
        await running.stop()


def _elsewhere(folder: Path, root: bytes, port: int, secret: str, data: Path) -> BrokerAddress:
    """Where a device on another machine finds its broker, as its own files say."""
    folder.mkdir()
    identity = Identity.make("door-1", "door")
    identity.save(folder)
    told: dict[str, str | int | None] = {"host": "192.0.2.1", "port": 1, "ca": None}
    adoption = adoption_json(identity.public, SITE, HUB, root, b"", told, secret, None)
    write_private(folder / "adoption.json", adoption)
    (folder / "authority.crt").write_bytes((data / "certs" / "authority.crt").read_bytes())
    wires = f'[broker]\nhost = "127.0.0.1"\nport = {port}\nca = "authority.crt"\n'
    (folder / "device.toml").write_text(wires)
    device, address, _ = make_device(folder, "door", (1,), asyncio.get_running_loop().time)
    device.journal.close()
    (folder / "device.toml").write_text(wires.replace("authority", "absent"))
    with pytest.raises(Mistake, match=r"absent\.crt, which does not exist"):
        make_device(folder, "door", (1,), asyncio.get_running_loop().time)
    return address


async def _is_let_in(address: BrokerAddress) -> bool:
    try:
        connection = await mqtt.connect(
            address, client_id="door-1", will=None, on_message=lambda _m: None
        )
    except mqtt.MqttError:
        return False
    await connection.close()
    return True


@pytest.mark.parametrize(
    ("listener", "kind", "told"),
    [
        (Listener("0.0.0.0", 8883), "mosquitto", "needs a certificate"),
        (Listener("192.0.2.1", 8883, Path("c")), "mosquitto", "both"),
        (Listener("gate.example", 8883, None, Path("k")), "mosquitto", "both"),
        (Listener("0.0.0.0", 8883, Path("c"), Path("k")), "amqtt", "loopback only"),
    ],
)
def test_an_open_listener_is_refused(
    listener: Listener, kind: Kind, told: str, tmp_path: Path
) -> None:
    with pytest.raises(BrokerFailed, match=told):
        ManagedBroker(tmp_path, 1883, site=SITE, hub=HUB, kind=kind, outside=[listener])


def test_somebody_elses_broker_is_an_address() -> None:
    address = external_address("mqtts://hub-1@mq.example?ca=/etc/ca.pem", "hush")
    assert address == BrokerAddress("mq.example", 8883, "hub-1", "hush", "/etc/ca.pem")
    assert external_address("mqtts://hub-1@mq.example:1", "hush").tls_ca is not None
    plain = external_address("mqtt://hub-1@localhost:1884", "hush")
    assert plain == BrokerAddress("localhost", 1884, "hub-1", "hush", None)


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("mqtt://hub-1@mq.example", "in the clear"),
        ("mqtts://hub-1:hush@mq.example", "no password"),
        ("mqtts://mq.example", "no broker address"),
        ("http://hub-1@mq.example", "no broker address"),
        ("mqtts://hub-1@", "no broker address"),
        ("", "no broker address"),
    ],
)
def test_an_address_that_would_leak_is_refused(url: str, told: str) -> None:
    with pytest.raises(ValueError, match=told) as refusal:
        external_address(url, "x")
    assert "hush" not in str(refusal.value)
