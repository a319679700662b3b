// The operations of protocol `colloquy.v1` as plain data: their codes here, what clients and
// servers say beside. docs/protocol.md is normative; `codec.ts` gives these their bytes. A
// WebSocket message holds one or more operations, each one MessagePack array, back to back.

export type * from "./client-frames.js";
export type * from "./server-frames.js";

export const subprotocol = "colloquy.v1";
export const protocolVersion = 1;

/** First element of every operation. Clients speak below 64, servers from 64. */
export const opCode = {
	hello: 1,
	ready: 2,
	write: 3,
	delivered: 4,
	seen: 5,
	history: 6,
	list: 7,
	listed: 8,
	pull: 9,
	held: 10,
	open: 11,
	watch: 12,
	unwatch: 13,
	typing: 14,
	pulse: 15,
	refresh: 16,
	ping: 17,
	profiles: 18,
	info: 19,
	logout: 20,
	receipts: 21,
	welcome: 64,
	answer: 65,
	refused: 66,
	result: 67,
	error: 68,
	message: 69,
	skip: 70,
	status: 71,
	changed: 72,
	presence: 73,
	typed: 74,
	marks: 75,
	drain: 76,
	goodbye: 77,
} as const;

/** First element of a write's command. */
export const commandCode = {
	send: 1,
	edit: 2,
	delete: 3,
	hide: 4,
	react: 5,
	create: 6,
	add: 7,
	remove: 8,
	leave: 9,
	join: 10,
	role: 11,
	describe: 12,
	link: 13,
	mute: 14,
	block: 15,
	unblock: 16,
	profile: 17,
	privacy: 18,
} as const;
