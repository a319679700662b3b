// Chapter 1: what a server says to an upgrade, and what it bears before and after.

import { encodeClientOp } from "../protocol/codec.js";
import { utf8 } from "./bytes.js";
import { type Caller, sendOf } from "./caller.js";
import type { Headers } from "./raw-socket.js";
import { check, type ServerStage, words } from "./stage.js";
import { opcode, rawFrame } from "./web-socket.js";

async function upgraded(stage: ServerStage, path: string, headers: Headers): Promise<string> {
	const socket = await stage.upgrade(path, headers);
	if (socket.status !== 101) return String(socket.status);
	const protocol = socket.header("sec-websocket-protocol") ?? "none";
	return `101, ${protocol}, extensions ${socket.header("sec-websocket-extensions") ?? "none"}`;
}

function fragment(code: number, payload: Uint8Array, fin: boolean): Buffer {
	return rawFrame(code, payload, { fin, masked: true });
}

const ping = encodeClientOp({ type: "ping", request: 7 });

/** A message in so many fragments, most of them empty. */
function inFragments(count: number): Buffer {
	const pieces = Array.from({ length: count }, (_, at) =>
		fragment(at === 0 ? opcode.binary : 0, at === 0 ? ping : new Uint8Array(0), at === count - 1),
	);
	return Buffer.concat(pieces);
}

/** 64 kB of content, so that a few dozen fill what a server keeps for a reader. */
const bulk = "x".repeat(60_000);

async function bulky(stage: ServerStage, messages: number) {
	const [ann, bob] = (await stage.several(2)) as [Caller, Caller];
	const group = await stage.group(ann, [bob]);
	await bob.match((op) => op.type === "changed", "the group");
	for (let i = 0; i < messages; i++) await ann.send(group, bulk);
	return { ann, bob, group };
}

export const transportChecks = [
	check("1.1", "upgrade of /v1, offering colloquy.v1", "101, colloquy.v1, extensions none", (s) =>
		upgraded(s, "/v1", {}),
	),
	check(
		"1.1",
		"offering another subprotocol and colloquy.v1",
		"101, colloquy.v1, extensions none",
		(s) => upgraded(s, "/v1", { "Sec-WebSocket-Protocol": "chat.v9, colloquy.v1" }),
	),
	check("1.1", "offering no subprotocol", "101, none, extensions none", (s) =>
		upgraded(s, "/v1", { "Sec-WebSocket-Protocol": null }),
	),
	check("1.1", "offering only another subprotocol", "400", (s) =>
		upgraded(s, "/v1", { "Sec-WebSocket-Protocol": "chat.v9" }),
	),
	check("1.2", "another path", "404", (s) => upgraded(s, "/v9", {})),
	check("1.2", "an upgrade to no WebSocket", "400", (s) => upgraded(s, "/v1", { Upgrade: "h2c" })),
	check("1.2", "another version of WebSocket", "400 or 426", (s) =>
		upgraded(s, "/v1", { "Sec-WebSocket-Version": "99" }),
	),
	check("1.2", "offering permessage-deflate", "101, colloquy.v1, extensions none", (s) =>
		upgraded(s, "/v1", { "Sec-WebSocket-Extensions": "permessage-deflate" }),
	),
	check(
		"1.2",
		"a page of an origin that nobody knows",
		"403 or 101, colloquy.v1, extensions none",
		(s) => upgraded(s, "/v1", { Origin: "https://nowhere.invalid" }),
	),
	check("1.3", "a text message", "goodbye PROTOCOL, close 4500", async (s) => {
		const ann = await s.one();
		ann.socket.send(rawFrame(opcode.text, utf8("hi"), { masked: true }));
		return ann.end();
	}),
	check("1.4", "no hello for 5 s", "goodbye HANDSHAKE_TIMEOUT, close 4002", async (s) => {
		const ann = await s.dial(await s.person());
		return ann.end(8_000);
	}),
	check("1.4", "no ready for 5 s", "goodbye HANDSHAKE_TIMEOUT, close 4002", async (s) => {
		const ann = await s.dial(await s.person());
		ann.hello();
		await ann.next("welcome");
		return ann.end(8_000);
	}),
	check("1.4", "more than 16 KiB before welcome", "cut", async (s) => {
		const ann = await s.dial(await s.person());
		ann.socket.send(fragment(opcode.binary, Buffer.alloc(17_000), false));
		return ann.end();
	}),
	check("1.4", "a message over limits.frameBytes", "close 1009", async (s) => {
		const ann = await s.one();
		ann.socket.message(Buffer.alloc(ann.welcome.limits.frameBytes + 1));
		return ann.end();
	}),
	check("1.4", "a message of limits.frameBytes", "result 7 ping", async (s) => {
		const ann = await s.one();
		const filler = encodeClientOp({ type: "watch", users: [] });
		const room = ann.welcome.limits.frameBytes - ping.length - filler.length;
		// A field behind the last known one is ignored [P-2.6]: here as many bytes as fill the message.
		const padded = Buffer.concat([
			Buffer.from([0x93, 12, 0x90, 0xc6, 0, 0, 0, 0]),
			Buffer.alloc(room - 5 - 1),
		]);
		padded.writeUInt32BE(room - 6, 4);
		ann.socket.message(Buffer.concat([padded, ping]));
		return words(await ann.match(() => true, "a result"));
	}),
	check("1.4", "64 fragments", "result 7 ping", async (s) => {
		const ann = await s.one();
		ann.socket.send(inFragments(64));
		return words(await ann.match(() => true, "a result"));
	}),
	check("1.4", "65 fragments", "close 1008", async (s) => {
		const ann = await s.one();
		ann.socket.send(inFragments(65));
		return ann.end();
	}),
	check(
		"1.4",
		"a message that does not end",
		"goodbye PROTOCOL, close 1008 or close 1008",
		async (s) => {
			const ann = await s.one();
			ann.socket.send(fragment(opcode.binary, ping, false));
			return ann.end(60_000);
		},
		{ waitsS: 51 },
	),
	check("1.4", "1,024 operations in a message", "1024 results", async (s) => {
		const ann = await s.one();
		const pings = Array.from(
			{ length: 1_024 },
			(_, request) => ({ type: "ping", request }) as const,
		);
		ann.say(...pings);
		await ann.until(
			() => ann.heard.length >= 1_024,
			10_000,
			() => `${ann.heard.length} results`,
		);
		return `${ann.heard.filter((op) => op.type === "result").length} results`;
	}),
	check("1.4", "1,025 operations in a message", "goodbye PROTOCOL, close 4500", async (s) => {
		const ann = await s.one();
		ann.say(...Array.from({ length: 1_025 }, () => ({ type: "pulse", active: true }) as const));
		return ann.end();
	}),
	check("1.4", "300 requests without waiting", "300 results in order", async (s) => {
		const ann = await s.one();
		for (let request = 0; request < 300; request++) ann.say({ type: "ping", request });
		await ann.until(
			() => ann.heard.length >= 300,
			10_000,
			() => `${ann.heard.length} results`,
		);
		const inOrder = ann.heard.every((op, at) => op.type === "result" && op.request === at);
		return `${ann.heard.length} results ${inOrder ? "in order" : "in disorder"}`;
	}),
	check("1.4", "more than 50 transport pings in a second", "cut", async (s) => {
		const ann = await s.one();
		const one = rawFrame(opcode.ping, new Uint8Array(0), { masked: true });
		ann.socket.send(Buffer.concat(Array.from({ length: 200 }, () => one)));
		return ann.end();
	}),
	check(
		"1.6",
		"silence of the client",
		"a ping, not sooner than 15 s",
		async (s) => {
			const ann = await s.one();
			const { pings } = ann;
			await ann.until(
				() => ann.pings > pings,
				40_000,
				() => "no ping within 40 s",
			);
			return ann.secondsOpen < 15
				? `a ping after ${ann.secondsOpen} s`
				: "a ping, not sooner than 15 s";
		},
		{ waitsS: 25 },
	),
	check(
		"1.6",
		"pings are not answered",
		"cut after 2 pings",
		async (s) => {
			const ann = await s.one();
			ann.socket.answersPings = false;
			return `${await ann.end(90_000)} after ${ann.pings} pings`;
		},
		{ waitsS: 61 },
	),
	check(
		"6.7",
		"a reader that stops for a while, then reads again",
		"marks, then all messages by a pull",
		async (s) => {
			const { ann, bob, group } = await bulky(s, 1);
			bob.socket.pause();
			const sends = 240;
			for (let i = 0; i < sends; i++) await ann.send(group, bulk);
			bob.socket.resume();
			await bob.match((op) => op.type === "marks", "marks", 20_000);
			const items = await bob.pull(group);
			const held = items.filter(({ type }) => type === "message").length;
			return held === sends + 1 ? "marks, then all messages by a pull" : `marks, then ${held}`;
		},
		{ waitsS: 5 },
	),
	check(
		"1.7",
		"a reader that asks for much and reads nothing",
		"goodbye SLOW_READER, close 4001",
		async (s) => {
			const { bob, group } = await bulky(s, 40);
			bob.socket.pause();
			for (let request = 1; request <= 20; request++) {
				bob.say({ type: "history", request, conversation: group, before: null, limit: 40 });
			}
			await bob.wait(40_000);
			bob.socket.resume();
			const end = await bob.end(20_000);
			return end === "cut" ? "goodbye SLOW_READER, close 4001" : end;
		},
		{ waitsS: 40 },
	),
	check("1.4", "a send of limits.contentBytes", "ok", async (s) => {
		const ann = await s.one();
		const self = await ann.open(ann.me);
		return ann.tried(self, sendOf("x".repeat(ann.welcome.limits.contentBytes)));
	}),
];
