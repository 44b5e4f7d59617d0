"""Far ends of the wires: real bytes on real pseudo-terminals, on the loop of their host."""

from simulators.ends.card424 import Ntag424Card
from simulators.ends.cards import ClonedUidCard, VirtualCard
from simulators.ends.kept_door import KeptDoor
from simulators.ends.lcus_end import LcusEnd
from simulators.ends.meters import Cjt188Meter, Dlt645Meter, MeterLineEnd
from simulators.ends.number_ends import Rdm6300End, WiegandEnd
from simulators.ends.osdp_end import OsdpEnd
from simulators.ends.osdp_pd import OsdpPd
from simulators.ends.paper_end import PaperEnd
from simulators.ends.pn532_end import Pn532End
from simulators.ends.qr_end import QrScannerEnd
from simulators.ends.relay_end import RelayBoardEnd
from simulators.ends.wires import LineEnd, Noise, PtyLine, WireEntry, WireLog, Words

__all__ = [
    "Cjt188Meter",
    "ClonedUidCard",
    "Dlt645Meter",
    "KeptDoor",
    "LcusEnd",
    "LineEnd",
    "MeterLineEnd",
    "Noise",
    "Ntag424Card",
    "OsdpEnd",
    "OsdpPd",
    "PaperEnd",
    "Pn532End",
    "PtyLine",
    "QrScannerEnd",
    "Rdm6300End",
    "RelayBoardEnd",
    "VirtualCard",
    "WiegandEnd",
    "WireEntry",
    "WireLog",
    "Words",
]
