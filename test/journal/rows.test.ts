// Rows: whatever is written comes back, and what was changed on the disk never does.

import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import t from "tap";
import type { IndexRow } from "../../src/domain/index-row.js";
import { appendCommit, decodeCommit } from "../../src/journal/commit-row.js";
import * as keys from "../../src/journal/keys.js";
import * as rows from "../../src/journal/rows.js";
import { eventVersion, upcast } from "../../src/journal/upcast.js";
import { count, event, id, message, u48 } from "./arbitrary.js";

interface Pair {
	readonly key: Uint8Array;
	readonly value: Uint8Array;
}

function one(append: (out: rows.RowsOut) => void): Pair {
	const out: { keys: Uint8Array[]; values: (Uint8Array | null)[] } = { keys: [], values: [] };
	append(out);
	if (out.keys.length !== 1) throw new Error(`${out.keys.length} rows instead of one`);
	return { key: out.keys[0] as Uint8Array, value: out.values[0] as Uint8Array };
}

/** Buffers and Uint8Arrays of the same bytes are the same. */
function plain(value: unknown): unknown {
	if (value instanceof Uint8Array) return `bytes ${Buffer.from(value).toString("hex")}`;
	if (Array.isArray(value)) return value.map(plain);
	if (typeof value !== "object" || value === null) return value;
	return Object.fromEntries(Object.entries(value).map(([name, it]) => [name, plain(it)]));
}

t.test("message rows come back as they were", async () => {
	fc.assert(
		fc.property(message, ({ conversation, row }) => {
			const { key, value } = one((out) => rows.appendMessage(out, conversation, row));
			const back = rows.decodeMessage(key, value, conversation);
			assert.ok(isDeepStrictEqual(plain(back), plain(row)), "a message changed");
			const header = rows.decodeMessageHeader(key, value, conversation);
			const { seq, position, changed, at, sender, state, withheldFrom } = row;
			assert.deepEqual(header, { seq, position, changed, at, sender, state, withheldFrom });
		}),
	);
});

t.test("event rows come back as they were, every type with and without a write", async (t) => {
	const seen = new Set<string>();
	fc.assert(
		fc.property(event, id, u48, (it, entity, position) => {
			seen.add(it.type);
			const { key, value } = one((out) => rows.appendEvent(out, "user", entity, position, it));
			assert.deepEqual(plain(rows.decodeEvent(key, value)), plain(it));
		}),
		{ numRuns: 600 },
	);
	t.equal(seen.size, 23);
});

t.test("sent and receipts have no row of their own", async (t) => {
	const out: rows.RowsOut = { keys: [], values: [] };
	rows.appendEvent(out, "conversation", "c", 1, { type: "receipts", at: 1, by: "ann", pairs: [] });
	t.same(out.keys, []);
});

t.test("an edited event leaves its text to the message's row", async (t) => {
	const content = { ...contentOf("x"), content: Buffer.from("the new text") };
	const it = { type: "edited", at: 1, by: "ann", seq: 3, message: content } as const;
	const { key, value } = one((out) => rows.appendEvent(out, "conversation", "c", 9, it));
	t.notOk(Buffer.from(value).includes("the new text"));
	t.same(rows.decodeEvent(key, value), { ...it, message: null });
});

t.test("index rows come back as they were", async (t) => {
	const member = {
		kind: "group",
		role: "admin",
		intervals: [
			{ from: 1, fromPosition: 1, to: 5, toPosition: 9 },
			{ from: 8, fromPosition: 20, to: null, toPosition: null },
		],
		mutedUntil: 1e15,
		position: 20,
	} as const;
	const info = {
		kind: "group",
		title: "Zürich",
		picture: "",
		description: "d",
		link: null,
		createdAt: 1e12,
		createdBy: "ann",
		members: 3,
		position: 4,
	} as const;
	const user = { name: "Ann", picture: "p", presence: "contacts", createdAt: 7 } as const;
	const roundTrip = (row: IndexRow): Pair => one((out) => rows.appendIndexRow(out, row));
	const memberPair = roundTrip({ type: "member", user: "ann", conversation: "c", row: member });
	t.same(rows.decodeMember(memberPair.key, memberPair.value), member);
	const infoPair = roundTrip({ type: "info", conversation: "c", row: info });
	t.same(rows.decodeInfo(infoPair.key, infoPair.value), info);
	const userPair = roundTrip({ type: "user", user: "ann", row: user });
	t.same(rows.decodeUser(userPair.key, userPair.value), user);
	const reaction = { type: "reaction", conversation: "c", seq: 1, user: "ann" } as const;
	const thumb = roundTrip({ ...reaction, emoji: "👍🏽" });
	t.equal(rows.decodeReaction(thumb.key, thumb.value), "👍🏽");
	t.same(roundTrip({ ...reaction, emoji: null }), { key: thumb.key, value: null });
});

t.test("marks are there or deleted", async (t) => {
	const both: ((on: boolean) => IndexRow)[] = [
		(on) => ({ type: "pending", user: "ann", conversation: "c", on }),
		(on) => ({ type: "blocked", user: "ann", other: "bob", on }),
		(on) => ({ type: "expiry", at: 5, conversation: "c", seq: 1, on }),
	];
	for (const make of both) {
		const { key, value } = one((out) => rows.appendIndexRow(out, make(true)));
		t.equal(rows.decodeMark(key, value), true);
		t.same(
			one((out) => rows.appendIndexRow(out, make(false))),
			{ key, value: null },
		);
	}
	const hidden: IndexRow = { type: "hidden", user: "ann", conversation: "c", seq: 1 };
	const { key, value } = one((out) => rows.appendIndexRow(out, hidden));
	t.equal(rows.decodeMark(key, value), true);
});

t.test("watermarks, snapshots, floors, commits and registry rows come back", async () => {
	const mark = fc.record({
		position: count,
		delivered: count,
		deliveredAt: u48,
		seen: count,
		seenAt: u48,
	});
	fc.assert(
		fc.property(mark, id, fc.uint8Array(), (row, user, state) => {
			const pair = one((out) =>
				rows.appendIndexRow(out, { type: "watermark", conversation: "c", user, row }),
			);
			assert.deepEqual(rows.decodeWatermark(pair.key, pair.value), plain(row));
			const saved = { position: row.position, head: row.seen, state };
			const snapshot = one((out) => rows.appendSnapshot(out, "user", user, saved));
			assert.deepEqual(plain(rows.decodeSnapshot(snapshot.key, snapshot.value)), plain(saved));
			const floor = one((out) => rows.appendFloor(out, "user", user, row.position));
			assert.equal(rows.decodeFloor(floor.key, floor.value), row.position);
			const fields = ["pid", row.position, null];
			const registry = one((out) => rows.appendRegistry(out, "user", user, fields));
			assert.deepEqual(rows.decodeRegistry(registry.key, registry.value), fields);
		}),
	);
	const part = fc.record({
		entity: fc.constantFrom("conversation", "user"),
		id,
		from: fc.nat(),
		to: fc.nat(),
		head: count,
	});
	fc.assert(
		fc.property(u48, u48, fc.array(part), (number, at, parts) => {
			const ordered = parts.map((it) => ({ ...it, to: it.from + it.to }));
			const row = { number, at, rows: 7, check: 0xffff_ffff, parts: ordered } as const;
			const { key, value } = one((out) => appendCommit(out, row as never));
			assert.deepEqual(decodeCommit(key, value), plain(row));
		}),
	);
});

type Decode = (key: Uint8Array, value: Uint8Array) => unknown;

/** One row of every form, with its decoder. */
function samples(): [string, Pair, Decode][] {
	const row = messageOf(3);
	const of = (index: IndexRow): Pair => one((out) => rows.appendIndexRow(out, index));
	const interval = { from: 1, fromPosition: 1, to: null, toPosition: null };
	const member = {
		kind: "group",
		role: "owner",
		intervals: [interval],
		mutedUntil: 0,
		position: 1,
	} as const;
	const mark = { position: 1, delivered: 1, deliveredAt: 1, seen: 1, seenAt: 1 };
	const saved = { position: 1, head: 0, state: Buffer.from("state") };
	const added = { type: "added", at: 1, by: "ann", users: ["bob"], via: "member" } as const;
	return [
		["message", of({ type: "message", conversation: "ann~bob", row }), messageIn("ann~bob")],
		["message header", of({ type: "message", conversation: "c", row }), headerIn("c")],
		["event", one((out) => rows.appendEvent(out, "conversation", "c", 2, added)), rows.decodeEvent],
		[
			"member",
			of({ type: "member", user: "a", conversation: "c", row: member }),
			rows.decodeMember,
		],
		[
			"watermark",
			of({ type: "watermark", conversation: "c", user: "a", row: mark }),
			rows.decodeWatermark,
		],
		["snapshot", one((out) => rows.appendSnapshot(out, "user", "a", saved)), rows.decodeSnapshot],
		[
			"commit",
			one((out) => appendCommit(out, { number: 1, at: 1, rows: 1, check: 9, parts: [] })),
			decodeCommit,
		],
		["mark", of({ type: "pending", user: "a", conversation: "c", on: true }), rows.decodeMark],
	];
}

function messageIn(conversation: string): Decode {
	return (key, value) => rows.decodeMessage(key, value, conversation);
}

function headerIn(conversation: string): Decode {
	return (key, value) => rows.decodeMessageHeader(key, value, conversation);
}

t.test(
	"a row with any bit changed, any byte missing or under another key is refused",
	async (t) => {
		for (const [name, { key, value }, decode] of samples()) {
			decode(key, value);
			const refused = (k: Uint8Array, v: Uint8Array, how: string): void => {
				try {
					decode(k, v);
					t.fail(`${name}: ${how} was served`);
				} catch (error) {
					if ((error as { code?: string }).code !== "JOURNAL_DAMAGED") t.fail(`${name}: ${error}`);
					if (!/^the data folder is damaged: \w+ .+: /.test(String((error as Error).message))) {
						t.fail(`${name}: the row is not named in ${(error as Error).message}`);
					}
				}
			};
			for (let at = 0; at < value.length; at += 1) {
				for (let bit = 1; bit < 256; bit <<= 1) {
					const flipped = Uint8Array.from(value);
					flipped[at] = (flipped[at] as number) ^ bit;
					refused(key, flipped, `bit ${bit} of byte ${at}`);
				}
			}
			for (let length = 0; length < value.length; length += 1) {
				refused(key, value.subarray(0, length), `cut to ${length}`);
			}
			for (let at = 0; at < key.length; at += 1) {
				const other = Uint8Array.from(key);
				other[at] = (other[at] as number) ^ 1;
				refused(other, value, `key byte ${at}`);
			}
			t.pass(name);
		}
	},
);

t.test("a row of a newer version is refused, not guessed at", async (t) => {
	for (const [name, { key, value }, decode] of samples()) {
		const newer = Buffer.concat([Uint8Array.of(9), value.subarray(1)]);
		const { checksum } = await import("../../src/journal/bytes.js");
		const end = newer.length - 4;
		newer.writeUInt32BE(checksum(newer, 0, end, checksum(key, 0, key.length)), end);
		t.throws(() => decode(key, newer), { code: "JOURNAL_FORMAT" }, name);
	}
});

t.test("older events go up one version at a time", async (t) => {
	const steps = new Map([
		[1, (fields: readonly unknown[]) => [...fields, "two"]],
		[2, (fields: readonly unknown[]) => [...fields, "three"]],
	]);
	t.same(upcast(1, ["one"], steps, 3), ["one", "two", "three"]);
	t.same(upcast(2, ["one"], steps, 3), ["one", "three"]);
	t.same(upcast(3, ["one"], steps, 3), ["one"]);
	t.throws(() => upcast(0, [], steps, 3), RangeError);
	t.throws(() => upcast(4, [], steps, 3), { code: "JOURNAL_FORMAT" });
	t.throws(() => upcast(eventVersion + 1, []), { code: "JOURNAL_FORMAT" });
});

t.test("a message's row adds little to its content", async (t) => {
	const { value, key } = one((out) => rows.appendMessage(out, "ann~bob", messageOf(1000)));
	t.equal(value.length - 100, 53, "16 of them the outbox's name, 8 the id, 6 the time");
	t.equal(key.length, 15);
});

t.test("numbers that no row can hold are refused when written", async (t) => {
	const row = messageOf(1);
	for (const wrong of [
		{ ...row, position: -1 },
		{ ...row, position: 1.5 },
		{ ...row, at: 2 ** 48 },
		{ ...row, write: { ...row.write, outbox: "short" } },
		{ ...row, write: { ...row.write, outbox: "g".repeat(32) } },
	]) {
		t.throws(() => one((out) => rows.appendMessage(out, "c", wrong)), RangeError);
	}
	t.equal(keys.numberOf(keys.messageKey("c", 5)), 5);
});

function contentOf(text: string): NonNullable<Parameters<typeof rows.appendMessage>[2]["message"]> {
	return {
		id: new Uint8Array(8).fill(7),
		contentType: "text/plain",
		content: Buffer.alloc(100, text),
		replyTo: null,
		mentions: [],
		media: [],
		expiresAt: null,
		clientTime: 1_767_225_599_900,
	};
}

function messageOf(seq: number): Parameters<typeof rows.appendMessage>[2] {
	return {
		seq,
		position: seq * 2,
		changed: seq * 2,
		at: 1_767_225_600_000,
		sender: "ann",
		write: { outbox: "00112233445566778899aabbccddeeff", n: seq, answered: seq, hash: 0x1234_5678 },
		state: "live",
		message: contentOf("x"),
		id: null,
		editedAt: null,
		withheldFrom: null,
		frozen: null,
		seenUpTo: null,
		reacted: 0,
	};
}
