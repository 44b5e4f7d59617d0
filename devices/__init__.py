"""The things: what doors, card points and kiosks say, decide and keep."""
