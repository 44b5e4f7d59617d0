"""Logs as one JSON object a line; never a person, a card, a code or a secret in them."""

from __future__ import annotations

import json
import logging
import sys
import time

_QUIET = ("apscheduler", "httpx", "httpcore", "uvicorn.error")


class JsonLines(logging.Formatter):
    """Time, level, place, words, and what an exception was."""

    def format(self, record: logging.LogRecord) -> str:
        """One line."""
        body = {
            "at": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
            + f".{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "from": record.name,
            "say": record.getMessage(),
        }
        if record.exc_info and record.exc_info[0] is not None:
            body["fault"] = record.exc_info[0].__name__
            body["trace"] = self.formatException(record.exc_info)[-2_000:]
        return json.dumps(body, ensure_ascii=False)


def start(level: int = logging.INFO) -> None:
    """Log to standard error from now on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
