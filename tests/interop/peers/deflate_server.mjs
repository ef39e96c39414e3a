// The server of Node's `ws`, which takes what is offered and compresses its echoes.

import { createRequire } from "node:module";

const { WebSocketServer } = createRequire(process.env.NODE_PACKAGES + "/")("ws");

const server = new WebSocketServer({ host: "127.0.0.1", port: 0, perMessageDeflate: { threshold: 0 } });
server.on("listening", () => console.log(`listening on ws://127.0.0.1:${server.address().port}`));
server.on("connection", (socket) => {
  socket.on("error", () => {});
  socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
});
