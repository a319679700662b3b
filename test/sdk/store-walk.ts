// Walks of changes through a store, what it is filled with, and all that can be read of it, to
// compare two.

import { systemClock } from "../../src/base/clock.js";
import { freshNames, type MemoryStore } from "../../src/client/memory-store.js";
import type { ListEntry } from "../../src/protocol/frames.js";
import { row, text } from "../client/operations.js";

/** Numbers below a bound, the same for the same seed. */
export function walk(seed: number): (bound: number) => number {
	let state = seed;
	return (bound) => {
		state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
		return Math.floor((state / 2 ** 32) * bound);
	};
}

/** One change of some kind, of `c1`, `c2` or `c3`. */
export function change(store: MemoryStore, random: (bound: number) => number): void {
	const conversation = ["c1", "c2", "c3"][random(3)] as string;
	const place = random(8) === 0 ? null : conversation;
	const stream = store.stream(place);
	const n = (stream?.answered ?? 0) + 1 + random(4);
	const rows = [row(1 + random(100), { changed: random(100) })];
	const mark = { user: `u${random(3)}`, delivered: random(9), deliveredAt: 1, seen: 0, seenAt: 0 };
	switch (random(9)) {
		case 0:
			store.began({
				current: random(100),
				generation: random(100),
				epoch: random(10) === 0 ? `e${random(3)}` : "e1",
			});
			break;
		case 1:
			store.listed();
			break;
		case 2:
		case 3:
			store.enqueue(place, text(`t${random(1_000)}`));
			break;
		case 4:
			store.settle(place, n);
			break;
		case 5:
			store.change(conversation, { rows, watermarks: [mark], clear: random(10) === 0 });
			break;
		case 6:
			store.settleWith(conversation, n, { rows, position: random(100) });
			break;
		case 7:
			if (random(3) === 0) {
				const { device, outbox } = freshNames(systemClock);
				store.fork([{ device }, { outbox }, { device, outbox }][random(3)] ?? {});
			} else store.moved(place, new Set([random(50)]));
			break;
		default:
			store.keep(`note${random(3)}`, { some: random(100) });
	}
}

/** All rows are at hand. */
export async function all(store: MemoryStore): Promise<void> {
	await store.fetch([...store.views()].map(({ conversation }) => conversation));
}

/** Everything that can be read, as plain data. */
export function picture(store: MemoryStore): unknown {
	return {
		identity: store.identity(),
		streams: [...store.streams()]
			.map((stream) => ({ ...stream, queue: [...stream.queue] }))
			.sort(by),
		views: [...store.views()]
			.map((view) => ({
				...view,
				rows: [...view.rows.values()].sort((one, two) => one.seq - two.seq),
				watermarks: [...view.watermarks.values()].sort((one, two) =>
					one.user < two.user ? -1 : 1,
				),
			}))
			.sort(by),
		moving: [...store.moving()].map((place) => [place, [...store.movingOf(place)]]).sort(),
		notes: ["note0", "note1", "note2"].map((name) => store.note(name)),
	};
}

function by(one: { conversation: string | null }, two: { conversation: string | null }): number {
	return (one.conversation ?? "") < (two.conversation ?? "") ? -1 : 1;
}

export function entry(conversation: string): ListEntry {
	return {
		conversation,
		kind: "group",
		title: `Group ${conversation}`,
		picture: "",
		role: "member",
		mutedUntil: 0,
		head: 3,
		position: 3,
		start: 0,
		delivered: 3,
		seen: 1,
		unread: 2,
		last: row(3),
	};
}

/** `bob`'s messages up to this number, of which the first is seen. */
export function fill(store: MemoryStore, conversation: string, held = 3): void {
	const rows = Array.from({ length: held }, (_, at) => row(at + 1));
	const reach = { position: held, held, top: held, foreign: held, seen: 1 };
	store.change(conversation, { ...reach, rows, entry: entry(conversation) });
}
