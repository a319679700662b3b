// The list of conversations as people see it: what each is, its last message, what is unread;
// newest activity first. Worked out anew only for conversations that have changed.

import { directMembers } from "../base/ids.js";
import type { View } from "../client/store.js";
import type { WireMessage } from "../protocol/frames.js";
import type { Reads } from "./engine.js";
import { sameFields, sameList } from "./hub.js";
import { textOf } from "./message.js";
import type { ConversationSummary } from "./types.js";
import { unreadOf } from "./unread.js";

interface Line {
	readonly summary: ConversationSummary;
	readonly activity: number;
}

export class List {
	private readonly lines = new Map<string, Line>();
	/** Null: all of them. */
	private changed: Set<string> | null = null;

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
		const list = lines.map(({ summary }) => summary);
		return sameList(before, list) ? before : list;
	}

	private line(view: View, reads: Reads, me: string | null, now: number): Line {
		const { conversation: id, entry } = view;
		const last = lastOf(view, reads, me);
		const summary: ConversationSummary = {
			id,
			kind: entry?.kind ?? (directMembers(id) === null ? null : "direct"),
			title: entry?.title ?? "",
			picture: entry?.picture ?? "",
			last,
			unread: entry?.role === "removed" ? 0 : unreadOf(view, me),
			muted: (entry?.mutedUntil ?? 0) > now,
			role: entry?.role ?? null,
			members: membersOf(id),
		};
		const before = this.lines.get(id)?.summary;
		const same = before !== undefined && sameSummary(before, summary);
		return { summary: same ? before : summary, activity: last?.at ?? 0 };
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
	return pair === null ? null : new Set(pair).size;
}

/** What is under way from here counts as the last: it will be. */
function lastOf(view: View, reads: Reads, me: string | null): ConversationSummary["last"] {
	const queued = reads
		.stream(view.conversation)
		?.queue.findLast(({ command, settled }) => command.type === "send" && !settled);
	if (queued?.command.type === "send") {
		const { contentType, content, clientTime } = queued.command;
		return { from: me ?? "", text: textOf(contentType, content), at: clientTime ?? 0 };
	}
	for (let seq = view.held; seq >= view.first; seq -= 1) {
		const row = view.rows.get(seq);
		if (row !== undefined && row.state !== "skip") return shown(row);
	}
	const last = view.entry?.last ?? null;
	return last === null || last.state === "skip" ? null : shown(last);
}

function shown({ sender, body, at }: WireMessage): ConversationSummary["last"] {
	return { from: sender, text: body === null ? "" : textOf(body.contentType, body.content), at };
}

function sameSummary(one: ConversationSummary, two: ConversationSummary): boolean {
	const { last, ...rest } = one;
	const sameLast =
		last === two.last ||
		(last?.at === two.last?.at && last?.text === two.last?.text && last?.from === two.last?.from);
	return sameLast && sameFields<Omit<ConversationSummary, "last">>(rest, two);
}
