// States as plain arrays and back: what a snapshot row holds. Soft fields are left out. A newer
// layout gets a new version number, and this file reads the older ones.

import { type Conversation, initial, type Member } from "./conversation.js";
import { recovered } from "./conversation-evolve.js";
import type { ConversationKind, Interval, Role, Visibility } from "./event.js";
import type { Kept, Outboxes } from "./outbox.js";
import { initialUser, type User } from "./user.js";

export const snapshotVersion = 1;

export type Plain = readonly unknown[];

export function plainConversation(state: Conversation): Plain {
	return [
		snapshotVersion,
		state.kind,
		state.createdAt,
		state.createdBy,
		state.title,
		state.picture,
		state.description,
		state.link,
		state.head,
		state.position,
		state.common,
		[...state.blockedBy],
		[...state.members.values()].map(plainMember),
		plainOutboxes(state.outboxes),
	];
}

/** Throws when the layout is unknown; the caller names the row. */
export function conversationFrom(id: string, plain: Plain): Conversation {
	checkVersion(plain);
	const state = initial(id);
	const p = plain as [
		number,
		ConversationKind | null,
		number,
		string,
		string,
		string,
		string,
		string | null,
		number,
		number,
		number,
		string[],
		Plain[],
		Plain[],
	];
	[, state.kind, state.createdAt, state.createdBy, state.title, state.picture] = p;
	[, , , , , , state.description, state.link, state.head, state.position, state.common] = p;
	for (const user of p[11]) state.blockedBy.add(user);
	const active: string[] = [];
	for (const one of p[12]) {
		const member = memberFrom(one);
		state.members.set(member.user, member);
		if (!member.active) continue;
		active.push(member.user);
		if (member.last > state.common) state.ahead.add(member.user);
	}
	state.activeUsers = active;
	state.active = active.length;
	outboxesFrom(state.outboxes, p[13]);
	recovered(state);
	return state;
}

function plainMember(member: Member): Plain {
	return [
		member.user,
		member.role,
		member.intervals.map((one) => [one.from, one.fromPosition, one.to, one.toPosition]),
		member.active,
		member.delivered,
		member.deliveredAt,
		member.seen,
		member.seenAt,
		member.watermarkPosition,
		member.lastSent,
		member.last,
		member.mutedUntil,
	];
}

function memberFrom(plain: Plain): Member {
	const p = plain as [
		string,
		Role,
		[number, number, number | null, number | null][],
		boolean,
		...number[],
	];
	const intervals: Interval[] = p[2].map(([from, fromPosition, to, toPosition]) => ({
		from,
		fromPosition,
		to,
		toPosition,
	}));
	const [delivered = 0, deliveredAt = 0, seen = 0, seenAt = 0] = p.slice(4) as number[];
	const [watermarkPosition = 0, lastSent = 0, last = 0, mutedUntil = 0] = p.slice(8) as number[];
	return {
		user: p[0],
		role: p[1],
		intervals,
		active: p[3],
		delivered,
		deliveredAt,
		seen,
		seenAt,
		watermarkPosition,
		lastSent,
		last,
		marked: true,
		mutedUntil,
	};
}

function plainOutboxes(outboxes: Outboxes): Plain[] {
	const all: Plain[] = [];
	for (const [user, own] of outboxes) {
		for (const box of own) {
			const kept = box.kept.map((k) => [k.n, k.hash, k.from, k.position, k.seq, k.at, k.text]);
			all.push([user, box.name, box.last, box.answered, box.used, kept]);
		}
	}
	return all;
}

function outboxesFrom(outboxes: Outboxes, plain: readonly Plain[]): void {
	for (const one of plain) {
		const [user, name, last, answered, used, answers] = one as [
			string,
			string,
			number,
			number,
			number,
			[number, number, number, number, number, number, string | null][],
		];
		const kept = answers.map(
			([n, hash, from, position, seq, at, text]): Kept => ({
				n,
				hash,
				from,
				position,
				seq,
				at,
				text,
			}),
		);
		const box = { name, last, answered, kept, used, session: 0, reached: 0 };
		const own = outboxes.get(user);
		if (own === undefined) outboxes.set(user, [box]);
		else own.push(box);
	}
}

export function plainUser(state: User): Plain {
	return [
		snapshotVersion,
		state.exists,
		state.createdAt,
		state.name,
		state.picture,
		state.presence,
		state.position,
		state.revokedBefore,
		[...state.devices.values()].map((device) => [
			device.id,
			device.generation,
			device.outbox,
			device.fresh,
			device.seenAt,
			[...device.held],
		]),
		plainOutboxes(state.outboxes),
		[...state.revokedDevices],
	];
}

export function userFrom(id: string, plain: Plain): User {
	checkVersion(plain);
	const state = initialUser(id);
	const p = plain as [
		number,
		boolean,
		number,
		string,
		string,
		Visibility,
		number,
		number,
		[string, number, string, boolean, number, [string, number][]][],
		Plain[],
		([string, number][] | undefined)?,
	];
	[, state.exists, state.createdAt, state.name, state.picture, state.presence] = p;
	[, , , , , , state.position, state.revokedBefore] = p;
	for (const [device, generation, outbox, fresh, seenAt, held] of p[8]) {
		state.devices.set(device, {
			id: device,
			generation,
			outbox,
			fresh,
			seenAt,
			held: new Map(held),
		});
	}
	outboxesFrom(state.outboxes, p[9]);
	for (const [device, before] of p[10] ?? []) state.revokedDevices.set(device, before);
	return state;
}

function checkVersion(plain: Plain): void {
	if (plain[0] !== snapshotVersion) throw new Error(`snapshot version ${String(plain[0])}`);
}
