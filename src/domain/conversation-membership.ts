// Decisions about who belongs to a conversation, in which role, and how it presents itself.

import type { Conversation, Member } from "./conversation.js";
import {
	base,
	type ConversationCommand,
	type ConversationDecision,
} from "./conversation-command.js";
import type { Caps } from "./conversation-decide.js";
import { accept, reject } from "./decision.js";

type MembershipCommand = ConversationCommand & {
	type: "create" | "join" | "add" | "remove" | "leave" | "role" | "describe" | "link";
};

/** `member` is the asker, already an active member, but for `create` and `join` (null). */
export function decideMembership(
	state: Conversation,
	command: MembershipCommand,
	member: Member | null,
	caps: Caps,
): ConversationDecision {
	if (command.type === "create") return create(state, command, caps);
	if (command.type === "join") return join(state, command, caps);
	if (member === null) return reject("NOT_A_MEMBER");
	if (state.kind === "direct")
		return reject("NOT_ALLOWED", "a direct conversation has two members");
	if (command.type === "leave") return leave(state, command, member);
	if (member.role === "member") return reject("NOT_ALLOWED", "only owners and admins");
	switch (command.type) {
		case "add":
			return add(state, command, caps);
		case "remove":
			return remove(state, command, member);
		case "role":
			return changeRole(state, command, member);
		case "describe":
			return accept({
				...base(command),
				type: "described",
				title: command.title,
				picture: command.picture,
				description: command.description,
			});
		case "link":
			return accept({ ...base(command), type: "link", link: command.link });
	}
}

function capOf(kind: Conversation["kind"], caps: Caps): number {
	return kind === "channel" ? caps.channelMembersMax : caps.groupMembersMax;
}

/**
 * Stays of one user that are kept: visibility needs each, and whoever has a link could come and
 * go for ever.
 */
const staysMax = 100;
/** Those who ever belonged are kept, for what they may still read: so many times the active. */
const everMembersFactor = 4;

/** Why there is no room for these; null: there is. */
function overfull(state: Conversation, users: readonly string[], caps: Caps): string | null {
	const cap = capOf(state.kind, caps);
	if (state.active + users.length > cap) return "";
	if (state.members.size + users.length > everMembersFactor * cap) return "too many came and went";
	for (const user of users) {
		const stays = state.members.get(user)?.intervals.length ?? 0;
		if (stays >= staysMax) return `${user} came and went too often`;
	}
	return null;
}

function create(
	state: Conversation,
	command: MembershipCommand & { type: "create" },
	caps: Caps,
): ConversationDecision {
	if (state.kind !== null) return reject("CONVERSATION_EXISTS");
	if (command.unknown.length > 0) return reject("USER_UNKNOWN", command.unknown.join(", "));
	const others = new Set(command.members);
	others.delete(command.by);
	if (others.size + 1 > capOf(command.kind, caps)) return reject("MEMBER_LIMIT");
	const members = [...others].map((user) => ({ user, role: "member" as const }));
	return accept({
		...base(command),
		type: "created",
		kind: command.kind,
		title: command.title,
		members: [{ user: command.by, role: "owner" }, ...members],
	});
}

function join(
	state: Conversation,
	command: MembershipCommand & { type: "join" },
	caps: Caps,
): ConversationDecision {
	if (state.kind === null || state.link === null || state.link !== command.link) {
		return reject("LINK_INVALID");
	}
	const users = state.members.get(command.by)?.active ? [] : [command.by];
	const full = overfull(state, users, caps);
	if (full !== null) return reject("MEMBER_LIMIT", full);
	return accept({ ...base(command), type: "added", users, via: "link" });
}

function add(
	state: Conversation,
	command: MembershipCommand & { type: "add" },
	caps: Caps,
): ConversationDecision {
	if (command.unknown.length > 0) return reject("USER_UNKNOWN", command.unknown.join(", "));
	const users = [...new Set(command.users)].filter((user) => !state.members.get(user)?.active);
	const full = overfull(state, users, caps);
	if (full !== null) return reject("MEMBER_LIMIT", full);
	return accept({ ...base(command), type: "added", users, via: "member" });
}

function remove(
	state: Conversation,
	command: MembershipCommand & { type: "remove" },
	member: Member,
): ConversationDecision {
	const users = [...new Set(command.users)];
	for (const user of users) {
		const target = state.members.get(user);
		if (user === command.by) return reject("BAD_REQUEST", "use leave for yourself");
		if (target?.active && member.role === "admin" && target.role !== "member") {
			return reject("NOT_ALLOWED", "an admin removes members only");
		}
	}
	return accept({
		...base(command),
		type: "removed",
		users: users.filter((user) => state.members.get(user)?.active),
	});
}

function leave(
	state: Conversation,
	command: MembershipCommand & { type: "leave" },
	member: Member,
): ConversationDecision {
	if (member.role === "owner" && state.active > 1 && owners(state) === 1) {
		return reject("LAST_OWNER");
	}
	return accept({ ...base(command), type: "removed", users: [command.by] });
}

function changeRole(
	state: Conversation,
	command: MembershipCommand & { type: "role" },
	member: Member,
): ConversationDecision {
	if (member.role !== "owner") return reject("NOT_ALLOWED", "only an owner sets roles");
	const target = state.members.get(command.user);
	if (!target?.active) return reject("USER_UNKNOWN", "not a member");
	if (target.role === "owner" && command.role !== "owner" && owners(state) === 1) {
		return reject("LAST_OWNER");
	}
	return accept({ ...base(command), type: "role", user: command.user, role: command.role });
}

function owners(state: Conversation): number {
	let count = 0;
	for (const member of state.members.values()) {
		if (member.active && member.role === "owner") count++;
	}
	return count;
}
