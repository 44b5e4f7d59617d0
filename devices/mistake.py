"""The caller's mistakes, told in one line."""


class Mistake(Exception):
    """What the caller did wrong and what to do, in one line; `linli` prints it and exits 2."""
