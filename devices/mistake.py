"""The caller's mistakes, told in one line."""


class Mistake(Exception):  # noqa: N818 - it is the caller who erred, not the program
    """What the caller did wrong and what to do, in one line; `linli` prints it and exits 2."""
