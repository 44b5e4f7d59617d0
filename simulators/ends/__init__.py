"""Far ends of the wires: real bytes on real pseudo-terminals, on the loop of their host."""

from simulators.ends.card424 import Ntag424Card
from simulators.ends.cards import ClonedUidCard, VirtualCard
from simulators.ends.osdp_end import OsdpEnd
from simulators.ends.osdp_pd import OsdpPd
from simulators.ends.pn532_end import Pn532End
from simulators.ends.qr_end import QrScannerEnd
from simulators.ends.relay_end import RelayBoardEnd
from simulators.ends.wires import Noise, PtyLine, WireEntry, WireLog, Words

__all__ = [
    "ClonedUidCard",
    "Noise",
    "Ntag424Card",
    "OsdpEnd",
    "OsdpPd",
    "Pn532End",
    "PtyLine",
    "QrScannerEnd",
    "RelayBoardEnd",
    "VirtualCard",
    "WireEntry",
    "WireLog",
    "Words",
]
