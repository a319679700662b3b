// A conversation's state: what its actor holds while it runs. Bounded by members, outboxes and
// windows; nothing here grows with the number of messages. The four functions over it stand beside:
// conversation-decide, -evolve, -react and -index.

import type { ConversationKind, Interval, Role } from "./event.js";
import type { Outboxes } from "./outbox.js";

export interface Member {
	readonly user: string;
	role: Role;
	readonly intervals: Interval[];
	active: boolean;
	delivered: number;
	deliveredAt: number;
	/** As said; takes effect as min(seen, delivered). */
	seen: number;
	seenAt: number;
	/** Position of the last change of the watermark. */
	watermarkPosition: number;
	/** Number of the last message this member sent. */
	lastSent: number;
	/** Last position that concerned this member alone, or the cut. */
	last: number;
	/** The durable mark `pending(user, conversation)` is set. */
	marked: boolean;
	mutedUntil: number;
}

export interface Conversation {
	readonly id: string;
	/** Null: not created yet. */
	kind: ConversationKind | null;
	createdAt: number;
	createdBy: string;
	title: string;
	picture: string;
	description: string;
	link: string | null;
	head: number;
	position: number;
	/** Last position that concerned every active member. */
	common: number;
	readonly members: Map<string, Member>;
	active: number;
	readonly blockedBy: Set<string>;
	readonly outboxes: Outboxes;
	/** Active members without a mark: the next common event marks them. */
	readonly unmarked: Set<string>;
	/** Members who heard something alone since the last common event. */
	readonly ahead: Set<string>;
	/** Who is active now; a new array whenever that changes, so that it may be kept. */
	activeUsers: readonly string[];
	/** What the last event did; read by `react` and `index` in the same turn. */
	readonly trace: Trace;
}

/** Which members an event concerned, and where each of them continues from. */
export interface Trace {
	/** Null: not everyone. Else everyone active continues from here, but for `some`. */
	everyoneFrom: number | null;
	readonly some: { readonly user: string; readonly from: number }[];
	/** Members that the event marked. */
	readonly marked: string[];
	/** Where the author continues from: what the answer to its write says. */
	authorFrom: number;
}

export function initial(id: string): Conversation {
	return {
		id,
		kind: null,
		createdAt: 0,
		createdBy: "",
		title: "",
		picture: "",
		description: "",
		link: null,
		head: 0,
		position: 0,
		common: 0,
		members: new Map(),
		active: 0,
		blockedBy: new Set(),
		outboxes: new Map(),
		unmarked: new Set(),
		ahead: new Set(),
		activeUsers: [],
		trace: { everyoneFrom: null, some: [], marked: [], authorFrom: 0 },
	};
}

/** The last position that concerns a member: what its devices have to hold to be level. */
export function concern(state: Conversation, member: Member): number {
	return member.active ? Math.max(state.common, member.last) : member.last;
}

/** The other member of a direct conversation; null for oneself, groups and channels. */
export function peerOf(state: Conversation, user: string): Member | null {
	if (state.kind !== "direct") return null;
	for (const member of state.members.values()) if (member.user !== user) return member;
	return null;
}

/** What a watermark is worth: `seen` never counts beyond `delivered`. */
export function effectiveSeen(member: { delivered: number; seen: number }): number {
	return Math.min(member.seen, member.delivered);
}
