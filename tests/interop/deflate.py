#!/usr/bin/env python3
"""Compression with every setting that the two sides can agree on. `run deflate` installs what it needs and calls it.

Environment: ECHO_SERVER, DEFLATE_CLIENT (our programs, with the feature `deflate`), PYTHON, NODE, NODE_PACKAGES, CHROMIUM.
"""

import os
import subprocess
import sys

from interop import HERE, NODE, PYTHON, Server

PEERS = os.path.join(HERE, "peers")
FAMILIES = {"websockets": [PYTHON, "py"], "ws": [NODE, "mjs"]}


def run(peer, direction, server, client):
    with Server(server) as listening:
        try:
            done = subprocess.run([*client, listening.url], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                                  timeout=120)
            said, failed = (done.stdout + done.stderr).strip(), done.returncode != 0
        except subprocess.TimeoutExpired:
            said, failed = "over 120 s", True
    print(f"{'FAIL' if failed else 'ok  '} {peer} {direction}: {said[-400:]}", flush=True)
    return failed


def main():
    failed = 0
    ours = [os.environ["ECHO_SERVER"], "--port", "0"]
    for peer, (interpreter, ending) in FAMILIES.items():
        client, server = ([interpreter, os.path.join(PEERS, f"deflate_{role}.{ending}")] for role in ("client", "server"))
        failed += run(peer, "client", ours, client)
        failed += run(peer, "server", server, [os.environ["DEFLATE_CLIENT"]])
    failed += run("chromium", "client", ours, [NODE, os.path.join(PEERS, "deflate_chromium.mjs")])
    print(f"{5 - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
