"""The client of `websockets`: `websockets_client.py URL CASE`."""

import asyncio

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from cases import *


def open_socket(url, **options):
    return connect(url, proxy=None, max_size=len(LARGE), **options)


async def echo(url, message):
    async with open_socket(url + "/") as socket:
        expect("extensions", socket.protocol.extensions, [])
        await socket.send(message)
        expect("echo", await socket.recv(), message)


async def text(url):
    await echo(url, TEXT)
    await echo(url, "")


async def binary(url):
    await echo(url, BINARY)
    await echo(url, b"")


async def large(url):
    await echo(url, LARGE)


async def many(url):
    async with open_socket(url + "/") as socket:
        async def send():
            for number in range(MANY):
                await socket.send(f"message {number}")

        sender = asyncio.create_task(send())
        for number in range(MANY):
            expect("echo", await socket.recv(), f"message {number}")
        await sender


async def subprotocol(url):
    async with open_socket(url + "/", subprotocols=OFFERED) as socket:
        expect("subprotocol", socket.subprotocol, CHOSEN)
    async with open_socket(url + "/", subprotocols=["unknown"]) as socket:
        expect("subprotocol", socket.subprotocol, None)


async def close(url):
    async with open_socket(url + "/") as socket:
        await socket.close(*CLOSE)
        answer = socket.protocol.close_rcvd
        expect("close answered", answer and answer.code, CLOSE[0])


async def peer_close(url):
    code, reason = PEER_CLOSE
    async with open_socket(f"{url}/close?code={code}&reason={reason}") as socket:
        try:
            await socket.recv()
        except ConnectionClosed as closed:
            expect("close received", (closed.rcvd.code, closed.rcvd.reason), PEER_CLOSE)
            expect("the peer closed first", closed.rcvd_then_sent, True)
        else:
            raise AssertionError("a message instead of a close")


async def origin_allowed(url):
    async with open_socket(url + "/", origin=ALLOWED) as socket:
        await socket.send(TEXT)
        expect("echo", await socket.recv(), TEXT)


async def origin_refused(url):
    try:
        async with open_socket(url + "/", origin=REFUSED):
            raise AssertionError("not refused")
    except InvalidStatus as refusal:
        expect("status", refusal.response.status_code, 403)


async def ping(url):
    async with open_socket(url + "/") as socket:
        await (await socket.ping(PING))
        await (await socket.ping(b""))


async def fragmented(url):
    message = TEXT.encode()
    async with open_socket(url + "/") as socket:
        # One byte each: characters are split, too.
        await socket.send([message[i : i + 1] for i in range(len(message))], text=True)
        expect("echo", await socket.recv(), TEXT)
        await socket.send([b"", BINARY, b"", BINARY])
        expect("echo", await socket.recv(), BINARY * 2)


client_main({
    "text": text, "binary": binary, "large": large, "many": many, "subprotocol": subprotocol, "close": close,
    "peer-close": peer_close, "origin-allowed": origin_allowed, "origin-refused": origin_refused, "ping": ping,
    "fragmented": fragmented,
})
