"""The server of `websockets`; README.md tells what its paths do."""

import asyncio
import logging
import urllib.parse

from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed

from cases import *


async def serve_path(socket, path, query):
    if path == "/close":
        await socket.close(*close_arguments(query))
    elif path == "/ping":
        await (await socket.ping(PING))
        await socket.send("pong")
    elif path == "/fragments":
        message = TEXT.encode()
        await socket.send([message[i : i + 1] for i in range(len(message))], text=True)
        await socket.send([b"", BINARY, b"", BINARY])
    async for message in socket:
        await socket.send(message)


async def handle(socket):
    target = urllib.parse.urlsplit(socket.request.path)
    try:
        await serve_path(socket, target.path, target.query)
    except ConnectionClosed:
        pass
    await socket.wait_closed()
    received, sent = socket.protocol.close_rcvd, socket.protocol.close_sent
    clean = received is not None and sent is not None
    print_closed(received.code if received else 1006, received.reason if received else "", clean)


async def main():
    logging.getLogger("websockets").setLevel(logging.CRITICAL)
    async with serve(
        handle, "127.0.0.1", 0, max_size=len(LARGE), origins=[None, ALLOWED], subprotocols=SUPPORTED,
        select_subprotocol=lambda _, offered: select_subprotocol(offered),
    ) as server:
        print_listening(server.sockets[0].getsockname()[1])
        await asyncio.get_running_loop().create_future()


asyncio.run(main())
