// A storage of the SDK as it is after long use, for cold starts: many conversations with some
// messages each. Runs in Node and, bundled, in a page.

import { systemClock } from "../src/base/clock.js";
import type { WireMessage } from "../src/protocol/frames.js";
import { hollow } from "../src/protocol/hollow.js";
import { quickGlance } from "../src/sdk/glance.js";
import type { Disk } from "../src/sdk/kept.js";
import { KeptStore } from "../src/sdk/kept-store.js";

export interface Filling {
	readonly conversations: number;
	/** Of each conversation. */
	readonly messages: number;
	readonly bytes: number;
}

/** Conversations that are changed between two writes to the disk. */
const atOnce = 200;
const startMs = 1_764_000_000_000;

export function rowOf(seq: number, bytes: number): WireMessage {
	const text = `message ${seq} `.padEnd(bytes, "lorem ipsum ");
	return {
		...hollow(seq, seq + 1, seq + 1),
		at: startMs + seq,
		sender: seq % 2 === 0 ? "ann" : "bob",
		state: "live",
		body: {
			id: systemClock.randomBytes(16),
			contentType: "text/plain",
			content: new TextEncoder().encode(text),
			replyTo: null,
			mentions: [],
			media: [],
		},
	};
}

export function fillView(
	store: Pick<KeptStore, "change">,
	conversation: string,
	{ messages, bytes }: Pick<Filling, "messages" | "bytes">,
): void {
	const position = messages + 1;
	const mark = { deliveredAt: startMs, seenAt: startMs };
	store.change(conversation, {
		entry: {
			conversation,
			kind: "group",
			title: `Group ${conversation}`,
			picture: "",
			role: "member",
			mutedUntil: 0,
			head: messages,
			position,
			start: 1,
			delivered: messages,
			seen: messages - 1,
			unread: 1,
			last: null,
		},
		rows: Array.from({ length: messages }, (_, at) => rowOf(at + 1, bytes)),
		watermarks: ["ann", "bob"].map((user) => {
			return { user, delivered: messages, seen: messages - 1, ...mark };
		}),
		position,
		held: messages,
		top: messages,
		foreign: messages,
		first: 1,
		seen: messages - 1,
	});
}

export const profile = { user: "ann", name: "Ann", picture: "", presence: "everyone" } as const;

export async function fill(disk: Disk, filling: Filling): Promise<void> {
	const store = await KeptStore.open(disk, {
		clock: systemClock,
		onFailed(cause) {
			throw cause;
		},
		glanceOf: (view) => quickGlance(view, profile.user),
	});
	store.keep("profile", profile);
	for (let at = 0; at < filling.conversations; at += 1) {
		fillView(store, `g${at}`, filling);
		if (at % atOnce === 0) await store.durable();
	}
	await store.close();
}
