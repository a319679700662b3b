// Frames that no library would send, before and after login. Each costs its sender the connection,
// or nothing; never memory, never the process.

import t from "tap";
import { encodeClientFrame } from "../../src/protocol/codec.js";
import { type SocketHost, signIn, socketClient, socketHost } from "../helpers/gateway.js";
import { frame, op, RawClient } from "../helpers/raw-client.js";
import { rawUser } from "../helpers/stalled-socket.js";

/** Throws unless the server still serves. */
async function alive(host: SocketHost): Promise<void> {
	const client = await socketClient(host.url);
	await signIn(client, "zoe", "d1");
	client.say({ type: "ping", request: 1 });
	await client.next("result");
	client.socket.terminate();
}

let users = 0;

/** A connection before login, and one after. */
async function both(host: SocketHost): Promise<RawClient[]> {
	users += 1;
	const user = `eve${users}`;
	const { port } = host.listener;
	return [await RawClient.open(port), await rawUser(port, user)];
}

/** Until the server has noticed, too. */
async function allGone(host: SocketHost): Promise<void> {
	while (host.gateway.counts().connections > 0) {
		await new Promise((resolve) => setTimeout(resolve, 10));
	}
}

function memory(): number {
	return process.memoryUsage().rss / 1_048_576;
}

const illegal = {
	"an unmasked frame": frame(op.binary, Buffer.from("hi"), { masked: false }),
	"a reserved bit": frame(op.binary, Buffer.from("hi"), { rsv: 0x40 }),
	"an unknown opcode": frame(3, Buffer.from("hi")),
	"a ping of 126 bytes": frame(op.ping, Buffer.alloc(126)),
	"a fragmented ping": frame(op.ping, Buffer.alloc(1), { fin: false }),
	"a continuation of nothing": frame(op.continuation, Buffer.alloc(1)),
	"a close of one byte": frame(op.close, Buffer.alloc(1)),
	"a close with a forbidden code": frame(op.close, Buffer.from([0x03, 0xed])),
};

for (const [what, bytes] of Object.entries(illegal)) {
	t.test(`${what} ends the connection with 1002`, async (t) => {
		const host = await socketHost({ parts: { limits: { closeMs: 200 } } });
		for (const client of await both(host)) {
			client.send(bytes);
			await client.untilEnded();
			t.equal(client.closeCode, 1002);
		}
		await alive(host);
		await host.close();
	});
}

t.test("text, and bytes that are no operations, end the connection with 4500", async (t) => {
	const host = await socketHost({ parts: { limits: { closeMs: 200 } } });
	for (const bytes of [
		frame(op.text, Buffer.from("hello")),
		frame(op.text, Buffer.from([0xff, 0xfe])),
		frame(op.binary, Buffer.from([0xc1])),
		frame(op.binary, Buffer.alloc(0)),
		frame(op.binary, Buffer.alloc(2_000, 0x91)),
		frame(op.binary, Buffer.from([0xdd, 0xff, 0xff, 0xff, 0xff])),
	]) {
		for (const client of await both(host)) {
			client.send(bytes);
			await client.untilEnded();
			t.equal(client.closeCode, 4500);
		}
	}
	await alive(host);
	await host.close();
});

t.test(
	"a frame over the limit ends with 1009 when it is announced, not when it is sent",
	async (t) => {
		const host = await socketHost({ parts: { limits: { closeMs: 200 } } });
		for (const length of [256 * 1_024 + 1, 2 ** 31, 2 ** 40]) {
			const client = await rawUser(host.listener.port, "eve");
			client.send(frame(op.binary, Buffer.alloc(0), { length }));
			await client.untilEnded();
			t.equal(client.closeCode, 1009);
		}
		const early = await RawClient.open(host.listener.port);
		early.send(frame(op.binary, Buffer.alloc(17_000)));
		await early.untilEnded();
		t.equal(early.closeCode, null, "before login it is cut");
		await alive(host);
		await host.close();
	},
);

// C035
t.test("messages in endless fragments are cut early and cost no memory", async (t) => {
	const host = await socketHost({ parts: { limits: { closeMs: 200 } } });
	const before = memory();
	const empty = Buffer.concat(
		Array.from({ length: 20_000 }, () => frame(op.continuation, undefined, { fin: false })),
	);
	const small = Buffer.concat(
		Array.from({ length: 20_000 }, () => frame(op.continuation, Buffer.alloc(1), { fin: false })),
	);
	for (let round = 0; round < 5; round += 1) {
		const clients = await Promise.all(Array.from({ length: 5 }, () => both(host)));
		for (const [at, client] of clients.flat().entries()) {
			client.send(frame(op.binary, Buffer.alloc(1), { fin: false }));
			client.send(at % 2 === 0 ? empty : small);
		}
		await Promise.all(clients.flat().map((client) => client.untilEnded()));
		t.strictSame(
			clients
				.flat()
				.filter(({ closeCode }) => ![1008, null].includes(closeCode))
				.map(({ closeCode }) => closeCode),
			[],
		);
	}
	t.ok(memory() - before < 150, `${Math.round(memory() - before)} MB`);
	await alive(host);
	await host.close();
});

t.test("a message that trickles must end; a client that only pauses is left alone", async (t) => {
	const limits = {
		unfinishedMs: 600,
		pingMs: 200,
		sweepMs: 50,
		closeMs: 200,
		helloDeadlineMs: 500,
	};
	const host = await socketHost({ parts: { limits } });
	const good = await socketClient(host.url);
	await signIn(good, "ann", "d1");
	good.say({ type: "ping", request: 1 });
	const early = await RawClient.open(host.listener.port);
	const fragments = await rawUser(host.listener.port, "eve", "d1");
	const inFrame = await rawUser(host.listener.port, "eve", "d2");
	fragments.answerPings = true;
	const bytes = frame(op.binary, Buffer.alloc(4_096));
	early.send(bytes.subarray(0, 10));
	inFrame.send(bytes.subarray(0, 10));
	fragments.send(frame(op.binary, Buffer.alloc(5), { fin: false }));
	let at = 10;
	const drip = setInterval(() => {
		early.send(bytes.subarray(at, at + 1));
		inFrame.send(bytes.subarray(at, at + 1));
		at += 1;
	}, 20);
	await Promise.all([early, inFrame, fragments].map((client) => client.untilEnded()));
	clearInterval(drip);
	t.equal(early.closeCode, 4002);
	t.ok([1008, null].includes(inFrame.closeCode), "in a frame it cannot answer pings either");
	t.equal(fragments.closeCode, 1008);
	await new Promise((resolve) => setTimeout(resolve, 1_000));
	t.equal(good.closed, null, "pings answered, nothing under way");
	good.say({ type: "ping", request: 2 });
	await good.next("result");
	await host.close();
});

t.test("a flood of pings is cut, read or unread, and buffers no pongs", async (t) => {
	const host = await socketHost({ parts: { limits: { closeMs: 200 } } });
	const flood = Buffer.concat(
		Array.from({ length: 50_000 }, () => frame(op.ping, Buffer.alloc(100))),
	);
	const before = memory();
	for (const client of await both(host)) {
		client.socket.pause();
		client.send(flood);
		client.socket.once("close", () => {});
		setTimeout(() => client.socket.resume(), 300);
		await client.untilEnded();
	}
	t.ok(memory() - before < 100);
	await alive(host);
	await host.close();
});

t.test("half a close and a peer that never closes are not kept", async (t) => {
	const limits = { closeMs: 200, sweepMs: 50 };
	const host = await socketHost({ parts: { limits } });
	const half = await rawUser(host.listener.port, "eve");
	half.socket.end();
	await half.untilEnded();
	await allGone(host);
	t.match(host.router.gone, [{ user: "eve" }]);
	const mute = await rawUser(host.listener.port, "eve");
	mute.send(frame(op.binary, encodeClientFrame([{ type: "ready", generation: 9 }])));
	await mute.untilEnded();
	await allGone(host);
	await host.close();
});

// C019
t.test("a black-holed peer is gone after two unanswered pings", async (t) => {
	const limits = { pingMs: 200, sweepMs: 50 };
	const host = await socketHost({ parts: { limits } });
	const hole = await rawUser(host.listener.port, "eve");
	await hole.untilEnded();
	t.equal(hole.frames.filter((one) => one.opcode === op.ping).length, 2);
	await allGone(host);
	await host.close();
});
