"""The QR scanner at the far end of its line: what somebody shows it, it sends as a line of text."""

from pathlib import Path

from simulators.ends import words
from simulators.ends.wires import LineEnd, Noise, PtyLine, WireLog


class QrScannerEnd(LineEnd):
    """A scanner module in serial mode; ``suffix`` is what it was configured to send at the end."""

    def __init__(
        self,
        *,
        name: str = "scanner",
        path: Path | None = None,
        suffix: bytes = b"\r\n",
        noise: Noise | None = None,
        byte_s: float = 0.0,
        wire_log: WireLog | None = None,
    ) -> None:
        self.wire_log = wire_log if wire_log is not None else WireLog(name)
        self.suffix = suffix
        self._line = PtyLine(self._heard, path=path, noise=noise, byte_s=byte_s)

    def show(self, text: str) -> None:
        """Hold a code before the scanner."""
        sent = self._line.write(text.encode() + self.suffix)
        self.wire_log.add("<", sent, words.SCANNED)

    def _heard(self, chunk: bytes) -> None:
        """Nobody configures it here: whatever comes is noise to it."""
        self.wire_log.add(">", chunk, words.NOISE)
