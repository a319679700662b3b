// Chapter 7: delivered and seen, to whom they are told, and what counts.

import type { WireWatermark } from "../protocol/frames.js";
import { type Caller, sendOf } from "./caller.js";
import { check, type ServerStage, words } from "./stage.js";

/** A conversation of these kinds with one message of Ann's, which Bob has been told of. */
async function told(stage: ServerStage, kind: "group" | "channel" = "group", messages = 1) {
	const [ann, bob] = (await stage.several(2)) as [Caller, Caller];
	const group = await stage.group(ann, [bob], kind);
	for (let i = 0; i < messages; i++) await ann.send(group);
	await bob.match((op) => op.type === "message" && op.message.seq === messages, "the message");
	return { ann, bob, group };
}

/** The next status that tells of this user, as `delivered/seen`. */
async function statusOf(caller: Caller, user: string, wants: (mark: WireWatermark) => boolean) {
	let found: WireWatermark | undefined;
	await caller.match((op) => {
		if (op.type !== "status") return false;
		found = op.watermarks.find((mark) => mark.user === user && wants(mark));
		return found !== undefined;
	}, "the status");
	return `${found?.delivered}/${found?.seen}`;
}

async function receipts(caller: Caller, conversation: string, seq: number): Promise<string> {
	const { delivered, seen, watermarks } = await caller.result({
		type: "receipts",
		conversation,
		seq,
	});
	return `${delivered} delivered, ${seen} seen, ${watermarks.length} watermarks`;
}

export const receiptChecks = [
	check("7.1", "delivered", "the sender is told 1/0", async (s) => {
		const { ann, bob, group } = await told(s);
		bob.say({ type: "delivered", conversation: group, seq: 1 });
		return `the sender is told ${await statusOf(ann, bob.me, () => true)}`;
	}),
	check("7.1", "the same and lower ones again", "nothing happens", async (s) => {
		const { ann, bob, group } = await told(s, "group", 2);
		bob.say({ type: "delivered", conversation: group, seq: 2 });
		await statusOf(ann, bob.me, ({ delivered }) => delivered === 2);
		for (const one of [ann, bob]) one.heard.splice(0);
		bob.say(
			{ type: "delivered", conversation: group, seq: 2 },
			{ type: "delivered", conversation: group, seq: 1 },
		);
		const heard = [...(await bob.quiet()), ...(await ann.quiet(400))];
		return heard.length === 0 ? "nothing happens" : words(...heard);
	}),
	check(
		"7.1",
		"delivered and seen beyond the last message",
		"RECEIPT_INVALID, RECEIPT_INVALID",
		async (s) => {
			const { bob, group } = await told(s);
			bob.say(
				{ type: "delivered", conversation: group, seq: 2 },
				{ type: "seen", conversation: group, seq: 2 },
			);
			return `${(await bob.next("error")).code}, ${(await bob.next("error")).code}`;
		},
	),
	check("7.2", "seen before delivered, then delivered", "not told yet, then 2/2", async (s) => {
		const { ann, bob, group } = await told(s, "group", 2);
		bob.say({ type: "seen", conversation: group, seq: 2 });
		await bob.quiet();
		const before = await receipts(ann, group, 2);
		bob.say({ type: "delivered", conversation: group, seq: 2 });
		const after = await statusOf(ann, bob.me, ({ seen }) => seen === 2);
		return before.startsWith("0 delivered, 0 seen") ? `not told yet, then ${after}` : before;
	}),
	check("7.2", "two devices, one further than the other", "the higher counts", async (s) => {
		const { ann, bob, group } = await told(s, "group", 2);
		const other = await s.device(bob.identity.person);
		bob.say({ type: "delivered", conversation: group, seq: 2 });
		await statusOf(ann, bob.me, ({ delivered }) => delivered === 2);
		other.say({ type: "delivered", conversation: group, seq: 1 });
		await other.quiet();
		const [mark] = (await ann.result({ type: "receipts", conversation: group, seq: 1 })).watermarks;
		return mark?.delivered === 2 ? "the higher counts" : String(mark?.delivered);
	}),
	check(
		"7.3",
		"a group of three: one reader has seen it, the other has it",
		"2 delivered, 1 seen, 2 watermarks",
		async (s) => {
			const [ann, bob, cy] = (await s.several(3)) as [Caller, Caller, Caller];
			const group = await s.group(ann, [bob, cy]);
			await ann.send(group);
			for (const reader of [bob, cy]) {
				await reader.next("message");
				reader.say({ type: "delivered", conversation: group, seq: 1 });
			}
			bob.say({ type: "seen", conversation: group, seq: 1 });
			await statusOf(ann, bob.me, ({ seen }) => seen === 1);
			await ann.quiet(400);
			return receipts(ann, group, 1);
		},
	),
	check(
		"7.4",
		"a message that a block withholds, in its sender's history",
		"frozen sent",
		async (s) => {
			const [ann, bob] = (await s.several(2)) as [Caller, Caller];
			const direct = await ann.open(bob.me);
			await bob.do(direct, { type: "block" });
			const { seq } = await ann.send(direct);
			bob.say({ type: "delivered", conversation: direct, seq });
			await bob.quiet();
			const [row] = (await ann.history(direct)).messages;
			return `frozen ${row?.frozen}`;
		},
		{ madeUsers: true },
	),
	check(
		"7.4",
		"a message that has expired, in its sender's history",
		"expired, no body, frozen sent",
		async (s) => {
			const { ann, group } = await told(s);
			const { seq } = await ann.do(group, sendOf("short", { ttlMs: 300 }));
			await ann.wait(2_500);
			const [row] = (await ann.history(group, seq + 1, 1)).messages;
			return `${row?.state}, ${row?.body === null ? "no body" : "a body"}, frozen ${row?.frozen}`;
		},
	),
	check("7.5", "seen, on the reader's other device", "told", async (s) => {
		const { ann, bob, group } = await told(s);
		const other = await s.device(bob.identity.person);
		bob.say(
			{ type: "delivered", conversation: group, seq: 1 },
			{ type: "seen", conversation: group, seq: 1 },
		);
		await statusOf(ann, bob.me, ({ seen }) => seen === 1);
		await statusOf(other, bob.me, ({ seen }) => seen === 1);
		return "told";
	}),
	check(
		"7.5",
		"seen in a channel",
		"the author is not told, the reader's other device is",
		async (s) => {
			const { ann, bob, group } = await told(s, "channel");
			const other = await s.device(bob.identity.person);
			bob.say(
				{ type: "delivered", conversation: group, seq: 1 },
				{ type: "seen", conversation: group, seq: 1 },
			);
			await statusOf(other, bob.me, ({ seen }) => seen === 1);
			const heard = (await ann.quiet(400)).some((op) => op.type === "status");
			return `the author is ${heard ? "told" : "not told"}, the reader's other device is`;
		},
	),
	check("7.5", "a status that was missed, by a pull", "delivered 1", async (s) => {
		const { ann, bob, group } = await told(s);
		ann.socket.close(1000);
		await ann.end();
		bob.say({ type: "delivered", conversation: group, seq: 1 });
		await bob.quiet(400);
		const again = await s.again(ann);
		const marks = (await again.pull(group)).flatMap((item) =>
			item.type === "status" ? item.watermarks : [],
		);
		return `delivered ${marks.findLast(({ user }) => user === bob.me)?.delivered}`;
	}),
	check(
		"7.6",
		"receipts in a group and in a channel",
		"1 delivered, 0 seen, 1 watermarks; 1 delivered, 0 seen, 0 watermarks",
		async (s) => {
			const counted: string[] = [];
			for (const kind of ["group", "channel"] as const) {
				const { ann, bob, group } = await told(s, kind);
				bob.say({ type: "delivered", conversation: group, seq: 1 });
				await bob.quiet(400);
				counted.push(await receipts(ann, group, 1));
			}
			return counted.join("; ");
		},
	),
];
