// How operations leave: gathered, in order, encoded once, bounded in bytes and in work a turn.

import t from "tap";
import { Flusher } from "../../src/gateway/flusher.js";
import { gatewayLimits } from "../../src/gateway/limits.js";
import { Outbox, type Sender } from "../../src/gateway/outbox.js";
import { encodeServerFrame, encodeServerOp } from "../../src/protocol/codec.js";
import type { ServerOp } from "../../src/protocol/frames.js";
import { memoryHost, memoryUser, pass } from "../helpers/gateway.js";
import { manualClock, turns } from "../helpers/manual-clock.js";

function typed(user: string): ServerOp {
	return { type: "typed", conversation: "c", user, on: true };
}

function message(seq: number, contentBytes: number): ServerOp {
	const position = seq;
	const base = { seq, position, changed: seq, at: 1, sender: "bob", state: "live" as const };
	const body = {
		id: new Uint8Array(8),
		contentType: "text/plain",
		content: new Uint8Array(contentBytes),
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

t.test("what is delivered within a turn leaves as one message, in order", async (t) => {
	const host = memoryHost();
	const client = await memoryUser(host, "ann");
	const { serial } = host.gateway.sessionsOf("ann")[0] ?? { serial: 0 };
	const messages = client.messages;
	for (let seq = 1; seq <= 50; seq += 1) host.gateway.deliver(serial, [message(seq, 10)]);
	await turns();
	t.equal(client.messages, messages + 1);
	t.strictSame(
		client.all("message").map((one) => one.message.seq),
		Array.from({ length: 50 }, (_, at) => at + 1),
	);
});

t.test("more than fits one message is split between operations", async (t) => {
	const host = memoryHost({ limits: { gatherBytesMax: 4_096 } });
	const client = await memoryUser(host, "ann");
	const { serial } = host.gateway.sessionsOf("ann")[0] ?? { serial: 0 };
	const before = client.messages;
	host.gateway.deliver(
		serial,
		[1, 2, 3, 4, 5].map((seq) => message(seq, seq === 3 ? 10_000 : 1_500)),
	);
	await turns(10);
	t.equal(client.messages, before + 3, "two, the large one alone, two");
	t.strictSame(
		client.all("message").map((one) => one.message.seq),
		[1, 2, 3, 4, 5],
	);
});

t.test("an unknown session and one that is gone take deliveries silently", async (t) => {
	const host = memoryHost();
	const client = await memoryUser(host, "ann");
	const { serial } = host.gateway.sessionsOf("ann")[0] ?? { serial: 0 };
	client.cut();
	await turns();
	host.gateway.deliver(serial, [typed("bob")]);
	host.gateway.deliver(4_711, [typed("bob")]);
	await turns();
	t.match(host.gateway.counts(), { connections: 0, ready: 0, users: 0 });
});

/** Takes everything and counts. */
function sink(): Sender & { sent: number } {
	const it = {
		sent: 0,
		outbox: new Outbox(),
		transport: {
			buffered: 0,
			writable: true,
			received: 0,
			receivedMax: 0,
			address: "",
			send() {
				it.sent += 1;
			},
			ping() {},
			pause() {},
			resume() {},
			close() {},
			terminate() {},
		},
		emptied() {},
		backedUp() {},
		broken(error: unknown) {
			throw error;
		},
	};
	return it;
}

t.test("an operation for a thousand sessions is encoded once", async (t) => {
	let encoded = 0;
	const flusher = new Flusher(manualClock(), gatewayLimits, {
		one: (op) => {
			encoded += 1;
			return encodeServerOp(op);
		},
		many: (ops) => {
			encoded += ops.length;
			return encodeServerFrame(ops);
		},
	});
	const op = typed("bob");
	flusher.share(op);
	const sinks = Array.from({ length: 1_000 }, sink);
	for (const one of sinks) {
		one.outbox.push(op);
		flusher.inRound(one);
	}
	await turns(20);
	t.equal(encoded, 1);
	t.ok(sinks.every((one) => one.sent === 1));
});

t.test("a turn writes to a bounded number of sessions", async (t) => {
	const flusher = new Flusher(manualClock(), gatewayLimits, {
		one: encodeServerOp,
		many: encodeServerFrame,
	});
	const sinks = Array.from({ length: 450 }, sink);
	for (const one of sinks) {
		one.outbox.push(typed("bob"));
		flusher.now(one);
	}
	const sent = () => sinks.filter((one) => one.sent > 0).length;
	const steps: number[] = [];
	for (let turn = 0; turn < 4; turn += 1) {
		await turns(1);
		steps.push(sent());
	}
	t.strictSame(steps, [200, 400, 450, 450]);
});

t.test("what one session gets does not wait behind a large fan-out", async (t) => {
	const flusher = new Flusher(manualClock(), gatewayLimits, {
		one: encodeServerOp,
		many: encodeServerFrame,
	});
	const crowd = Array.from({ length: 1_000 }, sink);
	for (const one of crowd) {
		one.outbox.push(typed("bob"));
		flusher.inRound(one);
	}
	const single = sink();
	single.outbox.push(typed("cid"));
	flusher.now(single);
	await turns(1);
	t.equal(single.sent, 1);
	t.equal(crowd.filter((one) => one.sent > 0).length, 199);
});

t.test("fan-outs that follow each other closely gather into rounds", async (t) => {
	const clock = manualClock();
	const flusher = new Flusher(clock, gatewayLimits, {
		one: encodeServerOp,
		many: encodeServerFrame,
	});
	const one = sink();
	const fanOut = () => {
		one.outbox.push(typed("bob"));
		flusher.inRound(one);
	};
	fanOut();
	await turns();
	t.equal(one.sent, 1, "the first leaves at once");
	for (let count = 0; count < 10; count += 1) {
		fanOut();
		await turns();
	}
	t.equal(one.sent, 1);
	clock.advance(10);
	await turns();
	t.equal(one.sent, 2, "the others together, a moment later");
});

t.test("a fan-out and what is delivered after it keep their order for each session", async (t) => {
	const host = memoryHost();
	const clients = await Promise.all(["u1", "u2", "u3"].map((user) => memoryUser(host, user)));
	const serials = ["u1", "u2", "u3"].map((user) => host.gateway.sessionsOf(user)[0]?.serial ?? 0);
	host.gateway.broadcast(["u1", "u2", "u3", "nobody"], message(1, 5), new Set(), 0);
	host.gateway.deliver(serials[1] ?? 0, [message(2, 5)]);
	host.gateway.broadcast(["u1", "u2", "u3"], message(3, 5), new Set(["u3"]), serials[0] ?? 0);
	await turns();
	await pass(host.clock, 20, 10);
	t.strictSame(
		clients.map((client) => client.all("message").map((one) => one.message.seq)),
		[[1], [1, 2, 3], [1]],
	);
});

t.test(
	"a session past its bound gets no more pushes, and resyncs once it has drained",
	async (t) => {
		const limits = { outboxBytesMax: 10_000, gatherBytesMax: 2_000 };
		const host = memoryHost({ limits });
		const client = await memoryUser(host, "ann", "d1", { roomBytes: 2_000 });
		const { serial } = host.gateway.sessionsOf("ann")[0] ?? { serial: 0 };
		client.pause();
		for (let seq = 1; seq <= 40; seq += 1) {
			host.gateway.deliver(serial, [message(seq, 1_000)]);
			await turns(2);
		}
		client.say({ type: "open", request: 5, user: "bob" });
		await turns();
		t.equal(host.router.resynced.length, 0);
		client.resume();
		await turns(120);
		const seqs = client.all("message").map((one) => one.message.seq);
		t.strictSame(
			seqs,
			seqs.map((_, at) => at + 1),
			"what came is the beginning, without a gap",
		);
		t.ok(seqs.length >= 8 && seqs.length <= 14, `${seqs.length} of 40`);
		t.match(host.router.resynced, [{ serial, user: "ann" }], "once");
		host.gateway.deliver(serial, [message(99, 10)]);
		await turns();
		t.match(client.all("message").at(-1), { message: { seq: 99 } }, "and pushes come again");
		t.equal(client.closed, null);
	},
);

t.test("answers are kept for a lagging session, up to a hard bound", async (t) => {
	const limits = { outboxBytesMax: 3_000, outboxBytesHard: 30_000 };
	const host = memoryHost({ limits });
	const client = await memoryUser(host, "ann", "d1", { roomBytes: 1_000 });
	const { serial } = host.gateway.sessionsOf("ann")[0] ?? { serial: 0 };
	client.pause();
	for (let seq = 1; seq <= 8; seq += 1) {
		host.gateway.deliver(serial, [message(seq, 1_000)]);
		await turns(2);
	}
	const answer = (request: number): ServerOp => ({
		type: "result",
		request,
		result: { type: "open", conversation: "x".repeat(200) },
	});
	for (let request = 1; request <= 20; request += 1) {
		host.gateway.deliver(serial, [answer(request), message(100 + request, 10)]);
	}
	client.resume();
	await turns(80);
	t.equal(client.all("result").length, 20);
	t.notOk(client.all("message").some((one) => one.message.seq > 100));
	client.pause();
	for (let request = 1; request <= 200; request += 1) {
		host.gateway.deliver(serial, [answer(request)]);
		await turns(1);
	}
	client.resume();
	t.match(await client.ended(), { code: 4001, reason: "SLOW_READER" });
});

t.test("a session that takes nothing for too long is told to come back", async (t) => {
	const host = memoryHost();
	const client = await memoryUser(host, "ann", "d1", { roomBytes: 1_000 });
	const { serial } = host.gateway.sessionsOf("ann")[0] ?? { serial: 0 };
	client.pause();
	host.gateway.deliver(serial, [message(1, 5_000)]);
	await turns();
	host.gateway.deliver(serial, [message(2, 5_000)]);
	await pass(host.clock, 29_000);
	t.match(host.gateway.counts(), { ready: 1 });
	await pass(host.clock, 2_000);
	t.match(host.gateway.counts(), { ready: 0, ended: { SLOW_READER: 1 } });
	t.match(host.router.gone, [{ user: "ann" }]);
	await pass(host.clock, 2_000);
	t.match(host.gateway.counts(), { connections: 0 });
});

t.test("an operation that cannot be encoded costs its session only", async (t) => {
	const host = memoryHost();
	const ann = await memoryUser(host, "ann");
	const bob = await memoryUser(host, "bob");
	const { serial } = host.gateway.sessionsOf("ann")[0] ?? { serial: 0 };
	const bad = { type: "typed", conversation: 7, user: {}, on: true } as unknown as ServerOp;
	host.gateway.deliver(serial, [bad]);
	host.gateway.deliver(host.gateway.sessionsOf("bob")[0]?.serial ?? 0, [typed("cid")]);
	t.match(await bob.next("typed"), { user: "cid" });
	t.match(await ann.ended(), { code: 4012 });
});
