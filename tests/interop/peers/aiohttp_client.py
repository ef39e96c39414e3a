"""The client of `aiohttp`: `aiohttp_client.py URL CASE`. It has no way to send fragments."""

import asyncio
import contextlib

from aiohttp import ClientSession, WSMsgType, WSServerHandshakeError

from cases import *


@contextlib.asynccontextmanager
async def open_socket(url, **options):
    # `max_msg_size` excludes itself. 15: offers permessage-deflate.
    async with ClientSession() as session:
        async with session.ws_connect(url, max_msg_size=len(LARGE) + 1, compress=15, **options) as socket:
            expect("compression", socket.compress, 0)
            yield socket
            await socket.close()
            expect("close answered", socket.close_code not in (None, 1006), True)


async def receive(socket, kind, data):
    message = await socket.receive()
    expect("type", message.type, kind)
    expect("echo", message.data, data)
    return message


async def text(url):
    async with open_socket(url + "/") as socket:
        for message in (TEXT, ""):
            await socket.send_str(message)
            await receive(socket, WSMsgType.TEXT, message)


async def echo_binary(url, messages):
    async with open_socket(url + "/") as socket:
        for message in messages:
            await socket.send_bytes(message)
            await receive(socket, WSMsgType.BINARY, message)


async def binary(url):
    await echo_binary(url, [BINARY, b""])


async def large(url):
    await echo_binary(url, [LARGE])


async def many(url):
    async with open_socket(url + "/") as socket:
        async def send():
            for number in range(MANY):
                await socket.send_str(f"message {number}")

        sender = asyncio.create_task(send())
        for number in range(MANY):
            await receive(socket, WSMsgType.TEXT, f"message {number}")
        await sender


async def subprotocol(url):
    async with open_socket(url + "/", protocols=OFFERED) as socket:
        expect("subprotocol", socket.protocol, CHOSEN)
    async with open_socket(url + "/", protocols=["unknown"]) as socket:
        expect("subprotocol", socket.protocol, None)


async def close(url):
    code, reason = CLOSE
    async with open_socket(url + "/") as socket:
        await socket.close(code=code, message=reason.encode())
        expect("close answered", socket.close_code, code)


async def peer_close(url):
    code, reason = PEER_CLOSE
    async with open_socket(f"{url}/close?code={code}&reason={reason}") as socket:
        message = await receive(socket, WSMsgType.CLOSE, code)
        expect("reason", message.extra, reason)


async def origin_allowed(url):
    async with open_socket(url + "/", origin=ALLOWED) as socket:
        await socket.send_str(TEXT)
        await receive(socket, WSMsgType.TEXT, TEXT)


async def origin_refused(url):
    try:
        async with open_socket(url + "/", origin=REFUSED):
            raise AssertionError("not refused")
    except WSServerHandshakeError as refusal:
        expect("status", refusal.status, 403)


async def ping(url):
    async with open_socket(url + "/", autoping=False) as socket:
        for payload in (PING, b""):
            await socket.ping(payload)
            await receive(socket, WSMsgType.PONG, payload)


client_main({
    "text": text, "binary": binary, "large": large, "many": many, "subprotocol": subprotocol, "close": close,
    "peer-close": peer_close, "origin-allowed": origin_allowed, "origin-refused": origin_refused, "ping": ping,
})
