// Readers that stop, and crowds that come and go: what they cost is bounded and given back.

import { Socket } from "node:net";
import t from "tap";
import { gatewayLimits } from "../../src/gateway/limits.js";
import type { ServerOp } from "../../src/protocol/frames.js";
import { signIn, socketClient, socketHost } from "../helpers/gateway.js";
import type { RawClient } from "../helpers/raw-client.js";
import { opsOf, rawUser, stalledUser } from "../helpers/stalled-socket.js";

function message(seq: number, contentBytes: number): ServerOp {
	const content = new Uint8Array(contentBytes);
	for (let at = 0; at < contentBytes; at += 97) content[at] = (seq * 31 + at) & 0xff;
	const base = { seq, position: seq, changed: seq, at: 1, sender: "bob", state: "live" as const };
	const body = {
		id: new Uint8Array(8),
		contentType: "text/plain",
		content,
		replyTo: null,
		mentions: [],
		media: [],
	};
	const rest = { editedAt: null, expiresAt: null, clientTime: null, frozen: null, outbox: null };
	return {
		type: "message",
		conversation: "c",
		from: seq - 1,
		message: { ...base, ...rest, body, n: null, reactions: [], id: null },
	};
}

function memory(): number {
	return process.memoryUsage().rss / 1_048_576;
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

// C025
t.test("one who stops reading holds back a bounded number of bytes and nobody else", async (t) => {
	const limits = { stallMs: 2_000, sweepMs: 50, closeMs: 200 };
	const host = await socketHost({ parts: { limits } });
	const { port } = host.listener;
	const healthy = await Promise.all(
		Array.from({ length: 10 }, async (_, at) => {
			const client = await socketClient(host.url);
			await signIn(client, `h${at}`, "d1");
			return client;
		}),
	);
	const stalled = await stalledUser(port, "slow");
	while (host.gateway.counts().ready < 11) await pause(10);
	const users = [...Array.from({ length: 10 }, (_, at) => `h${at}`), "slow"];
	const before = memory();
	const total = 1_000;
	let worst = 0;
	const allHave = async (seq: number) => {
		for (;;) {
			// What a client has checked it need not keep.
			for (const client of healthy) for (const op of client.ops.splice(0)) checked(client, op);
			if (healthy.every((client) => checkedUpTo(client) >= seq)) return;
			await pause(2);
		}
	};
	for (let seq = 1; seq <= total; seq += 1) {
		host.gateway.broadcast(users, message(seq, 64_000), new Set(), 0);
		if (seq % 10 !== 0) continue;
		await allHave(seq - 10);
		worst = Math.max(worst, memory() - before);
		if (seq === 100) t.equal(host.gateway.counts().ready, 11, "it is still there, lagging");
	}
	await allHave(total);
	t.ok(worst < 250, `${Math.round(worst)} MB beside 64 MB sent to each of 11`);
	while (host.gateway.counts().ready > 10) await pause(50);
	t.match(host.gateway.counts().ended, { SLOW_READER: 1 });
	t.ok(healthy.every((client) => client.closed === null));
	stalled.destroy();
	await host.close();
});

const upTo = new Map<unknown, number>();

/** Every message once and in order. */
function checked(client: unknown, op: ServerOp): void {
	if (op.type !== "message") return;
	const last = upTo.get(client) ?? 0;
	if (op.message.seq !== last + 1) throw new Error(`${op.message.seq} after ${last}`);
	upTo.set(client, op.message.seq);
}

function checkedUpTo(client: unknown): number {
	return upTo.get(client) ?? 0;
}

t.test("one who reads again gets what was kept, whole and in order, and resyncs", async (t) => {
	const host = await socketHost();
	const client = await rawUser(host.listener.port, "ann");
	while (host.gateway.counts().ready < 1) await pause(10);
	const { serial } = host.gateway.sessionsOf("ann")[0] ?? { serial: 0 };
	client.socket.pause();
	for (let seq = 1; seq <= 400; seq += 1) {
		host.gateway.deliver(serial, [message(seq, 60_000)]);
		await new Promise((resolve) => setImmediate(resolve));
	}
	t.equal(host.router.resynced.length, 0);
	client.socket.resume();
	while (host.router.resynced.length === 0) await pause(10);
	await pause(50);
	const seqs = opsOf(client).flatMap((op) => (op.type === "message" ? [op.message.seq] : []));
	t.strictSame(
		seqs,
		seqs.map((_, at) => at + 1),
	);
	t.ok(seqs.length < 400, `${seqs.length} of 400`);
	client.destroy();
	await host.close();
});

t.test(
	"a message larger than the socket likes travels in fragments and arrives whole",
	async (t) => {
		const host = await socketHost();
		const raw = await rawUser(host.listener.port, "raw");
		const client = await socketClient(host.url);
		await signIn(client, "ann", "d1");
		while (host.gateway.counts().ready < 2) await pause(10);
		const op = message(1, 500_000);
		host.gateway.broadcast(["raw", "ann"], op, new Set(), 0);
		t.strictSame(
			(await client.next("message")).message.body,
			op.type === "message" && op.message.body,
		);
		await raw.until(() => opsOf(raw).some(({ type }) => type === "message"));
		const pieces = raw.frames.filter((one) => one.payload.length > 1_000);
		t.equal(pieces.length, 8);
		t.ok(pieces.every((one) => one.payload.length <= 65_536));
		raw.destroy();
		await host.close();
	},
);

// C027
t.test("a message to a thousand sessions does not hold up the loop", async (t) => {
	const host = await socketHost();
	const users = Array.from({ length: 1_000 }, (_, at) => `u${at}`);
	const clients: RawClient[] = [];
	for (let at = 0; at < users.length; at += 50) {
		const some = await Promise.all(
			users.slice(at, at + 50).map((user) => rawUser(host.listener.port, user)),
		);
		clients.push(...some);
	}
	while (host.gateway.counts().ready < users.length) await pause(10);
	let writes = 0;
	const { write } = Socket.prototype;
	Socket.prototype.write = function (this: Socket, ...args: Parameters<Socket["write"]>) {
		// Not those of a test's own output, which is a pipe.
		if (this.localPort === host.listener.port) writes += 1;
		return write.apply(this, args);
	} as Socket["write"];
	t.teardown(() => {
		Socket.prototype.write = write;
	});
	host.gateway.broadcast(users, message(1, 100), new Set(), 0);
	t.equal(writes, 0, "the call writes nothing");
	let most = 0;
	const got = () => clients.filter((one) => one.frames.length >= 2).length;
	for (let before = 0; got() < users.length; before = writes) {
		await new Promise((resolve) => setImmediate(resolve));
		most = Math.max(most, writes - before);
	}
	t.equal(writes, users.length);
	t.ok(most <= gatewayLimits.sendsPerTurn, `${most} in one turn`);
	for (const client of clients) client.destroy();
	await host.close();
});

t.test("crowds that come and go leave nothing behind", async (t) => {
	const host = await socketHost();
	const heap: number[] = [];
	for (let round = 0; round < 3; round += 1) {
		for (let at = 0; at < 600; at += 50) {
			const some = await Promise.all(
				Array.from({ length: 50 }, (_, one) => rawUser(host.listener.port, `u${at + one}`)),
			);
			for (const client of some) client.destroy();
		}
		while (host.gateway.counts().connections > 0) await pause(20);
		t.match(host.gateway.counts(), { connections: 0, ready: 0, users: 0, early: 0, watched: 0 });
		await pause(100);
		heap.push(process.memoryUsage().heapUsed / 1_048_576);
	}
	t.equal(host.router.gone.length, 1_800);
	const grown = (heap[2] ?? 0) - (heap[0] ?? 0);
	t.ok(grown < 60, `heap ${heap.map((one) => one.toFixed(0)).join(", ")} MB without a collection`);
	await host.close();
});
