"""The limit's two processes: a POST that decides nothing and an echo that knows nothing.

``python -m simulators.bench.trivial post|echo PORT``; they end with whoever holds their input.
"""

from __future__ import annotations

import asyncio
import os
import sys
import threading

import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel

from drivers import mqtt

USER = "limit-echoes"
ASK, ECHO = "limit/ask", "limit/echo"
SECRET = "LIMIT_SECRET"  # the variable that holds the echo's word for the broker

app = FastAPI(openapi_url=None)


class Asked(BaseModel):
    """The same body as an opening's."""

    door: str


class Told(BaseModel):
    """As little as can be said."""

    outcome: str


@app.post("/limit")
async def post(asked: Asked) -> Told:
    """Read a body, check its form, answer."""
    return Told(outcome=asked.door)


async def echo(port: int, secret: str) -> None:
    """Send back what comes, with our own driver, QoS 1 both ways."""
    connection: mqtt.Connection | None = None

    def back(message: mqtt.Message) -> None:
        if connection is not None:
            connection.publish(ECHO, message.payload, qos=1)

    address = mqtt.BrokerAddress("127.0.0.1", port, USER, secret)
    connection = await mqtt.connect(address, client_id=USER, will=None, on_message=back)
    await connection.subscribe([(ASK, 1)])
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    await connection.closed()


def _end_with_parent() -> None:
    sys.stdin.buffer.read()
    os._exit(0)


def main(what: str, port: int) -> None:
    """Serve until the parent is gone."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    if what == "echo":
        asyncio.run(echo(port, os.environ[SECRET]))
    else:
        uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning", access_log=False)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
