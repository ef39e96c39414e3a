#!/usr/bin/env python3
"""Chromium over HTTP/2 and TLS (RFC 8441). `run http2` installs what it needs and calls it.

Environment: H2_SERVER (`examples/h2`), NODE, NODE_PACKAGES, CHROMIUM. The server takes HTTP/2 and nothing else, and
prints a line for each request: that the WebSockets came as extended CONNECTs is read there.
"""

import os
import queue
import subprocess
import sys

from interop import HERE, NODE, Server, run_client

# The page, the WebSocket of its own script, and those of the peer's.
PAGE = "HTTP/2.0 :method=GET :protocol= :path=/"
WEBSOCKET = "HTTP/2.0 :method=CONNECT :protocol=websocket :path=/echo"
OPENED = 3


def lines(server, wanted, limit=5):
    """What the server prints until `wanted` connections have closed."""
    seen = []
    try:
        while sum(line.startswith("closed ") for line in seen) < wanted:
            seen.append(server.line(limit).rstrip("\n"))
    except (queue.Empty, EOFError):
        pass
    return seen


def failure(server):
    said = run_client([NODE, os.path.join(HERE, "peers", "http2_chromium.mjs"), server.url])
    seen = lines(server, OPENED)
    if said:
        return f"{said}; the server: {seen}"
    requests = [line for line in seen if line.startswith("HTTP/")]
    if PAGE not in requests or requests.count(WEBSOCKET) != OPENED:
        return f"the requests were {requests}"
    ends = sorted(line for line in seen if line.startswith("closed "))
    expected = ['closed code=1000 reason="" clean=true', 'closed code=1000 reason="of the page" clean=true',
                'closed code=4000 reason="so long" clean=true']
    if ends != expected:
        return f"the ends were {ends}"
    print("     " + "\n     ".join(seen))
    return None


def main():
    with Server([os.environ["H2_SERVER"]]) as server:
        wrong = failure(server)
    print(f"FAIL chromium client http2: {wrong}" if wrong else "ok   chromium client http2")
    print(f"{0 if wrong else 1} passed, {1 if wrong else 0} failed")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
