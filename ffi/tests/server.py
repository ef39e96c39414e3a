#!/usr/bin/env python3
"""What a server has to cope with on a socket, beside well-behaved clients.

    server.py INTEROP_CLIENT COMMAND...

Starts COMMAND with `--port 0` (an echo server, perhaps under valgrind), runs the crate's own client and then the
cases below against it, tells it to end while a connection is open, and exits 0 if all went well and the server did,
too. Takes about 15 seconds: one of the cases is a deadline.
"""

import os
import signal
import socket
import struct
import subprocess
import sys
import threading
import time

LIMIT = 60  # seconds that anything may take
OWN_CLIENT = ["text", "binary", "large", "many", "subprotocol", "close", "peer-close", "ping", "fragmented"]
REQUEST = (b"GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
           b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n")


def frame(opcode, payload):
    """A frame of a client, with a mask of zeros."""
    length = len(payload)
    if length < 126:
        head = bytes([0x80 | opcode, 0x80 | length])
    elif length < 65536:
        head = bytes([0x80 | opcode, 0x80 | 126]) + struct.pack(">H", length)
    else:
        head = bytes([0x80 | opcode, 0x80 | 127]) + struct.pack(">Q", length)
    return head + bytes(4) + payload


def connect(port):
    return socket.create_connection(("127.0.0.1", port), timeout=LIMIT)


def read(connection, count):
    data = bytearray()
    while len(data) < count:
        part = connection.recv(min(count - len(data), 1 << 20))
        assert part, f"the end after {len(data)} of {count} bytes"
        data += part
    return bytes(data)


def read_head(connection):
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += read(connection, 1)
    return head


def read_frame(connection):
    first, length = read(connection, 2)
    if length == 126:
        length, = struct.unpack(">H", read(connection, 2))
    elif length == 127:
        length, = struct.unpack(">Q", read(connection, 8))
    return first & 15, read(connection, length)


def read_to_end(connection):
    data = b""
    while part := connection.recv(65536):
        data += part
    return data


def open_websocket(port):
    connection = connect(port)
    connection.sendall(REQUEST)
    assert read_head(connection).startswith(b"HTTP/1.1 101 ")
    return connection


def close(connection):
    connection.sendall(frame(8, b"\x03\xe8"))
    assert read_frame(connection) == (8, b"\x03\xe8")
    # The server ends the transport first.
    assert connection.recv(1) == b""
    connection.close()


def one_byte_at_a_time(port):
    connection = connect(port)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for byte in REQUEST + frame(1, "größer".encode()) + frame(9, b"ping"):
        connection.sendall(bytes([byte]))
    assert read_head(connection).startswith(b"HTTP/1.1 101 ")
    # A Pong may overtake.
    assert sorted([read_frame(connection), read_frame(connection)]) == [(1, "größer".encode()), (10, b"ping")]
    close(connection)


def everything_in_one_write(port):
    connection = connect(port)
    connection.sendall(REQUEST + frame(2, b"early") + frame(8, b"\x0f\xa0bye"))
    assert read_head(connection).startswith(b"HTTP/1.1 101 ")
    assert read_frame(connection) == (2, b"early")
    assert read_frame(connection)[0] == 8
    assert connection.recv(1) == b""


def many_at_once(port):
    connections = [open_websocket(port) for _ in range(200)]
    for number, connection in enumerate(connections):
        connection.sendall(frame(1, str(number).encode()))
    for number, connection in enumerate(connections):
        assert read_frame(connection) == (1, str(number).encode())
    for connection in connections:
        close(connection)


def a_reader_that_waits(port):
    """Its messages do not fit the server's output, nor the sockets: the server has to stop reading, keep what it has
    read, and go on when there is room."""
    connection = open_websocket(port)
    messages = [bytes([number % 256]) * size for number, size in enumerate([70_000, 3, 300_000, 1, 1_200_000, 20_000] * 8)]
    failure = []

    def send():
        try:
            for message in messages:
                connection.sendall(frame(2, message))
        except OSError as error:
            failure.append(error)

    # In a thread of its own, for it will be stuck, too.
    sender = threading.Thread(target=send, daemon=True)
    sender.start()
    sender.join(3)
    assert sender.is_alive(), "the server reads without limit"
    for message in messages:
        assert read_frame(connection) == (2, message)
    sender.join(LIMIT)
    assert not failure, failure
    close(connection)


def who_leaves_in_the_middle(port):
    # Ends its direction, without a Close.
    connection = open_websocket(port)
    connection.sendall(frame(1, b"last words"))
    connection.shutdown(socket.SHUT_WR)
    read_to_end(connection)
    # Resets, with answers on their way, with the server stuck.
    for _ in range(3):
        connection = open_websocket(port)
        connection.settimeout(0.5)
        try:
            for _ in range(40):
                connection.sendall(frame(2, bytes(1_000_000)))
        except TimeoutError:
            pass
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()
    # Before there is a request.
    connect(port).close()


def what_is_no_websocket(port):
    for request, status in [
        (b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", b"200"),
        (b"GET /other HTTP/1.1\r\nHost: localhost\r\n\r\n", b"404"),
        (b"GET / HTTP/1.1\r\n\r\n", b"400"),
        (REQUEST.replace(b": 13", b": 12"), b"426"),
        (b"\r\n\0\r\n\r\n", b"400"),
        (b"GET /" + b"a" * 20_000, b"414"),
    ]:
        connection = connect(port)
        connection.sendall(request)
        answer = read_to_end(connection)
        assert answer.startswith(b"HTTP/1.1 " + status + b" "), (request[:60], answer)
        connection.close()


def who_breaks_the_protocol(port):
    for wrong, code in [(b"\x81\x02hi", 1002), (frame(1, b"\xff"), 1007), (frame(3, b""), 1002),
                        (b"\x82\xff" + struct.pack(">Q", 1 << 40), 1009)]:
        connection = open_websocket(port)
        connection.sendall(frame(1, b"fine") + wrong + frame(1, b"late"))
        assert read_frame(connection) == (1, b"fine")
        assert read_frame(connection) == (8, struct.pack(">H", code)), wrong
        assert connection.recv(1) == b""
        connection.close()


CASES = [one_byte_at_a_time, everything_in_one_write, many_at_once, a_reader_that_waits, who_leaves_in_the_middle,
         what_is_no_websocket, who_breaks_the_protocol]


def main():
    client, command = sys.argv[1], sys.argv[2:]
    server = subprocess.Popen([*command, "--port", "0"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    try:
        url = server.stdout.readline().removeprefix("listening on ").strip()
        port = int(url.rpartition(":")[2])
        lines = []
        reader = threading.Thread(target=lambda: lines.extend(server.stdout), daemon=True)
        reader.start()

        # Says nothing: it has 10 seconds, and is looked at in the end.
        silent = connect(port)
        began = time.monotonic()
        for case in OWN_CLIENT:
            subprocess.run([client, url, case], stdin=subprocess.DEVNULL, timeout=LIMIT, check=True)
        for case in CASES:
            case(port)
            print(f"ok {case.__name__}", flush=True)
        assert read_to_end(silent).startswith(b"HTTP/1.1 408 ")
        took = time.monotonic() - began
        assert took >= 9.9, f"a handshake has 10 s, not {took}"
        silent.close()

        # Told to end, it says goodbye and waits for the answer.
        last = open_websocket(port)
        server.send_signal(signal.SIGTERM)
        assert read_frame(last) == (8, b"\x03\xe9")
        last.sendall(frame(8, b"\x03\xe9"))
        assert last.recv(1) == b""
        last.close()
        status = server.wait(LIMIT)
        reader.join(LIMIT)
        clean = sum(line.endswith("clean=true\n") for line in lines)
        print(f"{clean} connections have ended cleanly, the server with status {status}")
        # The own client's, those above, and the last.
        return status or int(clean < len(OWN_CLIENT) + 1 + 1 + 200 + 1 + 1)
    finally:
        if server.poll() is None:
            server.kill()


if __name__ == "__main__":
    sys.exit(main())
