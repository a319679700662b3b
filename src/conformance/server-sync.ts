// Chapter 6: pushes, marks, pulls and the list, as a device meets them.

import type { ListEntry, PullItem } from "../protocol/frames.js";
import { type Caller, editOf, sendOf } from "./caller.js";
import { check, type ServerStage, words } from "./stage.js";

/** Ann and Bob in a group that both have heard of. */
async function pair(stage: ServerStage) {
	const [ann, bob] = (await stage.several(2)) as [Caller, Caller];
	const group = await stage.group(ann, [bob]);
	await bob.next("changed");
	return { ann, bob, group };
}

async function listOf(caller: Caller, limit = 200): Promise<ListEntry[]> {
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

async function entryOf(caller: Caller, conversation: string): Promise<ListEntry> {
	const entry = (await listOf(caller)).find((one) => one.conversation === conversation);
	if (entry === undefined) throw new Error("the list does not name the conversation");
	return entry;
}

/** Bob is away while Ann does something; then he is back. What he is told: marks of the group. */
async function away(stage: ServerStage) {
	const { ann, bob, group } = await pair(stage);
	const [{ position = 0 } = {}] = (await bob.pull(group)).map((item) =>
		item.type === "message" ? item.message : item,
	);
	bob.socket.close(1000);
	await bob.end();
	await ann.send(group, "while away");
	const { generation } = bob.welcome;
	const back = await stage.dial(bob.identity.person, { ...bob.identity, generation });
	back.hello();
	await back.next("welcome");
	back.say({ type: "ready", generation: back.welcome.generation });
	return { ann, back, group, position };
}

async function marked(caller: Caller, conversation: string): Promise<boolean> {
	return (await caller.marks()).some((one) => one.conversation === conversation);
}

export const syncChecks = [
	check(
		"6.1",
		"positions of an answer, a push and the list's entry",
		"one and the same",
		async (s) => {
			const { ann, bob, group } = await pair(s);
			const { position } = await ann.send(group);
			const push = (await bob.next("message")).message.position;
			const entry = (await entryOf(bob, group)).position;
			return push === position && entry === position
				? "one and the same"
				: `${position}, ${push}, ${entry}`;
		},
	),
	check("6.2", "ten messages from two members", "numbers 1 to 10, none left out", async (s) => {
		const { ann, bob, group } = await pair(s);
		for (let i = 0; i < 5; i++) {
			await ann.send(group);
			await bob.send(group);
		}
		const items = await bob.pull(group);
		const seqs = items.flatMap((item) => (item.type === "message" ? [item.message.seq] : []));
		return seqs.join() === "1,2,3,4,5,6,7,8,9,10" ? "numbers 1 to 10, none left out" : seqs.join();
	}),
	check("6.2", "what was said before one joined", "not told; the first number is 3", async (s) => {
		const [ann, bob] = (await s.several(2)) as [Caller, Caller];
		const group = await s.group(ann);
		await ann.send(group);
		await ann.send(group);
		await ann.do(group, { type: "add", users: [bob.me] });
		await ann.send(group);
		await bob.next("message");
		const seqs = (await bob.pull(group)).flatMap((item) =>
			item.type === "message" ? [item.message.seq] : [],
		);
		return seqs[0] === 3 ? "not told; the first number is 3" : `the first number is ${seqs[0]}`;
	}),
	check(
		"6.3",
		"a message to a device that is level",
		"from its position to the next",
		async (s) => {
			const { ann, bob, group } = await pair(s);
			const first = await ann.send(group);
			await bob.next("message");
			const second = await ann.send(group);
			const push = await bob.next("message");
			return push.from === first.position && push.message.position === second.position
				? "from its position to the next"
				: `from ${push.from} to ${push.message.position}`;
		},
	),
	check("6.3", "a message to a device that is level, how often", "message 1", async (s) => {
		const { ann, bob, group } = await pair(s);
		await ann.send(group);
		await bob.until(
			() => bob.heard.length > 0,
			5_000,
			() => "nothing came",
		);
		return words(...(await bob.quiet()));
	}),
	check("6.4", "a message edited", "changed row, whose changed is its position", async (s) => {
		const { ann, bob, group } = await pair(s);
		const { seq } = await ann.send(group);
		const { position } = await ann.do(group, editOf(seq, "edited"));
		const { change, position: pushed } = await bob.next("changed");
		if (change.type !== "row") return `changed ${change.type}`;
		const { message } = change;
		const sound =
			message.seq === seq &&
			message.changed === position &&
			pushed === position &&
			message.editedAt !== null &&
			Buffer.from(message.body?.content ?? "").toString() === "edited";
		return sound ? "changed row, whose changed is its position" : JSON.stringify(message);
	}),
	check("6.4", "a message deleted", "state deleted, no body", async (s) => {
		const { ann, bob, group } = await pair(s);
		const { seq } = await ann.send(group);
		await ann.do(group, { type: "delete", seq });
		const { change } = await bob.next("changed");
		if (change.type !== "row") return `changed ${change.type}`;
		return `state ${change.message.state}, ${change.message.body === null ? "no body" : "a body"}`;
	}),
	check(
		"6.4",
		"a reaction, in a push and in the row",
		"reacted; its position is the row's changed",
		async (s) => {
			const { ann, bob, group } = await pair(s);
			const { seq } = await ann.send(group);
			await ann.do(group, { type: "react", seq, emoji: "+" });
			const { change, position } = await bob.next("changed");
			const [row] = (await bob.history(group)).messages;
			const sound = change.type === "reacted" && row?.changed === position;
			const shown = row?.reactions.map(({ user, emoji }) => `${user} ${emoji}`).join();
			return sound && shown === `${ann.me} +`
				? "reacted; its position is the row's changed"
				: `${change.type} ${shown}`;
		},
	),
	check(
		"6.4",
		"a row hidden, in history and in a pull",
		"skip, changed 2^53 − 1, in both",
		async (s) => {
			const { ann, bob, group } = await pair(s);
			const { seq } = await ann.send(group);
			await bob.next("message");
			await bob.do(group, { type: "hide", seq });
			const [row] = (await bob.history(group)).messages;
			const pulled = (await bob.pull(group)).find(
				(item) => item.type === "message" && item.message.seq === seq,
			);
			const rows = [row, pulled?.type === "message" ? pulled.message : undefined];
			const sound = rows.every(
				(one) => one?.state === "skip" && one.changed === Number.MAX_SAFE_INTEGER,
			);
			return sound
				? "skip, changed 2^53 − 1, in both"
				: rows.map((one) => `${one?.state} ${one?.changed}`).join();
		},
	),
	check(
		"6.5",
		"back after a message",
		"marks name the conversation, with its last position",
		async (s) => {
			const { ann, back, group } = await away(s);
			const mark = (await back.marks()).find((one) => one.conversation === group);
			const { position } = await entryOf(ann, group);
			return mark?.position === position
				? "marks name the conversation, with its last position"
				: `${mark?.position} of ${position}`;
		},
	),
	check("6.5", "held below the mark, then connected again", "marked again", async (s) => {
		const { back, group, position } = await away(s);
		await back.marks();
		back.say({ type: "held", held: [{ conversation: group, position }] });
		await back.result({ type: "ping" });
		back.socket.close(1000);
		await back.end();
		const { generation } = back.welcome;
		const later = await s.dial(back.identity.person, { ...back.identity, generation });
		later.hello();
		later.say({ type: "ready", generation: (await later.next("welcome")).generation });
		return (await marked(later, group)) ? "marked again" : "not marked";
	}),
	check("6.5", "held at the mark, then connected again", "not marked", async (s) => {
		const { back, group } = await away(s);
		const mark = (await back.marks()).find((one) => one.conversation === group);
		if (mark === undefined) return "no mark to begin with";
		back.say({ type: "held", held: [mark] });
		// The mark is the conversation's: what it says next shows that it has heard of this.
		await back.history(group);
		await back.wait(300);
		back.socket.close(1000);
		await back.end();
		const { generation } = back.welcome;
		const later = await s.dial(back.identity.person, { ...back.identity, generation });
		later.hello();
		later.say({ type: "ready", generation: (await later.next("welcome")).generation });
		return (await marked(later, group)) ? "marked again" : "not marked";
	}),
	check("6.6", "a pull of one position a page", "in order, one until, done at it", async (s) => {
		const { ann, bob, group } = await pair(s);
		for (let i = 0; i < 4; i++) await ann.send(group);
		let at = 0;
		let until: number | null = null;
		const positions: number[] = [];
		for (let pages = 0; pages < 20; pages++) {
			const page: Awaited<ReturnType<typeof pullPage>> = await pullPage(bob, group, at, until);
			if (until !== null && page.until !== until) return `until ${page.until} after ${until}`;
			if (new Set(page.items.map(positionOf)).size > 1) return `${page.items.length} items`;
			until = page.until;
			at = page.position;
			positions.push(at);
			if (page.done) break;
			await ann.send(group, "meanwhile");
		}
		const rising = positions.every((one, i) => i === 0 || one > (positions[i - 1] as number));
		return rising && at >= (until ?? 0) ? "in order, one until, done at it" : positions.join();
	}),
	check("6.6", "a pull from the last position", "no items, done", async (s) => {
		const { ann, group } = await pair(s);
		const { position } = await entryOf(ann, group);
		const page = await pullPage(ann, group, position, null);
		return `${page.items.length === 0 ? "no" : page.items.length} items, ${page.done ? "done" : "not done"}`;
	}),
	check("6.6", "status and changes in a pull", "message, change, status", async (s) => {
		const { ann, bob, group } = await pair(s);
		const { seq } = await ann.send(group);
		await bob.next("message");
		bob.say({ type: "delivered", conversation: group, seq });
		await ann.next("status");
		const kinds = new Set((await ann.pull(group)).map(({ type }) => type));
		return [...kinds]
			.sort()
			.reverse()
			.sort((a, b) => order.indexOf(a) - order.indexOf(b))
			.join(", ");
	}),
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
			const { ann, bob, group } = await pair(s);
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
			const { ann, bob, group } = await pair(s);
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
			const { ann, bob, group } = await pair(s);
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
			const { ann, bob, group } = await pair(s);
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
			const { ann, bob, group } = await pair(s);
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
		const { bob, group } = await pair(s);
		await bob.do(group, { type: "leave" });
		return (await entryOf(bob, group)).role;
	}),
	check("6.14", "a pull that says fresh", "the same items", async (s) => {
		const { ann, bob, group } = await pair(s);
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

function positionOf(item: PullItem): number {
	return item.type === "message" ? item.message.position : item.position;
}

const order = ["message", "change", "status"];

function pullPage(
	caller: Caller,
	conversation: string,
	position: number,
	until: number | null,
	limit = 1,
) {
	return caller.result({ type: "pull", conversation, position, until, limit, fresh: false });
}
