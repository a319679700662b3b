// The first half of chapter 6: pushes, marks and pulls, as a device meets them.

import type { PullItem } from "../protocol/frames.js";
import { type Caller, editOf } from "./caller.js";
import { entryOf, pullPage } from "./server-list.js";
import { check, type ServerStage, words } from "./stage.js";

/** Bob is away while Ann does something; then he is back. What he is told: marks of the group. */
async function away(stage: ServerStage) {
	const { ann, bob, group } = await stage.pair();
	const [{ position = 0 } = {}] = (await bob.pull(group)).map((item) =>
		item.type === "message" ? item.message : item,
	);
	bob.socket.close(1000);
	await bob.end();
	await ann.send(group, "while away");
	const back = await stage.dial(bob.identity.person, bob.stored);
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
			const { ann, bob, group } = await s.pair();
			const { position } = await ann.send(group);
			const push = (await bob.next("message")).message.position;
			const entry = (await entryOf(bob, group)).position;
			return push === position && entry === position
				? "one and the same"
				: `${position}, ${push}, ${entry}`;
		},
	),
	check("6.2", "ten messages from two members", "numbers 1 to 10, none left out", async (s) => {
		const { ann, bob, group } = await s.pair();
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
			const { ann, bob, group } = await s.pair();
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
		const { ann, bob, group } = await s.pair();
		await ann.send(group);
		await bob.until(
			() => bob.heard.length > 0,
			5_000,
			() => "nothing came",
		);
		return words(...(await bob.quiet()));
	}),
	check("6.4", "a message edited", "changed row, whose changed is its position", async (s) => {
		const { ann, bob, group } = await s.pair();
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
		const { ann, bob, group } = await s.pair();
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
			const { ann, bob, group } = await s.pair();
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
			const { ann, bob, group } = await s.pair();
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
		const later = await s.dial(back.identity.person, back.stored);
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
		const later = await s.dial(back.identity.person, back.stored);
		later.hello();
		later.say({ type: "ready", generation: (await later.next("welcome")).generation });
		return (await marked(later, group)) ? "marked again" : "not marked";
	}),
	check("6.6", "a pull of one position a page", "in order, one until, done at it", async (s) => {
		const { ann, bob, group } = await s.pair();
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
		const { ann, group } = await s.pair();
		const { position } = await entryOf(ann, group);
		const page = await pullPage(ann, group, position, null);
		const { items, done } = page;
		return `${items.length === 0 ? "no" : items.length} items, ${done ? "done" : "not done"}`;
	}),
	check("6.6", "status and changes in a pull", "message, change, status", async (s) => {
		const { ann, bob, group } = await s.pair();
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
];

function positionOf(item: PullItem): number {
	return item.type === "message" ? item.message.position : item.position;
}

const order = ["message", "change", "status"];
