// Who is connected to this node: user → sessions, for actors that push to a user and for large
// fan-outs that push one operation to thousands.

import type { SessionInfo } from "../../actors/port.js";
import type { ServerOp } from "../protocol/frames.js";
import type { Flusher } from "./flusher.js";
import type { Session } from "./session.js";

interface Entry {
	readonly sessions: Session[];
	/** In the same order; what actors get to see. */
	readonly infos: SessionInfo[];
	/** By outbox that two devices have had at once: the newest session that wrote under it. */
	speakers: Map<string, number> | null;
}

const nobody: Entry = { sessions: [], infos: [], speakers: null };

export class Audience {
	private readonly users = new Map<string, Entry>();
	private readonly bySerial = new Map<number, Session>();
	private readonly flusher: Flusher;
	/** What was delivered last. */
	private before: readonly ServerOp[] = [];

	constructor(flusher: Flusher) {
		this.flusher = flusher;
	}

	/** Ready sessions on this node. */
	get size(): number {
		return this.bySerial.size;
	}

	get userCount(): number {
		return this.users.size;
	}

	add(session: Session, info: SessionInfo): void {
		this.bySerial.set(info.serial, session);
		const entry = this.users.get(info.user);
		if (entry === undefined) {
			this.users.set(info.user, { sessions: [session], infos: [info], speakers: null });
			return;
		}
		entry.sessions.push(session);
		entry.infos.push(info);
	}

	remove(info: SessionInfo): void {
		this.bySerial.delete(info.serial);
		const entry = this.users.get(info.user);
		if (entry === undefined) return;
		const at = entry.infos.findIndex((one) => one.serial === info.serial);
		if (at >= 0) {
			entry.infos.splice(at, 1);
			entry.sessions.splice(at, 1);
		}
		if (entry.infos.length === 0) this.users.delete(info.user);
	}

	get(serial: number): Session | undefined {
		return this.bySerial.get(serial);
	}

	all(): IterableIterator<Session> {
		return this.bySerial.values();
	}

	of(user: string): readonly Session[] {
		return (this.users.get(user) ?? nobody).sessions;
	}

	infosOf(user: string): readonly SessionInfo[] {
		return (this.users.get(user) ?? nobody).infos;
	}

	/**
	 * See `SessionPort`. What an ended session of the same device has left in mailboxes stands there
	 * before anything of the newer one, so it needs no look here.
	 */
	speaks({ user, outbox, serial }: SessionInfo): boolean {
		const entry = this.users.get(user);
		if (entry === undefined || (entry.infos.length === 1 && entry.speakers === null)) return true;
		const newest = entry.speakers?.get(outbox) ?? 0;
		if (serial < newest) return false;
		const shared = entry.infos.some((one) => one.outbox === outbox && one.serial !== serial);
		if (shared || newest > 0) {
			entry.speakers ??= new Map();
			entry.speakers.set(outbox, serial);
		}
		return true;
	}

	/** Operations to one session, at the end of this turn. */
	deliver(serial: number, ops: readonly ServerOp[]): void {
		this.noteShared(ops);
		const session = this.bySerial.get(serial);
		if (session?.queue(ops)) this.flusher.now(session);
	}

	/**
	 * Whoever pushes to a group's members one by one gives each the same objects, one call after the
	 * other: so a look at the call before finds what is worth encoding once.
	 */
	private noteShared(ops: readonly ServerOp[]): void {
		const { before } = this;
		const count = Math.min(ops.length, before.length);
		for (let at = 0; at < count; at += 1) {
			const op = ops[at] as ServerOp;
			if (op === before[at]) this.flusher.share(op);
		}
		this.before = ops;
	}

	/**
	 * One operation to the sessions of many users, encoded once and written a slice a turn. The
	 * outboxes are filled at once, which costs 0.1 ms a thousand; only writing is slow.
	 *
	 * Order: as `deliver` called now for each of them: what is delivered later arrives later.
	 */
	broadcast(
		users: Iterable<string>,
		op: ServerOp,
		exceptUsers: ReadonlySet<string>,
		exceptSession: number,
	): void {
		const ops = [op];
		this.flusher.share(op);
		for (const user of users) {
			const entry = this.users.get(user);
			if (entry === undefined || exceptUsers.has(user)) continue;
			for (const session of entry.sessions) {
				if (session.serial === exceptSession) continue;
				if (session.queue(ops)) this.flusher.inRound(session);
			}
		}
	}
}
