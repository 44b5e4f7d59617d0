"""An honest stand-in for WeChat Pay: real signatures, real retries, and switches for faults."""

from simulators.provider.app import make_app, serve
from simulators.provider.callbacks import Faults, Sent
from simulators.provider.papers import Papers, make_papers, write_papers
from simulators.provider.provider import NotPaid, Provider

__all__ = [
    "Faults",
    "NotPaid",
    "Papers",
    "Provider",
    "Sent",
    "make_app",
    "make_papers",
    "serve",
    "write_papers",
]
