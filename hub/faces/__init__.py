"""Faces on the hub: an extra (`faces`). Nothing outside this package imports it at its top."""
