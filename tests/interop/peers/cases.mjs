// What the peers in JavaScript share: the constants of the cases. README.md says what each case does.

export const TEXT = "Hello, 世界 👋";
export const BINARY = Buffer.from(Array.from({ length: 256 }, (_, index) => index));
export const LARGE = Buffer.alloc(1 << 24, BINARY);
export const MANY = 10_000;
export const OFFERED = ["unknown", "superchat", "chat"];
export const SUPPORTED = ["chat", "superchat", "echo"];
export const CHOSEN = "superchat";
export const CLOSE = [4000, "so long"];
export const PEER_CLOSE = [4001, "bye"];
export const ALLOWED = "http://allowed.example";
export const REFUSED = "http://refused.example";
export const PING = Buffer.from("are you there?");
