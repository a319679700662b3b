// An independent, slow and simple account of one conversation: who belongs, who may see which
// message, how far everyone is, and who has to hear of an event. Written from docs, not from code.

import type { ConversationEvent, ConversationKind, Role } from "../../src/domain/event.js";

export interface Person {
	role: Role;
	active: boolean;
	/** First and last number of each stay; null while it lasts. */
	readonly stays: { from: number; to: number | null }[];
	delivered: number;
	seen: number;
	/** Position of the last end of a stay. */
	end: number;
}

export interface Said {
	readonly by: string;
	readonly withheldFrom: string | null;
	readonly expiresAt: number | null;
	living: boolean;
}

export class Reference {
	kind: ConversationKind | null = null;
	readonly people = new Map<string, Person>();
	/** By `seq` - 1. */
	readonly messages: Said[] = [];
	readonly blocking = new Set<string>();

	get head(): number {
		return this.messages.length;
	}

	active(): string[] {
		return [...this.people].filter(([, one]) => one.active).map(([user]) => user);
	}

	sees(user: string, seq: number): boolean {
		const stays = this.people.get(user)?.stays ?? [];
		const inside = stays.some(({ from, to }) => from <= seq && seq <= (to ?? this.head));
		return inside && this.messages[seq - 1]?.withheldFrom !== user;
	}

	/** The one who does not want to hear from this user. */
	withholds(by: string): string | null {
		return [...this.blocking].find((user) => user !== by) ?? null;
	}

	/** What everyone is waited for, read together with delivered: nobody has seen what never came. */
	effective(user: string): number {
		const person = this.people.get(user);
		return person === undefined ? 0 : Math.min(person.seen, person.delivered);
	}

	/** Apply the event; gives who has to hear of it. */
	apply(event: ConversationEvent, position: number): Set<string> {
		const before = this.active();
		switch (event.type) {
			case "created":
				this.kind = event.kind;
				for (const { user, role } of event.members) this.enter(user, role);
				return new Set(this.active());
			case "added":
				for (const user of event.users) this.enter(user, "member");
				return new Set(this.active());
			case "removed":
				for (const user of event.users) this.leave(user, position);
				return new Set(before);
			case "sent": {
				const { by, withheldFrom, message, seenUpTo } = event;
				const expiresAt = message?.expiresAt ?? null;
				this.messages.push({ by, withheldFrom, expiresAt, living: true });
				const sender = this.people.get(by);
				if (sender !== undefined) sender.seen = Math.max(sender.seen, seenUpTo ?? 0);
				return new Set(before);
			}
			case "deleted":
			case "expired":
				(this.messages[event.seq - 1] as Said).living = false;
				return new Set(before);
			case "role":
				(this.people.get(event.user) as Person).role = event.role;
				return new Set(before);
			case "edited":
			case "reacted":
			case "described":
				return new Set(before);
			case "link":
				return new Set(before.filter((user) => this.people.get(user)?.role !== "member"));
			case "blocked":
				if (event.on) this.blocking.add(event.by);
				else this.blocking.delete(event.by);
				return new Set([event.by]);
			case "hidden":
			case "muted":
				return new Set([event.by]);
			case "receipts":
				return this.receipts(event.pairs);
			case "levelled":
				return new Set();
		}
	}

	/** Who learns of a private matter besides those who must: nobody. */
	isPrivate(event: ConversationEvent): boolean {
		return ["link", "blocked", "hidden", "muted", "levelled"].includes(event.type);
	}

	private enter(user: string, role: Role): void {
		const person: Person = this.people.get(user) ?? {
			role,
			active: true,
			stays: [],
			delivered: 0,
			seen: 0,
			end: 0,
		};
		this.people.set(user, person);
		const left = person.stays.at(-1)?.to ?? 0;
		const hadAll = person.delivered >= left;
		const sawAll = hadAll && person.seen >= left;
		person.role = role;
		person.active = true;
		person.stays.push({ from: this.kind === "channel" ? left + 1 : this.head + 1, to: null });
		// Nobody waits for what was said while one was away, or before.
		if (hadAll) person.delivered = Math.max(person.delivered, this.head);
		if (sawAll) person.seen = Math.max(person.seen, this.head);
	}

	private leave(user: string, position: number): void {
		const person = this.people.get(user) as Person;
		(person.stays.at(-1) as Person["stays"][number]).to = this.head;
		person.active = false;
		person.role = "member";
		person.end = position;
	}

	private receipts(
		pairs: readonly { user: string; delivered: number; seen: number }[],
	): Set<string> {
		const hear = new Set<string>();
		for (const { user, delivered, seen } of pairs) {
			const person = this.people.get(user) as Person;
			if (person.active && seen > person.seen) hear.add(user);
			const wasSeen = this.effective(user);
			const wasDelivered = person.delivered;
			person.delivered = delivered;
			person.seen = seen;
			const isSeen = this.effective(user);
			if (this.kind === "channel") continue;
			this.messages.forEach(({ by, withheldFrom, living }, i) => {
				const seq = i + 1;
				const moved = (wasDelivered < seq && seq <= delivered) || (wasSeen < seq && seq <= isSeen);
				if (!moved || by === user || !living || withheldFrom !== null) return;
				if (this.sees(user, seq) && this.people.get(by)?.active) hear.add(by);
			});
		}
		return hear;
	}
}
