// Go-back-N sends: what a repeat means (rules S2–S5). Conversations and users both keep a table of
// these. Pure: the newest session of an outbox is soft knowledge that dies with the actor.

import type { Write } from "./event.js";

/** The first answer to a number, kept until the client has stored it. */
export interface Kept {
	readonly n: number;
	readonly hash: number;
	readonly from: number;
	readonly position: number;
	readonly seq: number;
	readonly at: number;
	readonly text: string | null;
}

export interface Outbox {
	readonly name: string;
	last: number;
	answered: number;
	/** Answers for `answered < n ≤ last` that were accepted, in order of n. */
	kept: Kept[];
	/** Position of its last write; the least recently used outbox of a user is forgotten first. */
	used: number;
	/** Newest session seen; 0 after recovery. Soft. */
	session: number;
	/** The highest number that had its outcome in that session. Soft. */
	reached: number;
}

/** The outboxes of each user, so that nobody can reach another one's. A user has few: a list. */
export type Outboxes = Map<string, Outbox[]>;

/** Outboxes kept per user and entity: sixteen devices, each with room for forks. */
export const outboxesPerUserMax = 64;

export function outboxOf(outboxes: Outboxes, user: string, name: string): Outbox | undefined {
	const own = outboxes.get(user);
	if (own === undefined) return undefined;
	for (const box of own) if (box.name === name) return box;
	return undefined;
}

export type Admission =
	| { readonly type: "decide" }
	| { readonly type: "repeat"; readonly kept: Kept }
	| {
			readonly type: "refuse";
			readonly code:
				| "SEND_GAP"
				| "SEND_CONFLICT"
				| "SEND_STALE"
				| "SEND_WINDOW"
				| "SESSION_STALE"
				| "BAD_REQUEST";
			readonly expected: number | null;
	  };

const decide: Admission = { type: "decide" };

function refuse(
	code: (Admission & { type: "refuse" })["code"],
	expected: number | null = null,
): Admission {
	return { type: "refuse", code, expected };
}

/** What a write with this number means now. Changes only soft fields. */
export function admit(
	outboxes: Outboxes,
	user: string,
	write: Write,
	session: number,
	window: number,
): Admission {
	if (write.n < 1 || write.answered >= write.n) return refuse("BAD_REQUEST");
	const box = outboxOf(outboxes, user, write.outbox);
	if (box === undefined) {
		if (write.n > write.answered + window) return refuse("SEND_WINDOW", write.answered + 1);
		return write.n === write.answered + 1 ? decide : refuse("SEND_GAP", write.answered + 1);
	}
	if (session < box.session) return refuse("SESSION_STALE");
	meet(box, session);
	const answered = Math.max(box.answered, write.answered);
	const expected = Math.max(box.last, answered) + 1;
	if (write.n > answered + window) return refuse("SEND_WINDOW", expected);
	if (write.n > expected) return refuse("SEND_GAP", expected);
	if (write.n === expected) {
		// `last` may be another life's: here all before it must have had an outcome as well.
		const next = Math.max(write.answered, box.reached) + 1;
		return write.n <= next ? decide : refuse("SEND_GAP", next);
	}
	const kept = box.kept.find((one) => one.n === write.n);
	if (kept === undefined) return refuse("SEND_STALE");
	if (kept.hash !== write.hash) return refuse("SEND_CONFLICT");
	box.reached = Math.max(box.reached, write.n);
	return { type: "repeat", kept };
}

/** Note an accepted write: the part of `evolve` that all events with a number share. */
export function record(outboxes: Outboxes, user: string, write: Write, kept: Kept): void {
	const box = outboxOf(outboxes, user, write.outbox) ?? begin(outboxes, user, write.outbox);
	box.last = write.n;
	box.used = kept.position;
	if (write.answered > box.answered) {
		box.answered = write.answered;
		let drop = 0;
		while (drop < box.kept.length && (box.kept[drop]?.n ?? 0) <= box.answered) drop++;
		if (drop > 0) box.kept.splice(0, drop);
	}
	box.kept.push(kept);
}

/** A write was accepted in this session: what follows it may be. */
export function noteAccepted(
	outboxes: Outboxes,
	user: string,
	write: Write,
	session: number,
): void {
	const box = outboxOf(outboxes, user, write.outbox);
	if (box === undefined) return;
	meet(box, session);
	box.reached = Math.max(box.reached, write.n);
}

function meet(box: Outbox, session: number): void {
	if (box.session === session) return;
	box.session = session;
	box.reached = 0;
}

/** Room for one more: the least recently used outbox of the user is forgotten. */
function begin(outboxes: Outboxes, user: string, name: string): Outbox {
	const box: Outbox = { name, last: 0, answered: 0, kept: [], used: 0, session: 0, reached: 0 };
	const own = outboxes.get(user);
	if (own === undefined) {
		outboxes.set(user, [box]);
		return box;
	}
	if (own.length >= outboxesPerUserMax) {
		let oldest = 0;
		own.forEach((one, i) => {
			if (one.used < (own[oldest]?.used ?? 0)) oldest = i;
		});
		own.splice(oldest, 1);
	}
	own.push(box);
	return box;
}
