"""Honest stand-ins: the far end of every wire, spoken to only over that wire."""
