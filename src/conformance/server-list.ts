// The second half of chapter 6: the list, and what is told to whom as members come, go and hide.

import type { ListEntry } from "../protocol/frames.js";
import { type Caller, sendOf } from "./caller.js";
import { check, words } from "./stage.js";

/** The whole list, page by page. */
export async function listOf(caller: Caller, limit = 200): Promise<ListEntry[]> {
	const entries: ListEntry[] = [];
	let cursor: string | null = null;
	do {
		const page: { entries: readonly ListEntry[]; cursor: string | null } = await caller.result({
			type: "list",
			cursor,
			limit,
		});
		entries.push(...page.entries);
		cursor = page.cursor;
	} while (cursor !== null);
	return entries;
}

export async function entryOf(caller: Caller, conversation: string): Promise<ListEntry> {
	const entry = (await listOf(caller)).find((one) => one.conversation === conversation);
	if (entry === undefined) throw new Error("the list does not name the conversation");
	return entry;
}

/** One page of a pull. */
export function pullPage(
	caller: Caller,
	conversation: string,
	position: number,
	until: number | null,
	limit = 1,
) {
	return caller.result({ type: "pull", conversation, position, until, limit, fresh: false });
}

export const listChecks = [
	check("6.8", "the list, one entry a page", "three conversations, each once", async (s) => {
		const ann = await s.device(await s.person());
		const ids = [await s.group(ann), await s.group(ann), await s.group(ann, [], "channel")];
		const listed = (await listOf(ann, 1)).map(({ conversation }) => conversation);
		const each = ids.every((id) => listed.filter((one) => one === id).length === 1);
		return each ? "three conversations, each once" : listed.join();
	}),
	check(
		"6.8",
		"an entry: start, head, position",
		"a pull from start gives what is not delivered",
		async (s) => {
			const { ann, bob, group } = await s.pair();
			await ann.send(group);
			bob.say({ type: "delivered", conversation: group, seq: 1 });
			await ann.next("status");
			await ann.send(group);
			await bob.match((op) => op.type === "message" && op.message.seq === 2, "message 2");
			const { start, head, delivered } = await entryOf(bob, group);
			const items = await bob.pull(group, start);
			const seqs = items.flatMap((item) => (item.type === "message" ? [item.message.seq] : []));
			return head === 2 && delivered === 1 && seqs.join() === "2"
				? "a pull from start gives what is not delivered"
				: `head ${head}, delivered ${delivered}, pulled ${seqs}`;
		},
	),
	check("6.8", "listed", "marks", async (s) => {
		const ann = await (await s.dial(await s.person())).begin(false);
		await listOf(ann);
		ann.say({ type: "listed" });
		await ann.marks();
		return "marks";
	}),
	check(
		"6.10",
		"removed from a group",
		"removed is the last change; history to there",
		async (s) => {
			const { ann, bob, group } = await s.pair();
			const { seq } = await ann.send(group, "before");
			await ann.do(group, { type: "remove", users: [bob.me] });
			await ann.send(group, "after");
			await bob.match((op) => op.type === "changed" && op.change.type === "removed", "removed");
			const later = await bob.quiet();
			const [newest] = (await bob.history(group)).messages;
			const told = later.some((op) => op.type === "message" && op.message.seq > seq);
			return !told && newest?.seq === seq
				? "removed is the last change; history to there"
				: `${words(...later)}, history to ${newest?.seq}`;
		},
	),
	check(
		"6.10",
		"added again",
		"what was said meanwhile is not told, what follows is",
		async (s) => {
			const { ann, bob, group } = await s.pair();
			await ann.do(group, { type: "remove", users: [bob.me] });
			await ann.send(group, "meanwhile");
			await ann.do(group, { type: "add", users: [bob.me] });
			await ann.send(group, "back");
			await bob.match((op) => op.type === "message" && op.message.seq === 2, "message 2");
			const rows = (await bob.pull(group)).flatMap((item) =>
				item.type === "message" && item.message.state === "live" ? [item.message.seq] : [],
			);
			return rows.join() === "2"
				? "what was said meanwhile is not told, what follows is"
				: rows.join();
		},
	),
	check(
		"6.11",
		"hide and mute of one device",
		"told to the other device, not to the other member",
		async (s) => {
			const { ann, bob, group } = await s.pair();
			const other = await s.device(ann.identity.person);
			const { seq } = await ann.send(group);
			await ann.do(group, { type: "hide", seq });
			await ann.do(group, { type: "mute", until: 2_000_000_000_000 });
			const mine = words(...(await other.quiet()).filter(({ type }) => type === "changed"));
			const theirs = words(...(await bob.quiet()).filter(({ type }) => type === "changed"));
			return mine === "changed hidden, changed muted" && theirs === "nothing"
				? "told to the other device, not to the other member"
				: `${mine}; ${theirs}`;
		},
	),
	check(
		"6.12",
		"unread: three of others, one of them deleted, one seen, one's own",
		"1",
		async (s) => {
			const { ann, bob, group } = await s.pair();
			for (let i = 0; i < 3; i++) await ann.send(group);
			await ann.do(group, { type: "delete", seq: 3 });
			await bob.match((op) => op.type === "changed", "the deletion");
			bob.say(
				{ type: "delivered", conversation: group, seq: 3 },
				{ type: "seen", conversation: group, seq: 1 },
			);
			// Receipts of a group are gathered for a moment.
			await ann.match(
				(op) => op.type === "status" && op.watermarks.some((one) => one.seen === 1),
				"seen",
			);
			await bob.send(group, "mine");
			return String((await entryOf(bob, group)).unread);
		},
	),
	check("6.13", "an entry of a conversation that one left", "removed", async (s) => {
		const { bob, group } = await s.pair();
		await bob.do(group, { type: "leave" });
		return (await entryOf(bob, group)).role;
	}),
	check("6.14", "a pull that says fresh", "the same items", async (s) => {
		const { ann, bob, group } = await s.pair();
		await ann.send(group);
		const plain = await pullPage(bob, group, 0, null, 100);
		const fresh = await bob.result({
			type: "pull",
			conversation: group,
			position: 0,
			until: null,
			limit: 100,
			fresh: true,
		});
		const count = (page: { items: readonly { type: string }[] }) =>
			page.items.filter(({ type }) => type === "message").length;
		return count(fresh) === 1 && count(plain) === 1
			? "the same items"
			: `${count(fresh)}, ${count(plain)}`;
	}),
	check(
		"6.2",
		"a message that a block withholds from the reader",
		"skip 1",
		async (s) => {
			const [ann, bob] = (await s.several(2)) as [Caller, Caller];
			const direct = await ann.open(bob.me);
			await bob.do(direct, { type: "block" });
			await ann.do(direct, sendOf("withheld"));
			const op = await bob.match(({ type }) => type === "skip" || type === "message", "a skip");
			return op.type === "skip" ? "skip 1" : words(op);
		},
		{ madeUsers: true },
	),
];
