// How a fact changes a conversation, in place: the actor owns the state. The only one of the four
// functions that runs at recovery, so nothing here may depend on content that is gone by then.

import { type Conversation, concern, effectiveSeen, type Member } from "./conversation.js";
import type { ConversationEvent, ReceiptPair, Role, Watermark } from "./event.js";
import { record } from "./outbox.js";
import { cut } from "./visibility.js";

/** `position` comes from the journal at recovery, where an overwritten receipt leaves a hole. */
export function evolve(
	state: Conversation,
	event: ConversationEvent,
	position = state.position + 1,
): void {
	const from = continuesFrom(state, event, position);
	state.position = position;
	// In place: three objects for each event would be a tenth of what a send leaves to collect.
	const { trace } = state;
	trace.everyoneFrom = null;
	trace.authorFrom = from;
	if (trace.some.length > 0) trace.some.length = 0;
	if (trace.marked.length > 0) trace.marked.length = 0;
	apply(state, event);
	if (event.write !== undefined) {
		const seq = "seq" in event ? event.seq : 0;
		const text = event.type === "link" ? event.link : null;
		const { n, hash } = event.write;
		const kept = { n, hash, from, position, seq, at: event.at, text };
		record(state.outboxes, event.by, event.write, kept);
	}
}

/** Where the author's devices continue from: whoever enters has missed all up to here. */
function continuesFrom(state: Conversation, event: ConversationEvent, position: number): number {
	if (event.type === "added" && event.users.includes(event.by)) return position - 1;
	const author = state.members.get(event.by);
	return author === undefined ? 0 : concern(state, author);
}

function apply(state: Conversation, event: ConversationEvent): void {
	switch (event.type) {
		case "created":
			state.kind = event.kind;
			state.createdAt = event.at;
			state.createdBy = event.by;
			state.title = event.title;
			for (const { user, role } of event.members) enter(state, user, role);
			listActive(state);
			concernEveryone(state);
			return;
		case "sent": {
			state.head = event.seq;
			const sender = state.members.get(event.by);
			if (sender !== undefined) {
				sender.lastSent = event.seq;
				if (event.seenUpTo !== null && event.seenUpTo > sender.seen) {
					sender.seen = event.seenUpTo;
					sender.seenAt = event.at;
					sender.watermarkPosition = state.position;
				}
			}
			concernEveryone(state);
			return;
		}
		case "edited":
		case "deleted":
		case "expired":
		case "reacted":
			concernEveryone(state);
			return;
		case "added":
			added(state, event.users);
			return;
		case "removed":
			removed(state, event.users);
			return;
		case "role": {
			const member = state.members.get(event.user);
			if (member !== undefined) member.role = event.role;
			concernEveryone(state);
			return;
		}
		case "described":
			state.title = event.title ?? state.title;
			state.picture = event.picture ?? state.picture;
			state.description = event.description ?? state.description;
			concernEveryone(state);
			return;
		case "link":
			state.link = event.link;
			for (const member of state.members.values()) {
				if (member.active && member.role !== "member") concernOne(state, member);
			}
			return;
		case "hidden":
			concernUser(state, event.by);
			return;
		case "muted": {
			const member = state.members.get(event.by);
			if (member !== undefined) member.mutedUntil = event.until;
			concernUser(state, event.by);
			return;
		}
		case "blocked":
			if (event.on) state.blockedBy.add(event.by);
			else state.blockedBy.delete(event.by);
			concernUser(state, event.by);
			return;
		case "receipts":
			receipts(state, event.pairs);
			return;
		case "levelled": {
			const member = state.members.get(event.user);
			if (member === undefined) return;
			member.marked = false;
			if (member.active) state.unmarked.add(member.user);
			return;
		}
		default:
			event satisfies never;
	}
}

function listActive(state: Conversation): void {
	const users: string[] = [];
	for (const member of state.members.values()) if (member.active) users.push(member.user);
	// A copy of exact size: an array that was pushed to has room for sixteen more.
	state.activeUsers = users.slice();
	state.active = users.length;
}

/** A member joins or comes back: a new interval opens at this position. */
function enter(state: Conversation, user: string, role: Role): void {
	// What was said before belongs to those who were there; a channel is for all to read.
	const seq = state.kind === "channel" ? 1 : state.head + 1;
	let member = state.members.get(user);
	const last = member?.intervals.at(-1);
	const from = last?.to === undefined || last.to === null ? seq : Math.max(seq, last.to + 1);
	const interval = { from, fromPosition: state.position, to: null, toPosition: null };
	if (member === undefined) {
		member = {
			user,
			role,
			intervals: [interval],
			active: true,
			delivered: 0,
			deliveredAt: 0,
			seen: 0,
			seenAt: 0,
			watermarkPosition: 0,
			lastSent: 0,
			last: 0,
			marked: false,
			mutedUntil: 0,
		};
		state.members.set(user, member);
	} else member.intervals.push(interval);
	member.role = role;
	member.active = true;
	// What was said before is never waited for, even where it may be read. But what was left unread
	// at a cut stays so: coming back confirms nothing.
	const end = last?.to ?? 0;
	const { delivered } = member;
	if (delivered >= end) member.delivered = Math.max(delivered, state.head);
	if (Math.min(member.seen, delivered) >= end) member.seen = Math.max(member.seen, state.head);
	member.watermarkPosition = state.position;
	// Marked anew, whatever is known of an earlier stay: a recovery does not know if it was dropped.
	state.unmarked.add(user);
}

function added(state: Conversation, users: readonly string[]): void {
	for (const user of users) enter(state, user, "member");
	// A copy and no walk over all members: a link may bring in thousands, one by one.
	state.activeUsers = state.activeUsers.concat(users);
	state.active = state.activeUsers.length;
	concernEveryone(state);
	// Whatever a newcomer's devices hold is from an earlier stay: they continue from just before.
	for (const user of users) state.trace.some.push({ user, from: state.position - 1 });
}

function removed(state: Conversation, users: readonly string[]): void {
	for (const user of users) {
		const member = state.members.get(user);
		if (member === undefined || !member.active) continue;
		concernOne(state, member);
		cut(member.intervals, state.head, state.position);
		member.active = false;
		member.role = "member";
		state.unmarked.delete(user);
		state.ahead.delete(user);
	}
	listActive(state);
	// Nobody is left who could answer for the way in.
	if (state.active === 0) state.link = null;
	concernEveryone(state);
}

function receipts(state: Conversation, pairs: readonly ReceiptPair[]): void {
	let lowest = Number.POSITIVE_INFINITY;
	for (const pair of pairs) {
		const member = state.members.get(pair.user);
		if (member === undefined) continue;
		lowest = Math.min(lowest, firstMoved(member, pair));
		const seenMoved = pair.seen > member.seen || effectiveSeen(pair) > effectiveSeen(member);
		member.delivered = pair.delivered;
		member.deliveredAt = pair.deliveredAt;
		member.seen = pair.seen;
		member.seenAt = pair.seenAt;
		member.watermarkPosition = state.position;
		// That a device confirmed delivery is no news to the user's other devices; what was seen is.
		// For a removed member the conversation ends at the cut, whatever it still says.
		if (seenMoved && member.active) concernOne(state, member);
	}
	if (state.kind === "channel") return;
	for (const member of state.members.values()) {
		if (!member.active || member.lastSent < lowest) continue;
		// A reader's own receipt says nothing about the reader's own messages.
		if (pairs.length === 1 && pairs[0]?.user === member.user) continue;
		concernOne(state, member);
	}
}

/** The first message whose status a moved watermark may change. */
function firstMoved(before: Watermark, after: Watermark): number {
	const seenBefore = Math.min(before.seen, before.delivered);
	const seenAfter = Math.min(after.seen, after.delivered);
	if (seenAfter > seenBefore) return seenBefore + 1;
	return after.delivered > before.delivered ? before.delivered + 1 : Number.POSITIVE_INFINITY;
}

function concernEveryone(state: Conversation): void {
	const { trace } = state;
	for (const user of state.ahead) {
		const member = state.members.get(user);
		if (member?.active) trace.some.push({ user, from: Math.max(member.last, state.common) });
	}
	state.ahead.clear();
	trace.everyoneFrom = state.common;
	state.common = state.position;
	if (state.unmarked.size === 0 || state.kind === "channel") return;
	for (const user of state.unmarked) {
		const member = state.members.get(user);
		if (member === undefined) continue;
		member.marked = true;
		trace.marked.push(user);
	}
	state.unmarked.clear();
}

function concernUser(state: Conversation, user: string): void {
	const member = state.members.get(user);
	if (member !== undefined) concernOne(state, member);
}

function concernOne(state: Conversation, member: Member): void {
	if (member.last === state.position) return;
	state.trace.some.push({ user: member.user, from: concern(state, member) });
	member.last = state.position;
	if (member.active) state.ahead.add(member.user);
	if (state.kind === "channel" || (member.marked && !state.unmarked.has(member.user))) return;
	member.marked = true;
	state.unmarked.delete(member.user);
	state.trace.marked.push(member.user);
}

/**
 * A replay cannot tell which marks were dropped between receipts that were overwritten since. So
 * each mark counts as perhaps there (it can be dropped) and perhaps not (it will be put again).
 */
export function recovered(state: Conversation): void {
	for (const member of state.members.values()) {
		member.marked = true;
		if (member.active) state.unmarked.add(member.user);
	}
}
