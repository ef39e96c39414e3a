"""The server of `aiohttp`; README.md tells what its paths do. It has no way to send fragments."""

import asyncio
import logging

from aiohttp import WSMsgType, web

from cases import *


async def handle(request):
    if request.headers.get("Origin", ALLOWED) != ALLOWED:
        raise web.HTTPForbidden()
    socket = web.WebSocketResponse(protocols=SUPPORTED, max_msg_size=len(LARGE) + 1, autoping=request.path != "/ping")
    await socket.prepare(request)
    code, reason = 1006, ""
    if request.path == "/close":
        close_code, close_reason = close_arguments(request.query_string)
        await socket.close(code=close_code, message=close_reason.encode())
        code = socket.close_code
    elif request.path == "/ping":
        await socket.ping(PING)
        pong = await socket.receive()
        if pong.type == WSMsgType.PONG and pong.data == PING:
            await socket.send_str("pong")
    while not socket.closed:
        message = await socket.receive()
        if message.type == WSMsgType.TEXT:
            await socket.send_str(message.data)
        elif message.type == WSMsgType.BINARY:
            await socket.send_bytes(message.data)
        elif message.type == WSMsgType.CLOSE:
            code, reason = message.data, message.extra or ""
    print_closed(code, reason, code != 1006)
    return socket


async def main():
    logging.getLogger("aiohttp").setLevel(logging.CRITICAL)
    application = web.Application()
    application.router.add_get("/{path:.*}", handle)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    print_listening(site._server.sockets[0].getsockname()[1])
    await asyncio.get_running_loop().create_future()


asyncio.run(main())
