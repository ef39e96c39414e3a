"""What the Python peers share: the constants of the cases and the two command lines. README.md says what each case does."""

import asyncio
import json
import sys
import urllib.parse

TEXT = "Hello, 世界 \N{WAVING HAND SIGN}"
BINARY = bytes(range(256))
LARGE = bytes(range(256)) * (1 << 16)  # 16,777,216 bytes
MANY = 10_000
OFFERED = ["unknown", "superchat", "chat"]
SUPPORTED = ("chat", "superchat", "echo")
CHOSEN = "superchat"
CLOSE = (4000, "so long")
PEER_CLOSE = (4001, "bye")
ALLOWED = "http://allowed.example"
REFUSED = "http://refused.example"
PING = b"are you there?"


def expect(what, actual, expected):
    if actual != expected:
        raise AssertionError(f"{what}: {actual!r:.200} instead of {expected!r:.200}")


def client_main(cases):
    """`client URL CASE`: exits 0 if the case passed."""
    url, case = sys.argv[1].rstrip("/"), sys.argv[2]
    asyncio.run(cases[case](url))


def close_arguments(query):
    """The code and reason of `/close?code=4001&reason=bye`."""
    values = dict(urllib.parse.parse_qsl(query))
    return int(values["code"]), values.get("reason", "")


def select_subprotocol(offered):
    return next((name for name in offered if name in SUPPORTED), None)


def print_listening(port):
    print(f"listening on ws://127.0.0.1:{port}", flush=True)


def print_closed(code, reason, clean):
    print(f"closed code={code} reason={json.dumps(reason)} clean={str(clean).lower()}", flush=True)
