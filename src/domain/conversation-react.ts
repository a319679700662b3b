// Whom a fact concerns, and what each is shown. Runs right after `evolve` and reads its trace;
// never at recovery. Not here: bytes, sessions, who is online.

import { type Conversation, effectiveSeen, type Member } from "./conversation.js";
import type { EffectiveWatermark, PushEffect, Shown } from "./effect.js";
import type { ConversationEvent } from "./event.js";
import type { MessageRow } from "./index-row.js";
import { sees } from "./visibility.js";

/** `row` is the message's row after the event, for events about one message. */
export function react(
	state: Conversation,
	event: ConversationEvent,
	row: MessageRow | null,
): PushEffect[] {
	if (event.type === "sent" && event.withheldFrom === null && event.seenUpTo === null) {
		return row === null ? [] : [sentToAll(state, event.at, row)];
	}
	const shownTo = viewer(state, event, row);
	if (shownTo === null) return [];
	const { trace } = state;
	const common = shownTo.common;
	const some: { user: string; from: number; shown: Shown }[] = [];
	for (const { user, from } of trace.some) some.push({ user, from, shown: shownTo.for(user) });
	let everyone: PushEffect["everyone"] = null;
	if (trace.everyoneFrom !== null) {
		everyone = { users: state.activeUsers, from: trace.everyoneFrom, shown: common };
		if (shownTo.varies) {
			const told = new Set(trace.some.map((one) => one.user));
			for (const user of state.activeUsers) {
				const shown = shownTo.for(user);
				if (shown === common || told.has(user)) continue;
				some.push({ user, from: trace.everyoneFrom, shown });
			}
		}
	}
	const at = event.at;
	const conversation = state.id;
	const position = state.position;
	const pushes: PushEffect[] = [{ type: "push", conversation, position, at, everyone, some }];
	if (event.type === "sent" && event.seenUpTo !== null) {
		const member = state.members.get(event.by);
		if (member?.watermarkPosition === position && state.kind !== "channel") {
			const shown: Shown = { type: "status", watermarks: [watermark(member)] };
			// The same position again: the watermark moved with the message.
			const users = state.activeUsers;
			pushes.push({
				type: "push",
				conversation,
				position,
				at,
				everyone: { users, from: position, shown },
				some: [],
			});
		}
	}
	return pushes;
}

/** The common case, without a look at each member: everyone is shown the same. */
function sentToAll(state: Conversation, at: number, row: MessageRow): PushEffect {
	const { trace, id: conversation, position, activeUsers: users } = state;
	const shown: Shown = { type: "message", row };
	const everyone = { users, from: trace.everyoneFrom ?? 0, shown };
	// Written out: a spread here was a tenth of a send's cost where receipts come between.
	const some =
		trace.some.length === 0 ? nobody : trace.some.map(({ user, from }) => ({ user, from, shown }));
	return { type: "push", conversation, position, at, everyone, some };
}

const nobody: PushEffect["some"] = [];

interface Viewer {
	readonly common: Shown;
	/** Some active member may be shown something else. */
	readonly varies: boolean;
	for(user: string): Shown;
}

function same(shown: Shown): Viewer {
	return { common: shown, varies: false, for: () => shown };
}

function viewer(
	state: Conversation,
	event: ConversationEvent,
	row: MessageRow | null,
): Viewer | null {
	switch (event.type) {
		case "levelled":
			return null;
		case "sent": {
			if (row === null) return null;
			const shown: Shown = { type: "message", row };
			if (event.withheldFrom === null) return same(shown);
			const skip: Shown = { type: "skip", seq: row.seq };
			return {
				common: shown,
				varies: true,
				for: (user) => (user === event.withheldFrom ? skip : shown),
			};
		}
		case "edited":
		case "deleted":
		case "expired":
		case "reacted": {
			if (row === null) return null;
			const shown: Shown =
				event.type === "reacted" ? { type: "event", event } : { type: "row", row };
			const hollow: Shown = { type: "hollow", seq: row.seq };
			return {
				common: shown,
				// Whoever is in a channel sees all of it: no look at each of its thousands.
				varies: state.kind !== "channel",
				for: (user) => (maySee(state.members.get(user), row) ? shown : hollow),
			};
		}
		case "receipts":
			return statuses(
				state,
				event.pairs.map((pair) => pair.user),
			);
		default:
			return same({ type: "event", event });
	}
}

function maySee(member: Member | undefined, row: MessageRow): boolean {
	return (
		member !== undefined && sees(member.intervals, row.seq) && row.withheldFrom !== member.user
	);
}

/** Readers learn of their own watermark, senders of all that moved. */
function statuses(state: Conversation, readers: readonly string[]): Viewer {
	const all: EffectiveWatermark[] = [];
	const own = new Map<string, Shown>();
	for (const user of readers) {
		const member = state.members.get(user);
		if (member === undefined) continue;
		const mark = watermark(member);
		all.push(mark);
		own.set(user, { type: "status", watermarks: [mark] });
	}
	const common: Shown = { type: "status", watermarks: all };
	return {
		common,
		varies: true,
		for(user) {
			const member = state.members.get(user);
			const sends = member !== undefined && member.lastSent > 0 && state.kind !== "channel";
			return sends ? common : (own.get(user) ?? common);
		},
	};
}

/** A member's watermark as it takes effect. */
export function watermark(member: Member): EffectiveWatermark {
	return {
		user: member.user,
		delivered: member.delivered,
		deliveredAt: member.deliveredAt,
		seen: effectiveSeen(member),
		seenAt: member.seenAt,
	};
}
