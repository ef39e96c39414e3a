// The server of Node's `ws`; README.md tells what its paths do.

import { createRequire } from "node:module";
import * as cases from "./cases.mjs";

const { WebSocketServer } = createRequire(process.env.NODE_PACKAGES + "/")("ws");

const server = new WebSocketServer({
  host: "127.0.0.1",
  port: 0,
  perMessageDeflate: true,
  maxPayload: cases.LARGE.length,
  handleProtocols: (offered) => [...offered].find((name) => cases.SUPPORTED.includes(name)) ?? false,
  verifyClient: ({ origin }, answer) => answer(origin === undefined || origin === cases.ALLOWED, 403),
});
server.on("listening", () => console.log(`listening on ws://127.0.0.1:${server.address().port}`));

const paths = {
  "/close": (socket, query) => socket.close(Number(query.get("code")), query.get("reason") ?? ""),

  "/ping"(socket) {
    socket.on("pong", (payload) => cases.PING.equals(payload) && socket.send("pong"));
    socket.ping(cases.PING);
  },

  "/fragments"(socket) {
    const message = Buffer.from(cases.TEXT);
    message.forEach((_, index) => {
      socket.send(message.subarray(index, index + 1), { binary: false, fin: index + 1 === message.length });
    });
    for (const part of [Buffer.alloc(0), cases.BINARY]) socket.send(part, { fin: false });
    socket.send(cases.BINARY, { fin: true });
  },
};

server.on("connection", (socket, request) => {
  const target = new URL(request.url, "ws://127.0.0.1");
  socket.on("error", () => {});
  socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
  socket.on("close", (code, reason) => {
    console.log(`closed code=${code} reason=${JSON.stringify(reason.toString())} clean=${code !== 1006}`);
  });
  paths[target.pathname]?.(socket, target.searchParams);
});
