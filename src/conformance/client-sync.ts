// Situations of what a client holds: pushes, gaps, pulls, marks, resets, receipts.

import type { PullItem, ServerOp } from "../protocol/frames.js";
import {
	type ClientStage,
	entry,
	group,
	me,
	push,
	result,
	row,
	situation,
	type Welcome,
} from "./client-stage.js";
import type { Peer, Said } from "./peer.js";

function page(
	{ request }: Said<"pull">,
	items: readonly PullItem[],
	position: number,
	until = position,
): ServerOp {
	return result(request, { type: "pull", items, position, until, done: position >= until });
}

const item = (seq: number): PullItem => ({ type: "message", message: row(seq) });

/** A device that has been welcomed before and is so again; its list is read. */
async function back(stage: ClientStage, changes: Partial<Welcome> = {}): Promise<Peer> {
	return stage.welcomed({ fresh: false, ...changes });
}

/** Whether the next push is taken as it comes: the device is level at the position before it. */
async function level(peer: Peer, seq: number): Promise<string> {
	peer.say(push(seq));
	const op = await peer.match(
		(one) => one.type === "pull" || (one.type === "delivered" && one.seq >= seq),
		"receipt or pull",
	);
	return op.type === "pull" ? `a pull from ${op.position}` : "level";
}

export const syncSituations = [
	situation("6.3", "a message", "delivered 1, no pull", async (s) => {
		const peer = await s.live();
		peer.say(push(1));
		const { seq } = await peer.next("delivered");
		const pulled = (await peer.quiet()).some(({ type }) => type === "pull");
		return `delivered ${seq}, ${pulled ? "a pull" : "no pull"}`;
	}),
	situation("6.3", "the same message twice", "level", async (s) => {
		const peer = await s.live();
		peer.say(push(1), push(1));
		await peer.next("delivered");
		peer.say(push(1));
		return level(peer, 2);
	}),
	situation("6.3", "a message that does not continue what is held", "a pull from 1", async (s) => {
		const peer = await s.live();
		peer.say(push(3));
		const { conversation, position, until } = await peer.next("pull");
		return conversation === group && until === null ? `a pull from ${position}` : `${conversation}`;
	}),
	situation("6.3", "the gap closed by the pull", "delivered 3, level", async (s) => {
		const peer = await s.live();
		peer.say(push(3));
		peer.say(page(await peer.next("pull"), [item(1), item(2), item(3)], 4));
		await peer.match((op) => op.type === "delivered" && op.seq === 3, "delivered 3");
		return `delivered 3, ${await level(peer, 4)}`;
	}),
	situation("6.3", "a push that says it continues from before what is held", "level", async (s) => {
		const peer = await s.live();
		peer.say(push(1));
		await peer.next("delivered");
		peer.say(push(2, 0));
		await peer.match((op) => op.type === "delivered" && op.seq === 2, "delivered 2");
		return level(peer, 3);
	}),
	situation("6.2", "a skip", "it moves the device: level", async (s) => {
		const peer = await s.live();
		peer.say({ type: "skip", conversation: group, from: 1, position: 2, seq: 1 });
		return `it moves the device: ${await level(peer, 2)}`;
	}),
	situation(
		"10.3",
		"a change of a number that nobody knows",
		"it moves the device: level",
		async (s) => {
			const peer = await s.live();
			// changed, g1, from 1, position 2, at 0, [50, "x"]
			peer.sayHex("9648a267310102009232a178");
			return `it moves the device: ${await level(peer, 1 + 1)}`;
		},
	),
	situation("6.3", "status and a change", "they move the device: level", async (s) => {
		const peer = await s.live();
		const mark = { user: "bob", delivered: 0, deliveredAt: 0, seen: 0, seenAt: 0 };
		peer.say(
			{ type: "status", conversation: group, from: 1, position: 2, watermarks: [mark] },
			{
				type: "changed",
				conversation: group,
				from: 2,
				position: 3,
				at: 0,
				change: { type: "described", title: "T", picture: null, description: null },
			},
		);
		// Message 1 at position 4.
		peer.say({ type: "message", conversation: group, from: 3, message: row(1, { position: 4 }) });
		const op = await peer.match(({ type }) => type === "delivered" || type === "pull", "receipt");
		return `they move the device: ${op.type === "delivered" ? "level" : "a pull"}`;
	}),
	situation("6.5", "back, marked beyond what it holds", "held 2; a pull from 2", async (s) => {
		const first = await s.live();
		first.say(push(1));
		await first.next("delivered");
		first.cut();
		const peer = await back(s);
		peer.say({ type: "marks", marks: [{ conversation: group, position: 5 }], last: true });
		const [one] = (await peer.next("held")).held;
		const { position } = await peer.next("pull");
		return `held ${one?.position}; a pull from ${position}`;
	}),
	situation(
		"6.5",
		"a push before the marks of that connection",
		"held 1, as the generation began",
		async (s) => {
			const first = await s.live();
			first.cut();
			const peer = await back(s);
			peer.say(push(1));
			await peer.next("delivered");
			peer.say({ type: "marks", marks: [{ conversation: group, position: 2 }], last: true });
			const [one] = (await peer.next("held")).held;
			return `held ${one?.position}, as the generation began`;
		},
	),
	situation("6.5", "marked where it is level", "held 1, no pull", async (s) => {
		(await s.live()).cut();
		const peer = await back(s);
		peer.say({ type: "marks", marks: [{ conversation: group, position: 1 }], last: true });
		const [one] = (await peer.next("held")).held;
		const pulled = (await peer.quiet()).some(({ type }) => type === "pull");
		return `held ${one?.position}, ${pulled ? "a pull" : "no pull"}`;
	}),
	situation(
		"6.5",
		"a conversation that it does not know, marked",
		"held 0; a pull from 0",
		async (s) => {
			(await s.live()).cut();
			const peer = await back(s);
			peer.say({ type: "marks", marks: [{ conversation: "g9", position: 4 }], last: true });
			const [one] = (await peer.next("held")).held;
			const { position, conversation } = await peer.next("pull");
			return conversation === "g9"
				? `held ${one?.position}; a pull from ${position}`
				: conversation;
		},
	),
	situation("6.6", "a pull of two pages", "asks on from 2 with the same until", async (s) => {
		const peer = await s.live();
		peer.say(push(3));
		peer.say(page(await peer.next("pull"), [item(1)], 2, 4));
		const { position, until } = await peer.next("pull");
		return until === 4 ? `asks on from ${position} with the same until` : `until ${until}`;
	}),
	situation(
		"7.1",
		"a pull of two pages, message 1 on the second, as it was edited",
		"no receipt in its midst, then 2",
		async (s) => {
			const peer = await s.live();
			peer.say(push(3));
			peer.say(page(await peer.next("pull"), [item(2)], 3, 4));
			const second = await peer.next("pull");
			const early = (await peer.quiet()).some(({ type }) => type === "delivered");
			const edited = row(1, { changed: 4, editedAt: 1_764_000_000_009 });
			peer.say(page(second, [{ type: "message", message: edited }], 4));
			const { seq } = await peer.next("delivered");
			return `${early ? "a receipt" : "no receipt"} in its midst, then ${seq}`;
		},
	),
	situation(
		"6.7",
		"marks in the midst of a connection, as after lagging",
		"a pull from 1",
		async (s) => {
			const peer = await s.live();
			peer.say({ type: "marks", marks: [{ conversation: group, position: 3 }], last: true });
			return `a pull from ${(await peer.next("pull")).position}`;
		},
	),
	situation("6.7", "a mark during a pull that ends below it", "another pull, from 3", async (s) => {
		const peer = await s.live();
		peer.say({ type: "marks", marks: [{ conversation: group, position: 3 }], last: true });
		const pull = await peer.next("pull");
		peer.say({ type: "marks", marks: [{ conversation: group, position: 4 }], last: true });
		await peer.next("held");
		peer.say(page(pull, [item(1), item(2)], 3));
		return `another pull, from ${(await peer.next("pull")).position}`;
	}),
	situation("1.7", "ended as a slow reader, back and marked", "a pull from 1", async (s) => {
		const first = await s.live();
		first.say({ type: "goodbye", code: "SLOW_READER", detail: "", retryAfterMs: 0 });
		first.close(4001);
		const peer = await back(s);
		peer.say({ type: "marks", marks: [{ conversation: group, position: 5 }], last: true });
		return `a pull from ${(await peer.next("pull")).position}`;
	}),
	situation("6.8", "a list's entry ahead of its start", "a pull from its start", async (s) => {
		const peer = await s.live({ start: 3, position: 9, head: 8, delivered: 2 });
		const { position } = await peer.next("pull");
		return position === 3 ? "a pull from its start" : `a pull from ${position}`;
	}),
	situation(
		"6.8",
		"cut off before it has reached an entry's position",
		"pulls by itself, unmarked",
		async (s) => {
			const first = await s.live({ start: 1, position: 9, head: 8 });
			await first.next("pull");
			first.cut();
			const peer = await back(s);
			peer.say({ type: "marks", marks: [], last: true });
			const { position } = await peer.next("pull");
			return position === 1 ? "pulls by itself, unmarked" : `a pull from ${position}`;
		},
	),
	situation("4.7", "another epoch", "reads the list, pulls from the entry's start", async (s) => {
		const first = await s.live();
		first.say(push(1), push(2));
		await first.next("delivered");
		first.cut();
		const peer = await back(s, { epoch: "e2" });
		await s.list(peer, [entry({ start: 1, position: 2 })]);
		const { position } = (await peer.match(
			(op) => op.type === "pull" && op.conversation === group,
			"pull",
		)) as Said<"pull">;
		return position === 1 ? "reads the list, pulls from the entry's start" : `from ${position}`;
	}),
	situation("6.9", "RESET to a pull", "reads the list, pulls from the entry's start", async (s) => {
		const peer = await s.live();
		peer.say(push(9));
		const { request } = await peer.next("pull");
		peer.say({ type: "error", request, code: "RESET", detail: "" });
		await s.list(peer, [entry({ start: 7, position: 10, head: 9, delivered: 6 })]);
		const { position } = await peer.next("pull");
		return position === 7 ? "reads the list, pulls from the entry's start" : `from ${position}`;
	}),
	situation("6.9", "UNAVAILABLE to a pull", "asks again, from the same position", async (s) => {
		const peer = await s.live();
		peer.say(push(3));
		const { request } = await peer.next("pull");
		peer.say({ type: "error", request, code: "UNAVAILABLE", detail: "" });
		const { position } = await peer.next("pull");
		return position === 1 ? "asks again, from the same position" : `from ${position}`;
	}),
	situation("7.1", "one's own message from another device", "no receipt", async (s) => {
		const peer = await s.live();
		const mine = row(1, { sender: me });
		peer.say({ type: "message", conversation: group, from: 1, message: mine });
		const receipts = (await peer.quiet()).filter(({ type }) => type === "delivered").length;
		return receipts === 0 ? "no receipt" : "a receipt";
	}),
];
