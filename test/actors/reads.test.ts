// The queue of reads: a bounded number at a time, and none for those who have left.

import t from "tap";
import type { SessionInfo, SessionPort } from "../../actors/port.js";
import { Reads } from "../../actors/reads.js";
import { systemClock } from "../../src/base/clock.js";
import { silentLog } from "../../src/base/log.js";
import { memoryStore, openMemory } from "../../src/journal/memory.js";
import type { ServerOp } from "../../src/protocol/frames.js";
import { noTickets } from "../helpers/no-tickets.js";

const limits = {
	readsAtOnce: 1,
	readsWaitingMax: 3,
	pageItemsMax: 10,
	pageBytesMax: 1_000,
	marksPerPage: 10,
};

function session(user: string, serial: number): SessionInfo {
	return { serial, user, device: "d1", outbox: "", current: 0, generation: 1, issuedAt: 0 };
}

function stage() {
	const store = openMemory(memoryStore(systemClock));
	const live = new Set<SessionInfo>();
	const answers: [serial: number, op: ServerOp][] = [];
	let views = 0;
	const journal = new Proxy(store, {
		get(target, name) {
			if (name === "view") views += 1;
			const value = Reflect.get(target, name);
			return typeof value === "function" ? value.bind(target) : value;
		},
	});
	const sessions: SessionPort = {
		deliver: (serial, ops) => answers.push(...ops.map((op) => [serial, op] as [number, ServerOp])),
		broadcast: () => {},
		speaks: () => true,
		sessionsOf: (user) => [...live].filter((one) => one.user === user),
		end: () => {},
	};
	const reads = new Reads({ journal, sessions, log: silentLog, limits, tickets: noTickets });
	return { reads, live, answers, views: () => views };
}

const ask = (request: number) => ({ type: "list", request, cursor: null, limit: 10 }) as const;

t.test("nothing is read for a session that has left", async (t) => {
	const { reads, live, answers, views } = stage();
	const ann = session("ann", 1);
	const bob = session("bob", 2);
	live.add(ann).add(bob);
	t.ok(reads.answer(ann, ask(1)));
	t.ok(reads.answer(ann, ask(2)));
	t.ok(reads.answer(ann, ask(3)));
	t.ok(reads.answer(bob, ask(1)));
	t.notOk(reads.answer(bob, ask(2)), "no more than may wait");
	live.delete(ann);
	while (!answers.some(([serial]) => serial === 2)) await new Promise(setImmediate);
	t.equal(views(), 2, "the one that was under way, and bob's");
	t.equal(answers.at(-1)?.[0], 2);
});
