// The list of conversations as people see it: what each is, its last message, what is unread;
// newest activity first. Worked out anew only for conversations that have changed.

import { directMembers } from "../base/ids.js";
import type { View } from "../client/store.js";
import type { Reads } from "./engine.js";
import { type Glance, glanceOf, inShort, listedLast } from "./glance.js";
import { listNow, sameFields } from "./hub.js";
import type { ConversationSummary } from "./types.js";

interface Line {
	readonly summary: ConversationSummary;
	readonly activity: number;
}

export class List {
	private readonly lines = new Map<string, Line>();
	/** Null: all of them. */
	private changed: Set<string> | null = null;
	private readonly onRead: (conversation: string) => void;

	/** `onRead`: what it takes to show a conversation has been read since. */
	constructor(onRead: (conversation: string) => void) {
		this.onRead = onRead;
	}

	touch(conversation: string): void {
		this.changed?.add(conversation);
	}

	touchAll(): void {
		this.changed = null;
	}

	compute(
		before: readonly ConversationSummary[],
		reads: Reads,
		me: string | null,
		now: number,
	): readonly ConversationSummary[] {
		const views = this.changed === null ? reads.views() : viewsOf(reads, this.changed);
		if (this.changed === null) this.lines.clear();
		this.changed = new Set();
		for (const view of views) this.lines.set(view.conversation, this.line(view, reads, me, now));
		const lines = [...this.lines.values()].sort((one, two) => two.activity - one.activity);
		return listNow(
			before,
			lines.map(({ summary }) => summary),
		);
	}

	private line(view: View, reads: Reads, me: string | null, now: number): Line {
		const { conversation: id, entry } = view;
		const glance = this.glance(view, reads, me);
		const before = this.lines.get(id)?.summary;
		const newest = queuedLast(id, reads, me) ?? glance.last;
		const last = same(before?.last, newest);
		const summary: ConversationSummary = {
			id,
			kind: entry?.kind ?? (directMembers(id) === null ? null : "direct"),
			title: entry?.title ?? "",
			picture: entry?.picture ?? "",
			last,
			unread: entry?.role === "removed" ? 0 : glance.unread,
			muted: (entry?.mutedUntil ?? 0) > now,
			role: entry?.role ?? null,
			members: membersOf(id),
		};
		return { summary: same(before, summary), activity: last?.at ?? 0 };
	}

	/** Until rows that it takes have been read, as the server's list told it. */
	private glance(view: View, reads: Reads, me: string | null): Glance {
		const { conversation } = view;
		const known = reads.glance?.(conversation) ?? null;
		if (known !== null) return known;
		const reading = reads.fetch([conversation]);
		if (reading === null) return glanceOf(view, me);
		void reading.then(() => this.onRead(conversation));
		return { last: listedLast(view), unread: view.entry?.unread ?? 0 };
	}
}

function* viewsOf(reads: Reads, ids: Iterable<string>): Iterable<View> {
	for (const id of ids) {
		const view = reads.view(id);
		if (view !== undefined) yield view;
	}
}

function membersOf(id: string): number | null {
	const pair = directMembers(id);
	return pair && (pair[0] === pair[1] ? 1 : 2);
}

/** What is under way from here counts as the last: it will be. */
function queuedLast(id: string, reads: Reads, me: string | null): ConversationSummary["last"] {
	const queued = reads
		.stream(id)
		?.queue.findLast(({ command, settled }) => command.type === "send" && !settled);
	if (queued?.command.type !== "send") return null;
	return inShort(me ?? "", queued.command, queued.command.clientTime ?? 0);
}

/** The object of before, where it says the same. */
function same<T extends object | null>(before: T | undefined, now: T): T {
	return before && now && sameFields(before, now) ? before : now;
}
