"""The server of `websockets`, which takes what is offered and compresses its echoes."""

import asyncio

from websockets.asyncio.server import serve
from websockets.extensions.permessage_deflate import ServerPerMessageDeflateFactory


async def echo(socket):
    async for message in socket:
        await socket.send(message)


async def main():
    taking = [ServerPerMessageDeflateFactory()]
    async with serve(echo, "127.0.0.1", 0, compression=None, extensions=taking) as server:
        print(f"listening on ws://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
        await asyncio.get_running_loop().create_future()


asyncio.run(main())
