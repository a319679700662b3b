// The tables of docs/protocol.md §12, cell by cell against `decide`: what the page says is what
// happens. Rows that something else than the domain answers are listed, and so is that checked.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import type { ConversationCommand } from "../../src/domain/conversation-command.js";
import { type Caps, checkReceipt, decide } from "../../src/domain/conversation-decide.js";
import type { ConversationEvent, ConversationKind } from "../../src/domain/event.js";
import { lastVisible } from "../../src/domain/visibility.js";
import { given, type Stage } from "../helpers/given.js";
import { root } from "../helpers/root.js";
import * as w from "./words.js";

const caps: Caps = { groupMembersMax: 100, channelMembersMax: 100, reactionsPerMessageMax: 100 };

/** Answered from the store, from the state without a decision, or never. */
const elsewhere = [
	...["history", "pull", "info", "typing"],
	...["receipts-own", "receipts-other", "receipts-unknown"],
];

interface Cell {
	readonly kind: ConversationKind;
	readonly operation: string;
	readonly column: string;
	readonly outcome: string;
}

function cells(): Cell[] {
	const page = readFileSync(join(root, "docs/protocol.md"), "utf8");
	const tables = page.matchAll(
		/<!-- permissions:begin (\w+) -->\n([\s\S]*?)<!-- permissions:end -->/g,
	);
	return [...tables].flatMap(([, kind, table]) => {
		const [head = [], , ...rows] = (table as string).trim().split("\n").map(columns);
		return rows.flatMap(([operation = "", ...outcomes]) =>
			outcomes.map((outcome, i) => ({
				kind: kind as ConversationKind,
				operation,
				column: head[i + 1] as string,
				outcome,
			})),
		);
	});
}

function columns(line: string): string[] {
	return line
		.split("|")
		.slice(1, -1)
		.map((cell) => cell.trim());
}

/** Who asks, by column, and another one in each role. */
const askers: Readonly<Record<string, string>> = {
	owner: "olga",
	admin: "adam",
	member: "mia",
	outsider: "eve",
	removed: "rem",
	blocked: "mia",
	blocker: "mia",
};

/** Everyone has written two messages, the second of them deleted, and the owner `odo` one more. */
const authors = ["olga", "adam", "mia", "rem"];
const ownOf = (asker: string) => 2 * Math.max(0, authors.indexOf(asker)) + 1;
const goneOf = (asker: string) => ownOf(asker) + 1;
const foreign = 2 * authors.length + 1;

function messages(): ConversationEvent[] {
	const own = authors.flatMap((user) => [
		w.sent(ownOf(user), user, "own"),
		w.sent(goneOf(user), user, "gone"),
	]);
	return [...own, ...authors.map((user) => w.deleted(goneOf(user), user))];
}

function stageOf({ kind, operation, column }: Cell): Stage {
	if (kind === "direct") {
		const talk = [...messages(), w.sent(foreign, "odo", "foreign")];
		const block = column === "blocked" ? [w.blocked("odo")] : [];
		const own = column === "blocker" ? [w.blocked("mia")] : [];
		return given(w.opened("mia", "odo"), ...talk, ...block, ...own);
	}
	const others = ["odo", "adam", "abe", "mia", "max", "rem"];
	const created = kind === "group" ? w.group("olga", ...others) : w.channel("olga", ...others);
	const lone = operation === "leave-last" || operation === "role-last";
	return given(
		created,
		...(lone ? [] : [w.roleGiven("owner", "odo", "olga")]),
		w.linked("olga", "right"),
		...messages(),
		w.sent(foreign, "odo", "foreign"),
		w.roleGiven("admin", "adam", "olga"),
		w.roleGiven("admin", "abe", "olga"),
		w.removed("olga", "rem"),
	);
}

/** The wish of a row, by the asker. */
const wishes: Readonly<Record<string, (by: string) => ConversationCommand>> = {
	send: (by) => w.send(by, "hi"),
	"edit-own": (by) => w.edit(ownOf(by), by),
	"edit-other": (by) => w.edit(foreign, by),
	"edit-unknown": (by) => w.edit(foreign + 1, by),
	"edit-gone": (by) => w.edit(goneOf(by), by),
	"delete-own": (by) => w.erase(ownOf(by), by),
	"delete-other": (by) => w.erase(foreign, by),
	"delete-unknown": (by) => w.erase(foreign + 1, by),
	hide: (by) => w.hide(foreign, by),
	react: (by) => w.react(foreign, by),
	"react-gone": (by) => w.react(goneOf(by), by),
	create: (by) => w.create("group", by),
	add: (by) => w.add(by, ["new"]),
	"add-unknown": (by) => w.add(by, ["nil"], ["nil"]),
	"remove-member": (by) => w.remove(by, "max"),
	"remove-admin": (by) => w.remove(by, "abe"),
	"remove-owner": (by) => w.remove(by, "odo"),
	"remove-self": (by) => w.remove(by, by),
	leave: (by) => w.leave(by),
	"leave-last": (by) => w.leave(by),
	join: (by) => w.join(by, "right"),
	"join-wrong": (by) => w.join(by, "wrong"),
	"role-to-owner": (by) => w.giveRole("owner", "max", by),
	"role-to-admin": (by) => w.giveRole("admin", "max", by),
	"role-of-admin": (by) => w.giveRole("member", "abe", by),
	"role-of-owner": (by) => w.giveRole("member", "odo", by),
	"role-last": (by) => w.giveRole("member", "olga", by),
	"role-stranger": (by) => w.giveRole("admin", "eve", by),
	describe: (by) => w.describe(by, "new"),
	"link-on": (by) => w.setLink(by, "new"),
	"link-off": (by) => w.setLink(by, null),
	mute: (by) => w.mute(by, 1),
	block: (by) => w.block(by),
	unblock: (by) => w.block(by, false),
};

function outcomeOf(cell: Cell): string {
	const { state, rows } = stageOf(cell);
	const asker = askers[cell.column] as string;
	const receipt = /^(delivered|seen)(-beyond)?$/.exec(cell.operation);
	if (receipt !== null) {
		const last = lastVisible(state.members.get(asker)?.intervals ?? [], state.head);
		const check = checkReceipt(state, asker, receipt[2] === undefined ? last : state.head + 1);
		return check.type === "rejected" ? check.rejection.code : "ok";
	}
	const wish = wishes[cell.operation];
	assert.ok(wish !== undefined, `nobody knows what ${cell.operation} is`);
	const command = wish(asker);
	const row = "row" in command ? (rows.get(command.seq) ?? null) : null;
	const decision = decide(state, "row" in command ? { ...command, row } : command, caps);
	return decision.type === "rejected" ? decision.rejection.code : "ok";
}

const decided = cells().filter(
	({ kind, operation, outcome }) =>
		outcome !== "-" &&
		!elsewhere.includes(operation) &&
		// The id of a direct conversation is refused before anybody is asked.
		!(kind === "direct" && operation === "create"),
);

for (const kind of ["group", "channel", "direct"] as const) {
	t.test(`${kind} · every operation of every role · as docs/protocol.md §12 says`, async (t) => {
		const own = decided.filter((cell) => cell.kind === kind);
		t.ok(own.length > 100, `${own.length} cells`);
		for (const cell of own) {
			t.equal(outcomeOf(cell), cell.outcome, `${cell.column} · ${cell.operation}`);
		}
	});
}

t.test(
	"every row of the page is decided here or answered elsewhere, and none is left over",
	async (t) => {
		const named = new Set(cells().map((cell) => cell.operation));
		const known = [...Object.keys(wishes), ...elsewhere];
		const receipts = ["delivered", "seen", "delivered-beyond", "seen-beyond"];
		t.strictSame([...named].sort(), [...known, ...receipts].sort());
	},
);
