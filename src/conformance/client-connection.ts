// Situations of a client's connection: the first, the next ones, and each way in which one ends.

import { systemClock } from "../base/clock.js";
import { describe, type ErrorCode, errorTable } from "../base/errors.js";
import { encodeServerOp } from "../protocol/codec.js";
import { unhex, utf8 } from "./bytes.js";
import { answer, type ClientStage, entry, group, push, result, situation } from "./client-stage.js";
import { type Peer, withinMs } from "./peer.js";
import { closePayload, opcode, rawFrame } from "./web-socket.js";

type Way =
	| "connects again"
	| "stays away"
	| "comes as a new device with its outbox"
	| "comes as a new device with a new outbox";

/** What a client does after the end of a connection: comes as it was, anew, or not at all. */
async function after(
	stage: ClientStage,
	before: { device: string; outbox: string },
): Promise<string> {
	if (!(await stage.harbour.comes())) return "stays away";
	const hello = await (await stage.harbour.connection()).next("hello");
	const same = hello.device === before.device && hello.outbox === before.outbox;
	if (same) return "connects again";
	const anew = hello.device !== before.device && hello.offered === 0 && hello.accepted === 0;
	if (!anew) return "comes with half of its names";
	const outbox = hello.outbox === before.outbox ? "its outbox" : "a new outbox";
	return `comes as a new device with ${outbox}`;
}

/** The device's names, at the first connection, which goes on to be ready. */
async function first(stage: ClientStage): Promise<{ peer: Peer; device: string; outbox: string }> {
	const peer = await stage.harbour.connection();
	const hello = await peer.next("hello");
	peer.say(stage.welcome(hello));
	await peer.next("ready");
	await stage.list(peer, [entry()]);
	await peer.next("listed");
	peer.say({ type: "marks", marks: [], last: true });
	return { peer, device: hello.device, outbox: hello.outbox };
}

function wayOf(code: ErrorCode): Way {
	if (code === "DEVICE_FORKED") return "comes as a new device with its outbox";
	if (code === "DEVICE_FORGOTTEN") return "comes as a new device with a new outbox";
	return (describe(code).close ?? 0) < 4_500 ? "connects again" : "stays away";
}

const ending = (Object.keys(errorTable) as ErrorCode[]).filter(
	(code) => (describe(code).close ?? 0) >= 4_000,
);

/** Every error that ends a connection: with its goodbye, and as a bare close code. */
const ends = ending.flatMap((code) => {
	const { close = 0 } = describe(code);
	return [
		situation("14.1", `goodbye ${code}, close ${close}`, wayOf(code), async (s) => {
			const { peer, ...names } = await first(s);
			peer.say({ type: "goodbye", code, detail: "", retryAfterMs: 0 });
			peer.close(close);
			return after(s, names);
		}),
		situation("14.2", `close ${close} (${code}) without a word`, wayOf(code), async (s) => {
			const { peer, ...names } = await first(s);
			peer.close(close);
			return after(s, names);
		}),
	];
});

const others: readonly (readonly [number, Way])[] = [
	[1001, "connects again"],
	[1011, "connects again"],
	[4499, "connects again"],
	[4999, "stays away"],
];

const closes = others.map(([code, way]) =>
	situation("14.2", `close ${code}`, way, async (s) => {
		const { peer, ...names } = await first(s);
		peer.close(code);
		return after(s, names);
	}),
);

/** What is no operation: the client must not stay in the middle of it for ever. */
const garbage: readonly (readonly [string, string, (peer: Peer) => void])[] = [
	["2.1", "an empty message", (peer) => peer.sayHex("")],
	["2.3", "a map where operations belong", (peer) => peer.sayHex("81a16101")],
	["2.3", "a message cut in the middle of an operation", (peer) => peer.sayHex("9445a26731")],
	["2.5", "an array of 2^32 − 1", (peer) => peer.sayHex("ddffffffff")],
	[
		"1.3",
		"a text message",
		(peer) => peer.sayFrame(rawFrame(opcode.text, utf8("hi"), { masked: false })),
	],
	["1.3", "a frame with reserved bits", (peer) => peer.sayFrame(Buffer.from([0xf2, 0x01, 0x90]))],
	[
		"14.2",
		"half a frame, then the end",
		(peer) => {
			peer.sayFrame(Buffer.from([0x82, 0x7e, 0x10, 0x00, 0x94]));
			// Once what was written has left.
			systemClock.soon(() => peer.cut());
		},
	],
];

const recoveries = garbage.map(([clause, what, say]) =>
	situation(clause, what, "connects again or goes on", async (s) => {
		const { peer, ...names } = await first(s);
		say(peer);
		peer.say(push(1));
		const settled = () => peer.ended || peer.heard.some(({ type }) => type === "delivered");
		await peer.until(settled, withinMs, () => "neither ends it nor goes on");
		return peer.ended ? after(s, names) : "goes on";
	}),
);

export const connectionSituations = [
	situation(
		"4.2",
		"connected",
		"hello alone: version 1, generations 0 and 0, the token",
		async (s) => {
			const peer = await s.harbour.connection();
			const { version, accepted, offered, token } = await peer.next("hello");
			const more = await peer.quiet();
			const alone = more.length === 0 && peer.messages.join() === "1" ? "alone" : "and more";
			const named = token === "token" ? "the token" : "another token";
			return `hello ${alone}: version ${version}, generations ${accepted} and ${offered}, ${named}`;
		},
	),
	situation(
		"4.4",
		"welcomed",
		"ready with the generation offered, before anything else",
		async (s) => {
			const peer = await s.harbour.connection();
			const hello = await peer.next("hello");
			peer.say(s.welcome(hello, { generation: 7 }));
			await peer.until(
				() => peer.heard.length > 0,
				5_000,
				() => "nothing came",
			);
			const [op] = peer.heard;
			const lawful = op?.type === "ready" && op.generation === 7;
			return lawful ? "ready with the generation offered, before anything else" : `${op?.type}`;
		},
	),
	situation("1.5", "welcome in fragments of one byte", "ready", async (s) => {
		const peer = await s.harbour.connection();
		const bytes = encodeServerOp(s.welcome(await peer.next("hello")));
		for (let i = 0; i < bytes.length; i++) {
			const fin = i === bytes.length - 1;
			const code = i === 0 ? opcode.binary : opcode.continuation;
			peer.sayFrame(rawFrame(code, bytes.subarray(i, i + 1), { fin, masked: false }));
		}
		return (await peer.next("ready")).type;
	}),
	situation("1.5", "a message of 1 MB with 100,001 operations", "delivered 1", async (s) => {
		const peer = await s.live();
		const typed = encodeServerOp({ type: "typed", conversation: group, user: "bob", on: true });
		const many = Buffer.concat(Array.from({ length: 100_000 }, () => typed));
		peer.sayBytes(Buffer.concat([many, encodeServerOp(push(1))]));
		return `delivered ${(await peer.next("delivered")).seq}`;
	}),
	situation("1.6", "a transport ping", "its pong", async (s) => {
		const peer = await s.harbour.connection();
		peer.sayFrame(rawFrame(opcode.ping, utf8("are you there"), { masked: false }));
		await peer.until(
			() => peer.pongs.length > 0,
			5_000,
			() => "no pong",
		);
		return peer.pongs[0] === "are you there" ? "its pong" : "another pong";
	}),
	situation(
		"4.4",
		"cut and connected again",
		"the same device and outbox, both generations stored",
		async (s) => {
			const { peer, device, outbox } = await first(s);
			peer.cut();
			const hello = await (await s.harbour.connection()).next("hello");
			return hello.device === device &&
				hello.outbox === outbox &&
				hello.accepted === 0 &&
				hello.offered === 1
				? "the same device and outbox, both generations stored"
				: `${hello.device} ${hello.outbox} ${hello.accepted} ${hello.offered}`;
		},
	),
	situation(
		"4.4",
		"cut right after welcome, before the list",
		"both generations of that welcome",
		async (s) => {
			const peer = await s.welcomed({ current: 3, generation: 5 });
			peer.cut();
			const { accepted, offered } = await (await s.harbour.connection()).next("hello");
			const both = accepted === 3 && offered === 5;
			return both ? "both generations of that welcome" : `${accepted}, ${offered}`;
		},
	),
	situation("4.5", "DEVICE_FORKED, then welcomed as a new device", "reads its list", async (s) => {
		const { peer } = await first(s);
		peer.cut();
		const stale = await s.harbour.connection();
		await stale.next("hello");
		stale.say({ type: "goodbye", code: "DEVICE_FORKED", detail: "", retryAfterMs: 0 });
		stale.close(4504);
		const anew = await s.welcomed();
		return (await anew.next("list")) === undefined ? "" : "reads its list";
	}),
	situation("4.2", "a token that is refused at hello", "stays away", async (s) => {
		const peer = await s.harbour.connection();
		const names = await peer.next("hello");
		peer.say({ type: "goodbye", code: "AUTH_REJECTED", detail: "", retryAfterMs: 0 });
		peer.close(4501);
		return after(s, names);
	}),
	situation("14.3", "cut once ready", "back within 2 s", async (s) => {
		const { peer } = await first(s);
		peer.cut();
		const started = systemClock.monotonic();
		await s.harbour.connection();
		const ms = systemClock.monotonic() - started;
		return ms <= 2_000 ? "back within 2 s" : `back after ${Math.round(ms)} ms`;
	}),
	...(["goodbye", "drain"] as const).map((word) =>
		situation("14.3", `${word} with retryAfterMs 900`, "back, and not sooner", async (s) => {
			const { peer } = await first(s);
			if (word === "drain") peer.say({ type: "drain", retryAfterMs: 900, url: null });
			else peer.say({ type: "goodbye", code: "DRAINING", detail: "", retryAfterMs: 900 });
			const started = systemClock.monotonic();
			peer.close(word === "drain" ? 1001 : 4000);
			await s.harbour.connection();
			const ms = systemClock.monotonic() - started;
			return ms >= 890 ? "back, and not sooner" : `back after ${Math.round(ms)} ms`;
		}),
	),
	situation(
		"14.4",
		"drain that names another address, then the end",
		"comes to that address, as the same device",
		async (s) => {
			const { peer, device } = await first(s);
			const another = await s.another();
			peer.say({ type: "drain", retryAfterMs: 0, url: another.url });
			peer.say({ type: "goodbye", code: "DRAINING", detail: "", retryAfterMs: 0 });
			peer.close(4000);
			const hello = await (await another.connection()).next("hello");
			return `comes to that address, as ${hello.device === device ? "the same" : "another"} device`;
		},
	),
	situation(
		"14.4",
		"drain while a write is unanswered",
		"waits for the answer, then comes back",
		async (s) => {
			const { peer } = await first(s);
			s.client.send(group, "under way");
			const write = await peer.next("write");
			peer.say({ type: "drain", retryAfterMs: 0, url: null });
			await peer.wait(400);
			const waited = !peer.ended;
			peer.say(answer(write, 1));
			await s.harbour.connection();
			return waited ? "waits for the answer, then comes back" : "leaves before the answer";
		},
	),
	situation("14.4", "a send after drain", "kept for the next connection", async (s) => {
		const { peer } = await first(s);
		peer.say({ type: "drain", retryAfterMs: 0, url: null });
		await peer.wait(100);
		s.client.send(group, "late");
		const early = (await peer.quiet()).some(({ type }) => type === "write");
		peer.close(1001);
		const next = await s.welcomed({ fresh: false });
		next.say({ type: "marks", marks: [], last: true });
		await next.next("write");
		return early ? "sent all the same" : "kept for the next connection";
	}),
	situation("15.3", "an operation of no number that is known", "passed over", async (s) => {
		const peer = await s.live();
		peer.sayHex("9363a178c3");
		peer.say(push(1));
		return (await peer.next("delivered")).seq === 1 ? "passed over" : "";
	}),
	situation("15.3", "fields behind the last known one of welcome", "passed over", async (s) => {
		const peer = await s.harbour.connection();
		const bytes = Buffer.from(encodeServerOp(s.welcome(await peer.next("hello"))));
		// The header counts its elements; two more follow.
		bytes.writeUInt16BE(bytes.readUInt16BE(1) + 2, 1);
		peer.sayBytes(Buffer.concat([bytes, unhex("a17892c0c3")]));
		return (await peer.next("ready")).generation === 1 ? "passed over" : "";
	}),
	situation("13.2", "goodbye of a code that nobody knows, close 4098", "connects again", (s) =>
		unknownEnd(s, 4098),
	),
	situation("13.2", "goodbye of a code that nobody knows, close 4998", "stays away", (s) =>
		unknownEnd(s, 4998),
	),
	situation("2.4", "a generation as a float", "ready with 5", async (s) => {
		const peer = await s.harbour.connection();
		const changes = { current: 0, generation: 5, epoch: "e", session: "s" };
		const bytes = encodeServerOp(s.welcome(await peer.next("hello"), changes));
		// Epoch, session and generation, the last as a float.
		const float = "a165a17300cb4014000000000000";
		peer.sayHex(Buffer.from(bytes).toString("hex").replace("a165a1730005", float));
		return `ready with ${(await peer.next("ready")).generation}`;
	}),
	situation("6.8", "a fresh device, a list of two pages", "both pages, then listed", async (s) => {
		const peer = await s.welcomed();
		const one = await peer.next("list");
		peer.say(result(one.request, { type: "list", entries: [entry()], cursor: "more" }));
		const two = await peer.next("list");
		const early = peer.heard.some(({ type }) => type === "listed");
		peer.say(
			result(two.request, { type: "list", entries: [entry({ conversation: "g2" })], cursor: null }),
		);
		await peer.next("listed");
		const cursors = one.cursor === null && two.cursor === "more";
		return cursors && !early ? "both pages, then listed" : `${one.cursor} ${two.cursor} ${early}`;
	}),
	...ends,
	...closes,
	...recoveries,
];

async function unknownEnd(stage: ClientStage, code: number): Promise<string> {
	const { peer, ...names } = await first(stage);
	peer.sayHex(`944d${"ac"}${utf8("BRAND_NEW_IT").toString("hex")}a000`);
	peer.sayFrame(rawFrame(opcode.close, closePayload(code), { masked: false }));
	return after(stage, names);
}
