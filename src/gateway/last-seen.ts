// When somebody was last seen: the time of the last frame of any of their devices. Gathered in
// memory and written in batches; after a crash it is at most one batch too old, never too new.

import type { Clock } from "../base/clock.js";
import type { Log } from "../base/log.js";
import { lastSeenOf, presenceOf, type Reachable } from "../domain/presence.js";
import type { GatewayLimits } from "./limits.js";
import type { Session } from "./session.js";

export interface LastSeenEntry {
	readonly user: string;
	/** Ms since 1970. */
	readonly at: number;
}

/** Where last seen survives. The store keeps the later of what it has and what it is given. */
export interface LastSeenStore {
	/** Errors: rejected: the batch is given again, with what came since. */
	flush(batch: readonly LastSeenEntry[]): Promise<void>;
	/** 0 for whom nothing is known. In the order asked. */
	load(users: readonly string[]): Promise<readonly number[]>;
}

/** Of one who is not connected: kept until written, and as long as the departure is damped. */
interface Departed {
	/** Monotonic. */
	readonly goneAt: number;
	/** What the last session showed when it went. */
	readonly state: Reachable;
	readonly at: number;
	written: boolean;
}

export class LastSeen {
	private readonly clock: Clock;
	private readonly limits: GatewayLimits;
	private readonly log: Log;
	private readonly store: LastSeenStore;
	private readonly departed = new Map<string, Departed>();
	/** Of users still connected: the time of a device that was later and is gone. */
	private readonly floors = new Map<string, number>();
	/** Frames up to here (wall clock) are written. */
	private writtenUpTo: number;
	private flushedAt: number;
	private underWay: Promise<void> | null = null;

	constructor(parts: {
		readonly clock: Clock;
		readonly limits: GatewayLimits;
		readonly log: Log;
		readonly store: LastSeenStore;
	}) {
		this.clock = parts.clock;
		this.limits = parts.limits;
		this.log = parts.log;
		this.store = parts.store;
		this.writtenUpTo = 0;
		this.flushedAt = parts.clock.monotonic();
	}

	/** How the user's last session went; null: not lately. */
	gone(user: string): { readonly goneAt: number; readonly state: Reachable } | null {
		return this.departed.get(user) ?? null;
	}

	/** What memory knows beside the sessions that are there; 0: nothing. */
	known(user: string): number {
		return Math.max(this.departed.get(user)?.at ?? 0, this.floors.get(user) ?? 0);
	}

	returned(user: string): void {
		const before = this.departed.get(user);
		if (before === undefined) return;
		this.departed.delete(user);
		// The clock may have been set back meanwhile; last seen never is.
		if (before.at > this.clock.now()) this.floors.set(user, before.at);
	}

	left(user: string, session: Session, others: readonly Session[]): void {
		const latest = Math.max(session.frameAt, this.floors.get(user) ?? 0);
		if (others.length > 0) {
			if (lastSeenOf(others, 0) < latest) this.floors.set(user, latest);
			return;
		}
		this.floors.delete(user);
		const goneAt = this.clock.monotonic();
		const state = presenceOf([session], null, goneAt, this.limits);
		this.departed.set(user, { goneAt, state, at: latest, written: false });
	}

	/** In the order that does not matter: what the store knows of these. */
	async load(users: readonly string[]): Promise<ReadonlyMap<string, number>> {
		const found = await this.store.load(users);
		return new Map(users.map((user, at) => [user, found[at] ?? 0]));
	}

	/** Called by the presence sweep: writes when it is time, forgets who is long gone. */
	sweep(sessions: Iterable<Session>): void {
		const now = this.clock.monotonic();
		for (const [user, one] of this.departed) {
			if (one.written && now - one.goneAt >= this.limits.offlineAfterMs) this.departed.delete(user);
		}
		const due = now - this.flushedAt >= this.limits.lastSeenFlushMs;
		if (!due && this.departed.size <= this.limits.lastSeenPendingMax) return;
		if (this.underWay === null) void this.flush(sessions);
	}

	/** Never rejects: what could not be written is tried again. One batch at a time. */
	async flush(sessions: Iterable<Session>): Promise<void> {
		if (this.underWay !== null) await this.underWay;
		this.flushedAt = this.clock.monotonic();
		const upTo = this.clock.now();
		const departed: Departed[] = [];
		const latest = new Map<string, number>();
		for (const [user, one] of this.departed) {
			if (one.written) continue;
			departed.push(one);
			latest.set(user, one.at);
		}
		for (const session of sessions) {
			const user = session.live?.user;
			if (user === undefined || session.frameAt < this.writtenUpTo) continue;
			latest.set(user, Math.max(session.frameAt, latest.get(user) ?? 0, this.known(user)));
		}
		if (latest.size === 0) return;
		const batch = Array.from(latest, ([user, at]) => ({ user, at }));
		const writing = this.store.flush(batch).then(
			() => {
				for (const one of departed) one.written = true;
				this.writtenUpTo = upTo;
			},
			(error: unknown) => this.log("warn", "last-seen.unwritten", { error: String(error) }),
		);
		this.underWay = writing;
		await writing;
		this.underWay = null;
	}
}
