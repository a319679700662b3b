// Go-back-N at the level of the domain: what a number means (S1–S5), what is kept, what is bounded.

import assert from "node:assert/strict";
import {
	admit,
	noteAccepted,
	type Outboxes,
	outboxesPerUserMax,
	outboxOf,
	record,
} from "../../src/domain/outbox.js";
import { given, spec } from "../helpers/given.js";
import * as w from "./words.js";

const window = 4;

/** A table and the short way to speak to it as one user on one session. */
class Table {
	readonly outboxes: Outboxes = new Map();

	/** Decide what is admitted, and tell what came of it. */
	send(n: number, answered = n - 1, hash = n, session = 1, user = "ann"): string {
		const write = { outbox: w.outboxOf(user), n, answered, hash };
		const admission = admit(this.outboxes, user, write, session, window);
		if (admission.type === "repeat") return `repeat ${admission.kept.seq}`;
		if (admission.type === "refuse") {
			const { code, expected } = admission;
			return expected === null ? code : `${code} ${expected}`;
		}
		const answer = { n, hash, from: 0, position: n * 10, seq: n * 100, at: w.now, text: null };
		record(this.outboxes, user, write, answer);
		noteAccepted(this.outboxes, user, write, session);
		return "decided";
	}

	/** What a crash leaves: the soft fields are gone. */
	crash(): this {
		for (const box of [...this.outboxes.values()].flat()) {
			box.session = 0;
			box.reached = 0;
		}
		return this;
	}

	kept(user = "ann"): number[] {
		const box = outboxOf(this.outboxes, user, w.outboxOf(user));
		return box?.kept.map((one) => one.n) ?? [];
	}
}

function says(steps: (table: Table) => readonly string[], expected: readonly string[]): void {
	assert.deepEqual(steps(new Table()), expected);
}

spec("S2 · numbers in order · each is decided", () =>
	says((t) => [t.send(1), t.send(2), t.send(3)], ["decided", "decided", "decided"]),
);

spec("S2 · a number too high · a gap that names the expected one", () =>
	says((t) => [t.send(2, 0), t.send(1), t.send(3, 1)], ["SEND_GAP 1", "decided", "SEND_GAP 2"]),
);

spec("S2 · a refused number · is passed over by answered, not renumbered", () =>
	says((t) => [t.send(1), t.send(3, 2)], ["decided", "decided"]),
);

spec("S2 · an outbox that this history lost · is caught up by answered", () =>
	says((t) => [t.send(8, 7), t.send(9, 7)], ["decided", "decided"]),
);

spec("S2 · an outbox that this history lost · in flight numbers go back first", () =>
	says((t) => [t.send(9, 7), t.send(8, 7), t.send(9, 7)], ["SEND_GAP 8", "decided", "decided"]),
);

spec("S3 · a repeat · the first answer again, also after a crash", () =>
	says(
		(t) => [t.send(1), t.send(1), t.crash().send(1), t.send(1, 0, 1, 2)],
		["decided", "repeat 100", "repeat 100", "repeat 100"],
	),
);

spec("S3 · a number used for something else · a conflict, and nothing new in that session", () =>
	says(
		(t) => [t.send(1), ...[1, 2].map((n) => t.send(n, 0, 77, 2)), t.send(2, 1, 2, 3)],
		["decided", "SEND_CONFLICT", "SEND_GAP 1", "decided"],
	),
);

spec("S3 · a number whose answer is no longer kept · stale, and nothing new in that session", () =>
	says(
		(t) => [t.send(1), t.send(2), t.send(1, 0, 1, 2), t.send(3, 0, 3, 2)],
		["decided", "decided", "SEND_STALE", "SEND_GAP 1"],
	),
);

spec("S3 · a session that recognised what stands before · goes on after it", () =>
	says(
		(t) => [t.send(1), t.send(2, 0), ...[2, 3, 1, 2, 3].map((n) => t.send(n, 0, n, 2))],
		["decided", "decided", "repeat 200", "decided", "repeat 100", "repeat 200", "repeat 300"],
	),
);

spec(
	"S3 · what follows after a crash · is only decided once what stands before is said again",
	() =>
		says(
			(t) => [t.send(1), t.crash().send(2, 0), t.send(1), t.send(2, 0)],
			["decided", "SEND_GAP 1", "repeat 100", "decided"],
		),
);

spec("S4 · beyond the window · refused, however often", () =>
	says(
		(t) => [t.send(5, 0), ...[1, 2, 3, 4, 5].map((n) => t.send(n, 0)), t.send(5, 1)],
		["SEND_WINDOW 1", ...Array<string>(4).fill("decided"), "SEND_WINDOW 5", "decided"],
	),
);

spec("S4 · answers kept · never more than the window", () => {
	const table = new Table();
	for (let n = 1; n <= 100; n++) table.send(n, Math.max(0, n - window));
	assert.deepEqual(table.kept(), [97, 98, 99, 100]);
});

spec("S5 · a send of an older session · is dropped, whatever its number", () =>
	says(
		(t) => [t.send(1, 0, 1, 2), t.send(1, 0, 1, 1), t.send(2, 1, 2, 1), t.send(2, 1, 2, 3)],
		["decided", "SESSION_STALE", "SESSION_STALE", "decided"],
	),
);

spec("a number below one or answered beyond itself · is no request", () =>
	says(
		(t) => [t.send(0, -1), t.send(1, 1), t.send(1, 2)],
		["BAD_REQUEST", "BAD_REQUEST", "BAD_REQUEST"],
	),
);

spec("C007 · another user with the same outbox name · has its own numbers", () => {
	const table = new Table();
	const write = { outbox: w.outboxOf("ann"), n: 1, answered: 0, hash: 1 };
	table.send(1);
	assert.equal(admit(table.outboxes, "bob", write, 1, window).type, "decide");
});

spec("outboxes of one user · bounded, the least recently used is forgotten first", () => {
	const outboxes: Outboxes = new Map();
	const answer = { n: 1, hash: 1, from: 0, position: 0, seq: 1, at: w.now, text: null };
	const name = (i: number) => String(i).padStart(32, "0");
	record(outboxes, "bob", { outbox: name(0), n: 1, answered: 0, hash: 1 }, answer);
	for (let i = 0; i <= outboxesPerUserMax; i++) {
		const write = { outbox: name(i), n: 1, answered: 0, hash: 1 };
		record(outboxes, "ann", write, { ...answer, position: i + 1 });
	}
	assert.equal(outboxes.get("ann")?.length, outboxesPerUserMax);
	assert.equal(outboxOf(outboxes, "ann", name(0)) !== undefined, false);
	assert.equal(outboxOf(outboxes, "ann", name(1)) !== undefined, true);
	assert.equal(outboxOf(outboxes, "bob", name(0)) !== undefined, true);
});

spec("outboxes · a user whose name ends as another's · loses none to it", () => {
	const outboxes: Outboxes = new Map();
	const answer = { n: 1, hash: 1, from: 0, position: 0, seq: 1, at: w.now, text: null };
	const name = (i: number) => String(i).padStart(32, "0");
	record(outboxes, "x/ann", { outbox: name(999), n: 1, answered: 0, hash: 1 }, answer);
	for (let i = 0; i < 2 * outboxesPerUserMax; i++) {
		const write = { outbox: name(i), n: 1, answered: 0, hash: 1 };
		record(outboxes, "ann", write, { ...answer, position: i + 1 });
	}
	assert.equal(outboxOf(outboxes, "x/ann", name(999)) !== undefined, true);
});

spec("S6 · every kind of write · is kept with its answer", () =>
	given(
		w.group("ann"),
		{ ...w.sent(1, "ann", "hi"), write: w.write("ann", 2, 0) },
		{ ...w.reacted(1, "ann", "+"), write: w.write("ann", 3, 0) },
		{ ...w.linked("ann", "xyz"), write: w.write("ann", 4, 0) },
	).holds(
		(s) => outboxOf(s.outboxes, "ann", w.outboxOf("ann"))?.kept,
		[
			{ n: 1, hash: 1, from: 0, position: 1, seq: 0, at: w.now, text: null },
			{ n: 2, hash: 2, from: 1, position: 2, seq: 1, at: w.now, text: null },
			{ n: 3, hash: 3, from: 2, position: 3, seq: 1, at: w.now, text: null },
			{ n: 4, hash: 4, from: 3, position: 4, seq: 0, at: w.now, text: "xyz" },
		],
	),
);
