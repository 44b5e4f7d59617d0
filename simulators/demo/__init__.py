"""A whole town in processes of its own, on this machine, without hardware."""
