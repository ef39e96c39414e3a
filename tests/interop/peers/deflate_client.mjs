// The client of Node's `ws`, with every setting of compression that it can offer: `node deflate_client.mjs URL`.

import assert from "node:assert/strict";
import { once } from "node:events";
import { createRequire } from "node:module";
import { randomBytes } from "node:crypto";

const WebSocket = createRequire(process.env.NODE_PACKAGES + "/")("ws");

const url = process.argv[2];
const words = Array.from({ length: 400 }, (_, word) => `${(word * word) % 97} bottles of beer, `).join("");
const noise = randomBytes(3000);
const windows = [undefined, 9, 10, 11, 12, 13, 14, 15];

async function talk(options) {
  const perMessageDeflate = { ...options, threshold: 0 };
  const socket = new WebSocket(url, [], { perMessageDeflate });
  await once(socket, "open");
  assert.match(socket.extensions, /^permessage-deflate/);
  for (const message of [words, noise, "", words, noise, words.repeat(10)]) {
    socket.send(message);
    const [data] = await once(socket, "message");
    assert.ok(Buffer.from(message).equals(data), "the echo differs");
  }
  for (const [part, fin] of [[words, false], ["", false], [words, true]]) socket.send(part, { fin });
  const [data] = await once(socket, "message");
  assert.equal(data.toString(), words + words);
  socket.close(1000);
  assert.equal((await once(socket, "close"))[0], 1000);
}

let count = 0;
for (const serverNoContextTakeover of [false, true]) {
  for (const clientNoContextTakeover of [false, true]) {
    for (const serverMaxWindowBits of windows) {
      for (const clientMaxWindowBits of windows) {
        const options = { serverNoContextTakeover, clientNoContextTakeover, serverMaxWindowBits };
        await talk({ ...options, clientMaxWindowBits: clientMaxWindowBits ?? true });
        count += 1;
      }
    }
  }
}
console.log(`${count} settings`);
