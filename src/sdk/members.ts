// Who is in a conversation and how far each got, as far as this device knows: the page of members
// that was asked for, changes since, and watermarks. Ticks and counts follow from it.

import { directMembers } from "../base/ids.js";
import type { View } from "../client/store.js";
import type { Change, ListEntry, WireMember, WireWatermark } from "../protocol/frames.js";
import type { Home, ResultOf } from "./engine.js";
import type { KeptMembers } from "./kept.js";
import type { ConversationInfo, Message, Role } from "./types.js";

export interface Reach {
	/** Every reader has received, has seen up to here. */
	readonly delivered: number;
	readonly seen: number;
	/** Numbers above this and up to `to`: counts have changed. */
	readonly from: number;
	readonly to: number;
}

export const nowhere: Reach = { delivered: 0, seen: 0, from: 0, to: 0 };

interface Marks {
	readonly delivered: number;
	readonly seen: number;
}

const none: Marks = { delivered: 0, seen: 0 };

export class Members {
	kind: ConversationInfo["kind"] = null;
	title = "";
	picture = "";
	description = "";
	private readonly home: Home;
	private readonly id: string;
	/** Null: not known yet. */
	private roles: Map<string, Role> | null = null;
	private listed: readonly WireMember[] = [];
	/** Who came later is no reader of what was said before. */
	private joinedAt = new Map<string, number>();
	/** Watermarks that were asked for, where the view's own begin later. */
	private readonly learnt = new Map<string, Marks>();
	private told = new Map<string, Marks>();
	private loading: Promise<void> | null = null;

	constructor(home: Home, id: string) {
		this.home = home;
		this.id = id;
		const pair = directMembers(id);
		if (pair === null) return;
		this.kind = "direct";
		this.roles = new Map(pair.map((user) => [user, "member"]));
		this.relist();
	}

	/** The storage is open. */
	restore(): void {
		const kept = this.home.note(this.noteName) as KeptMembers | undefined;
		if (kept === undefined || this.roles !== null) return;
		Object.assign(this, kept.facts);
		this.roles = new Map(kept.roles);
		this.joinedAt = new Map(kept.joinedAt);
		this.relist();
	}

	private get noteName(): string {
		return `members ${this.id}`;
	}

	private keep(): void {
		const { kind, title, picture, description, roles, joinedAt } = this;
		if (roles === null || kind === "direct") return;
		const facts = { kind, title, picture, description };
		const kept: KeptMembers = { facts, roles: [...roles], joinedAt: [...joinedAt] };
		this.home.keep(this.noteName, kept);
	}

	/** Asks once; a later change is folded in. */
	load(): Promise<void> {
		if (this.kind === "direct") return Promise.resolve();
		this.loading ??= this.ask().catch((cause) => {
			this.loading = null;
			throw cause;
		});
		return this.loading;
	}

	private async ask(): Promise<void> {
		const roles = new Map<string, Role>();
		const { id: conversation } = this;
		let cursor: string | null = null;
		do {
			const page: ResultOf<"info"> = await this.home.ask({
				type: "info",
				conversation,
				cursor,
				limit: 1_000,
			});
			this.kind = page.kind;
			this.title = page.title;
			this.picture = page.picture;
			this.description = page.description;
			for (const { user, role } of page.page) roles.set(user, role);
			// Of a channel's thousands the first page is enough to show.
			cursor = page.kind === "channel" ? null : page.cursor;
		} while (cursor !== null);
		this.roles = roles;
		this.relist();
		this.keep();
	}

	/** What the list says goes before what was asked for once. */
	info(entry: ListEntry | null, kind: ConversationInfo["kind"]): ConversationInfo {
		const { title, picture, description, listed: members, home } = this;
		const mutedUntil = entry?.mutedUntil ?? 0;
		return {
			kind,
			title: entry?.title ?? title,
			picture: entry?.picture ?? picture,
			description,
			members,
			role: entry?.role ?? this.roles?.get(home.user ?? "") ?? null,
			mutedUntil,
			muted: mutedUntil > home.clock.now(),
		};
	}

	fold(change: Change, held: number): void {
		if (change.type === "described") {
			this.title = change.title ?? this.title;
			this.picture = change.picture ?? this.picture;
			this.description = change.description ?? this.description;
		} else if (change.type === "added") {
			for (const user of change.users) {
				this.joinedAt.set(user, held);
				if (this.roles?.has(user) === false) this.roles.set(user, "member");
			}
		} else if (change.type === "removed") {
			for (const user of change.users) this.roles?.delete(user);
		} else if (change.type === "role") this.roles?.set(change.user, change.role);
		else return;
		this.relist();
		this.keep();
	}

	learn(watermarks: readonly WireWatermark[]): void {
		for (const mark of watermarks) this.learnt.set(mark.user, mark);
	}

	private relist(): void {
		this.listed = [...(this.roles ?? [])].map(([user, role]) => ({ user, role }));
	}

	private marksOf(view: View | undefined, user: string): Marks {
		const one = view?.watermarks.get(user) ?? none;
		const two = this.learnt.get(user) ?? none;
		const since = this.joinedAt.get(user) ?? 0;
		return {
			delivered: Math.max(one.delivered, two.delivered, since),
			seen: Math.max(one.seen, two.seen, since),
		};
	}

	/** [P-7.3] Without readers, as with oneself, all is seen at once. */
	reach(view: View, me: string, kind: "direct" | "group"): Reach {
		if (this.roles === null) return nowhere;
		let delivered = Infinity;
		let seen = Infinity;
		let from = Infinity;
		let to = 0;
		const told = new Map<string, Marks>();
		for (const user of this.roles.keys()) {
			if (user === me) continue;
			const marks = this.marksOf(view, user);
			const before = this.told.get(user) ?? none;
			told.set(user, marks);
			delivered = Math.min(delivered, marks.delivered);
			seen = Math.min(seen, marks.seen);
			for (const key of ["delivered", "seen"] as const) {
				if (marks[key] === before[key]) continue;
				from = Math.min(from, before[key]);
				to = Math.max(to, marks[key]);
			}
		}
		this.told = told;
		// Of a pair the status says it all.
		return { delivered, seen, from, to: kind === "direct" ? 0 : to };
	}

	counts(view: View | undefined, me: string | null, seq: number | null): Message["counts"] {
		let delivered = 0;
		let seen = 0;
		let of = 0;
		for (const user of this.roles?.keys() ?? []) {
			if (user === me || (seq ?? Infinity) <= (this.joinedAt.get(user) ?? 0)) continue;
			const marks = this.marksOf(view, user);
			of += 1;
			if (seq !== null && marks.delivered >= seq) delivered += 1;
			if (seq !== null && marks.seen >= seq) seen += 1;
		}
		return { delivered, seen, of };
	}
}
