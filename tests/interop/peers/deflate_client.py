"""The client of `websockets`, with every setting of compression that it can offer: `deflate_client.py URL`."""

import asyncio
import itertools
import random
import sys

from websockets.asyncio.client import connect
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory

WORDS = "".join(f"{word * word % 97} bottles of beer, " for word in range(400))
NOISE = random.Random(7).randbytes(3000)
WINDOWS = [None, *range(9, 16)]


async def talk(url, server_forgets, client_forgets, server_window, client_window):
    offer = ClientPerMessageDeflateFactory(server_forgets, client_forgets, server_window, client_window or True)
    async with connect(url, proxy=None, compression=None, extensions=[offer]) as socket:
        assert len(socket.protocol.extensions) == 1, "declined"
        for message in [WORDS, NOISE, "", WORDS, NOISE, b"", WORDS * 10]:
            await socket.send(message)
            assert await socket.recv() == message, "the echo differs"
        await socket.send([WORDS, "", WORDS])
        assert await socket.recv() == WORDS * 2, "the echo differs"


async def main():
    settings = list(itertools.product([False, True], [False, True], WINDOWS, WINDOWS))
    for setting in settings:
        try:
            await talk(sys.argv[1], *setting)
        except Exception as error:
            sys.exit(f"{setting}: {error!r}")
    print(f"{len(settings)} settings")


asyncio.run(main())
