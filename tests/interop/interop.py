#!/usr/bin/env python3
"""Runs every case of every peer, both ways, and prints one line for each. `run` installs what it needs and calls it.

Environment: ECHO_SERVER, INTEROP_CLIENT, CHAT (our programs; without one of the latter two, its cases are left out),
PYTHON, NODE, NODE_PACKAGES, CHROMIUM (the peers').
"""

import os
import queue
import re
import signal
import subprocess
import sys
import threading
import time
from contextlib import ExitStack

HERE = os.path.dirname(os.path.abspath(__file__))
PEERS = os.path.join(HERE, "peers")
CASE_LIMIT = 20  # seconds
DEADLINE = time.monotonic() + 230

PYTHON, NODE = os.environ.get("PYTHON", "python3"), os.environ.get("NODE", "node")
ECHO_SERVER, INTEROP_CLIENT, CHAT = (os.environ.get(name) for name in ("ECHO_SERVER", "INTEROP_CLIENT", "CHAT"))

COMMON = ["text", "binary", "large", "many", "subprotocol", "close", "peer-close", "origin-allowed", "origin-refused",
          "ping"]
CLIENT_CASES = COMMON + ["fragmented"]
OUR_CLIENT_CASES = CLIENT_CASES + ["peer-ping", "peer-fragmented"]
# name: (the interpreter, the ending of its files, what it has no way to do)
FAMILIES = {
    "websockets": (PYTHON, "py", {}),
    "aiohttp": (PYTHON, "py", {"fragmented": "client", "peer-fragmented": "server"}),
    "ws": (NODE, "mjs", {}),
}
CHROMIUM_CASES = [case for case in COMMON if case != "ping"]
CHAT_CASES = ["chat", "chat-origin-refused"]


class Server:
    """A running server: its URL, and the lines that it prints as connections close."""

    def __init__(self, command):
        self.command = command

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        self.lines = queue.Queue()
        threading.Thread(target=self.read, daemon=True).start()
        try:
            while not (found := re.search(r"listening on (\S+)", self.line(10))):
                pass
        except (queue.Empty, EOFError):
            self.__exit__()
            raise RuntimeError(f"{os.path.basename(self.command[0])} does not start") from None
        self.url = found[1]
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def read(self):
        for line in self.process.stdout:
            self.lines.put(line)
        self.lines.put(None)

    def line(self, limit):
        line = self.lines.get(timeout=limit)
        if line is None:
            raise EOFError
        return line

    def forget(self):
        while not self.lines.empty():
            self.lines.get()

    def expect_close(self, expected):
        """Waits until one connection has closed as `expected` (a pattern of code and reason), and all cleanly."""
        end, seen = time.monotonic() + 3, []
        while True:
            try:
                line = self.line(max(0, end - time.monotonic()))
            except (queue.Empty, EOFError):
                return f"server side: no clean close {expected} in {seen}"
            closed = re.match(r'closed code=(\d+) reason="(.*)" clean=(true|false)$', line.rstrip("\n"))
            if not closed:
                continue
            seen.append(line.strip())
            if closed[3] != "true":
                return f"server side: {line.strip()}"
            if re.fullmatch(expected, f"{closed[1]} {closed[2]}"):
                return None


class Table:
    passed = failed = 0

    def result(self, peer, direction, case, failure):
        if failure:
            self.failed += 1
            failure = re.sub(r"\s+", " ", failure)[:400]
            print(f"FAIL {peer} {direction} {case}: {failure}", flush=True)
        else:
            self.passed += 1
            print(f"ok   {peer} {direction} {case}", flush=True)

    @staticmethod
    def absent(peer, direction, case):
        print(f"--   {peer} {direction} {case}: it has no way to do this", flush=True)


def remaining():
    return min(CASE_LIMIT, DEADLINE - time.monotonic())


def run_client(command):
    """Runs a client to its end: None, or what went wrong."""
    limit = remaining()
    if limit <= 0:
        return "the time for the whole run is over"
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=limit)
    except subprocess.TimeoutExpired:
        return f"over {limit:.0f} s"
    if done.returncode == 0:
        return None
    lines = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
    # What a program in JavaScript threw stands before its stack, in Python after it.
    said = next((line for line in lines if re.match(r"\S*Error\b", line)), lines[-1] if lines else "")
    return f"exit {done.returncode}: {said}"


def expected_close(case):
    """What the server should have received. Some peers answer a Close with 1000 whatever its code."""
    return {"close": r"4000 so long", "peer-close": r"4001 bye|4001 |1000 "}.get(case, r"1000 ")


def run_case(client, server, case):
    server.forget()
    failure = run_client([*client, server.url, case])
    if failure:
        time.sleep(0.2)  # What the server still says about this case is not taken for the next.
    if failure or case == "origin-refused":
        return failure
    return server.expect_close(expected_close(case))


def both_directions(table, peer):
    interpreter, ending, absent = FAMILIES[peer]
    client = [interpreter, os.path.join(PEERS, f"{peer}_client.{ending}")]
    with Server([ECHO_SERVER, "--port", "0"]) as any_origin, \
            Server([ECHO_SERVER, "--port", "0", "--origin", "http://allowed.example"]) as restricted:
        for case in CLIENT_CASES:
            if absent.get(case) == "client":
                table.absent(peer, "client", case)
            else:
                server = restricted if case.startswith("origin-") else any_origin
                table.result(peer, "client", case, run_case(client, server, case))
    if not INTEROP_CLIENT:
        return
    with Server([interpreter, os.path.join(PEERS, f"{peer}_server.{ending}")]) as server:
        for case in OUR_CLIENT_CASES:
            if absent.get(case) == "server":
                table.absent(peer, "server", case)
            else:
                table.result(peer, "server", case, run_case([INTEROP_CLIENT], server, case))


def chromium(table):
    with ExitStack() as servers:
        any_origin = servers.enter_context(Server([ECHO_SERVER, "--port", "0"]))
        restricted = servers.enter_context(Server([ECHO_SERVER, "--port", "0", "--origin", "http://allowed.example"]))
        chat = [servers.enter_context(Server([CHAT, "--port", "0"])).url] if CHAT else []
        command = [NODE, os.path.join(PEERS, "chromium.mjs"), any_origin.url, restricted.url, *chat]
        said = ""
        try:
            done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
                                  timeout=max(1, min(90, DEADLINE - time.monotonic())))
            said = done.stdout
        except subprocess.TimeoutExpired as late:
            said = late.stdout.decode() if late.stdout else ""
        results = dict(re.findall(r"^(?:ok|FAIL) ([\w-]+)(.*)$", said, re.MULTILINE))
        # The server saw each connection end as the browser did.
        unseen = any_origin.expect_close(expected_close("close"))
        if unseen and "close" in results:
            results["close"] = results["close"] or unseen
        for case in CHROMIUM_CASES + (CHAT_CASES if CHAT else []):
            table.result("chromium", "client", case, results.get(case, "not run").removeprefix(": ") or None)


def main():
    # The servers end with this program, also when it is told to end.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    table = Table()
    for peer, run in [(name, lambda name=name: both_directions(table, name)) for name in FAMILIES] + \
            [("chromium", lambda: chromium(table))]:
        try:
            run()
        except RuntimeError as error:
            table.result(peer, "both", "start", str(error))
    print(f"{table.passed} passed, {table.failed} failed")
    return 1 if table.failed else 0


if __name__ == "__main__":
    sys.exit(main())
