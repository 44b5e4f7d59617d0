"""MQTT framing: any cut of the bytes gives the same packets, and nothing from outside raises."""

from hypothesis import given
from hypothesis import strategies as st
from paho.mqtt.client import MQTTv5, MQTTv311
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from drivers.mqtt_packets import PacketHead, PacketSplitter, head_of
from drivers.mqtt_wire import PahoOnWire, Wire


def packet(first: int, body: bytes) -> bytes:
    length, left = bytearray(), len(body)
    while True:
        left, byte = left >> 7, left & 0x7F
        length.append(byte | (0x80 if left else 0))
        if not left:
            return bytes((first, *length)) + body


packets = st.builds(packet, st.integers(0x10, 0xFF), st.binary(max_size=300))


@given(st.lists(packets, max_size=5), st.lists(st.integers(1, 40), max_size=80))
def test_any_cut_gives_the_same_packets(whole: list[bytes], cuts: list[int]) -> None:
    stream, splitter, found = b"".join(whole), PacketSplitter(), []
    for cut in [*cuts, len(stream)]:
        found += splitter.feed(stream[:cut])
        stream = stream[cut:]
    assert found == whole
    assert splitter.fault is None


@given(st.lists(st.binary(max_size=60), max_size=10))
def test_bytes_from_outside_never_raise(chunks: list[bytes]) -> None:
    splitter = PacketSplitter(most_bytes=50)
    for chunk in chunks:
        for found in splitter.feed(chunk):
            assert len(found) <= 50
            head = head_of(found)
            assert 0 <= head.open_bytes <= head.length_bytes == len(found)


@given(st.binary(max_size=40))
def test_a_head_is_read_from_anything(data: bytes) -> None:
    assert head_of(data).length_bytes == len(data)


def test_the_length_limit_counts_the_whole_packet() -> None:
    splitter = PacketSplitter(most_bytes=10)
    assert splitter.feed(packet(0x30, bytes(8))) == [packet(0x30, bytes(8))]
    assert splitter.feed(packet(0x30, bytes(9))) == []
    assert splitter.fault == "a packet of 11 bytes, 10 are the most"
    assert splitter.feed(packet(0x30, bytes(1))) == []


def test_a_length_of_five_bytes_is_a_fault() -> None:
    splitter = PacketSplitter()
    assert splitter.feed(b"\x30\x80\x80\x80\x80") == []
    assert splitter.fault == "a packet length longer than four bytes"


def test_a_publish_is_read() -> None:
    data = packet(0x33, b"\x00\x03a/b\x00\x07{}")
    assert head_of(data) == PacketHead("PUBLISH", 11, 11, "a/b", 1, retain=True, packet_id=7)
    assert head_of(data[:4]).topic is None


def connect_bytes(protocol: MQTTProtocolVersion) -> bytes:
    """What paho says to let us in as door-1 with the secret hush."""
    wire = object.__new__(Wire)
    wire.leaving, wire.transport, wire._out = True, None, bytearray()
    client = PahoOnWire(wire, "door-1", protocol)
    assert client._callback_api_version == CallbackAPIVersion.VERSION2
    client.username_pw_set("door-1", "hush")
    client.on_socket_register_write = lambda *_: None
    client.connect("nowhere", 1)
    client.loop_write()
    return bytes(wire._out)


def test_a_connect_shows_who_it_is_and_never_the_secret() -> None:
    for protocol in (MQTTv5, MQTTv311):
        data = connect_bytes(protocol)
        assert b"hush" in data
        head = head_of(data)
        assert (head.kind, head.client_id) == ("CONNECT", "door-1")
        assert data[: head.open_bytes].endswith(b"door-1")
        assert b"hush" not in data[: head.open_bytes]
        short = head_of(data[: head.open_bytes - 1])
        assert short.client_id is None
        assert short.open_bytes < head.open_bytes
