// The client of Node's `ws`: `node ws_client.mjs URL CASE`.

import assert from "node:assert/strict";
import { once } from "node:events";
import { createRequire } from "node:module";
import * as cases from "./cases.mjs";

// $NODE_PACKAGES: the folder with node_modules.
const WebSocket = createRequire(process.env.NODE_PACKAGES + "/")("ws");

const [url, name] = [process.argv[2].replace(/\/$/, ""), process.argv[3]];

async function open(path = "/", subprotocols = [], options = {}) {
  // Offers permessage-deflate, as it does by default.
  const socket = new WebSocket(url + path, subprotocols, { maxPayload: cases.LARGE.length, ...options });
  socket.messages = [];
  socket.on("message", (data, isBinary) => socket.messages.push(isBinary ? data : data.toString()));
  socket.on("error", () => {});
  socket.closed = new Promise((resolve) => socket.on("close", (code, reason) => resolve([code, reason.toString()])));
  await once(socket, "open");
  assert.equal(socket.extensions, "");
  return socket;
}

async function receive(socket) {
  while (socket.messages.length === 0) {
    await Promise.race([once(socket, "message"), socket.closed.then((end) => assert.fail(`closed: ${end}`))]);
  }
  return socket.messages.shift();
}

async function finish(socket, ...close) {
  if (close.length === 0) close = [1000, ""];
  socket.close(...close);
  // The code comes back, the reason need not.
  assert.equal((await socket.closed)[0], close[0]);
}

async function echo(...messages) {
  const socket = await open();
  for (const message of messages) {
    socket.send(message);
    const answer = await receive(socket);
    assert.equal(typeof answer, typeof message);
    assert.ok(typeof message === "string" ? answer === message : message.equals(answer), "echo differs");
  }
  await finish(socket);
}

const run = {
  text: () => echo(cases.TEXT, ""),
  binary: () => echo(cases.BINARY, Buffer.alloc(0)),
  large: () => echo(cases.LARGE),

  async many() {
    const socket = await open();
    for (let number = 0; number < cases.MANY; number += 1) socket.send(`message ${number}`);
    for (let number = 0; number < cases.MANY; number += 1) assert.equal(await receive(socket), `message ${number}`);
    await finish(socket);
  },

  async subprotocol() {
    const socket = await open("/", cases.OFFERED);
    assert.equal(socket.protocol, cases.CHOSEN);
    await finish(socket);
  },

  async close() {
    await finish(await open(), ...cases.CLOSE);
  },

  async "peer-close"() {
    const [code, reason] = cases.PEER_CLOSE;
    const socket = await open(`/close?code=${code}&reason=${reason}`);
    assert.deepEqual(await socket.closed, cases.PEER_CLOSE);
  },

  async "origin-allowed"() {
    const socket = await open("/", [], { origin: cases.ALLOWED });
    socket.send(cases.TEXT);
    assert.equal(await receive(socket), cases.TEXT);
    await finish(socket);
  },

  async "origin-refused"() {
    await assert.rejects(open("/", [], { origin: cases.REFUSED }), /Unexpected server response: 403/);
  },

  async ping() {
    const socket = await open();
    for (const payload of [cases.PING, Buffer.alloc(0)]) {
      const pong = once(socket, "pong");
      socket.ping(payload);
      assert.ok(payload.equals((await pong)[0]));
    }
    await finish(socket);
  },

  async fragmented() {
    const socket = await open();
    const message = Buffer.from(cases.TEXT);
    // One byte each: characters are split, too. A ping between fragments is answered before the echo.
    let ponged = false;
    socket.on("pong", () => (ponged = true));
    for (let index = 0; index < message.length; index += 1) {
      socket.send(message.subarray(index, index + 1), { binary: false, fin: index + 1 === message.length });
      if (index === 3) socket.ping(cases.PING);
    }
    assert.equal(await receive(socket), cases.TEXT);
    assert.ok(ponged, "no pong before the echo");
    for (const part of [Buffer.alloc(0), cases.BINARY]) socket.send(part, { fin: false });
    socket.send(cases.BINARY, { fin: true });
    assert.ok(Buffer.concat([cases.BINARY, cases.BINARY]).equals(await receive(socket)));
    await finish(socket);
  },
};

await run[name]();
