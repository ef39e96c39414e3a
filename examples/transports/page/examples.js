// Bytes to begin with: the examples of RFC 6455 §5.7, and frames that break a rule.

export const EXAMPLES = [
  { label: "Text “Hello”", from: "server", hex: "81 05 48 65 6c 6c 6f" },
  { label: "the same, masked", from: "client", hex: "81 85 37 fa 21 3d 7f 9f 4d 51 58" },
  { label: "in two fragments", from: "server", hex: "01 03 48 65 6c 80 02 6c 6f" },
  { label: "Ping", from: "server", hex: "89 05 48 65 6c 6c 6f" },
  { label: "Pong, masked", from: "client", hex: "8a 85 37 fa 21 3d 7f 9f 4d 51 58" },
  { label: "256 bytes", from: "server", hex: `82 7e 01 00 ${repeat("2a", 256)}` },
  { label: "64 KiB, only begun", from: "server", hex: "82 7f 00 00 00 00 00 01 00 00 2a 2a 2a" },
  { label: "Close 1000", from: "server", hex: "88 06 03 e8 64 6f 6e 65" },
  { label: "not masked", from: "client", hex: "81 05 48 65 6c 6c 6f", bad: true },
  { label: "RSV1 set", from: "server", hex: "c1 05 48 65 6c 6c 6f", bad: true },
  { label: "opcode 3", from: "server", hex: "83 00", bad: true },
  { label: "Ping of 126 bytes", from: "server", hex: `89 7e 00 7e ${repeat("2a", 126)}`, bad: true },
  { label: "Close 1005", from: "server", hex: "88 02 03 ed", bad: true },
  { label: "no UTF-8", from: "server", hex: "81 01 ff", bad: true },
  { label: "length too long", from: "server", hex: "81 7e 00 05 48 65 6c 6c 6f", bad: true },
];

function repeat(byte, count) {
  return Array(count).fill(byte).join(" ");
}
