"""The outside world, one module for each foreign vocabulary."""
