"""The wires: each protocol a core without I/O and a thin shell around it; no domain words here."""
