// Who watches whom, and one sweep that judges the watched and tells their watchers. A frame costs
// two fields of its session; users whom nobody watches cost nothing. Not here: the judgement itself
// (`domain/presence.ts`), and who may see whom, which is asked.

import type { SessionInfo } from "../../actors/port.js";
import type { Clock } from "../base/clock.js";
import type { Log } from "../base/log.js";
import { lastSeenOf, presenceOf, type Reachable } from "../domain/presence.js";
import type { ServerOp } from "../protocol/frames.js";
import type { Audience } from "./audience.js";
import type { Flusher } from "./flusher.js";
import { LastSeen, type LastSeenStore } from "./last-seen.js";
import type { GatewayLimits } from "./limits.js";
import type { Session } from "./session.js";

export interface WatchPair {
	readonly watcher: string;
	readonly user: string;
}

/**
 * Whether each watcher may know where the user is: privacy of both, contacts, blocks. Asked in
 * batches when somebody starts watching and again on `recheck`.
 */
export type MayWatch = (
	pairs: readonly WatchPair[],
) => readonly boolean[] | Promise<readonly boolean[]>;

type Told = Extract<ServerOp, { type: "presence" }>["users"][number];

interface Watched {
	/** As last told; null: to nobody yet. */
	state: Reachable | null;
	/** Sessions that watch, and whether they may be told; null: still being asked. */
	readonly watchers: Map<Session, boolean | null>;
}

export class Presence {
	private readonly clock: Clock;
	private readonly limits: GatewayLimits;
	private readonly audience: Audience;
	private readonly flusher: Flusher;
	private readonly log: Log;
	private readonly mayWatch: MayWatch;
	private readonly lastSeen: LastSeen;
	private readonly watched = new Map<string, Watched>();

	constructor(parts: {
		readonly clock: Clock;
		readonly limits: GatewayLimits;
		readonly audience: Audience;
		readonly flusher: Flusher;
		readonly log: Log;
		readonly mayWatch: MayWatch;
		readonly store: LastSeenStore;
	}) {
		this.clock = parts.clock;
		this.limits = parts.limits;
		this.audience = parts.audience;
		this.flusher = parts.flusher;
		this.log = parts.log;
		this.mayWatch = parts.mayWatch;
		this.lastSeen = new LastSeen(parts);
	}

	/** Users whom somebody watches. */
	get watchedCount(): number {
		return this.watched.size;
	}

	// -- What sessions do ------------------------------------------------------------------------

	joined(session: Session, info: SessionInfo): void {
		session.frameAt = this.clock.now();
		this.lastSeen.returned(info.user);
		this.allow(info.user, (_, may) => may === false);
	}

	/** Two users share a direct conversation now: who was kept from knowing may be let know. */
	opened(one: string, two: string): void {
		for (const [user, other] of one === two ? [] : [[one, two] as const, [two, one] as const]) {
			this.allow(user, (session, may) => may === false && session.live?.user === other);
		}
	}

	/** Asks again for watchers of a user, who may have begun to exist only now. */
	private allow(user: string, who: (session: Session, may: boolean | null) => boolean): void {
		for (const [session, may] of this.watched.get(user)?.watchers ?? []) {
			if (session.live !== null && who(session, may))
				this.ask(session, session.live, [user], false);
		}
	}

	/**
	 * A frame came. Every frame is a pulse, but only what a person does ends being idle: receipts
	 * and pulls happen by themselves.
	 */
	heard(session: Session, now: number, personal: boolean): void {
		if (now > session.frameAt) session.frameAt = now;
		if (personal) session.idle = false;
	}

	/** The session is gone; it is in the audience no more. */
	left(session: Session, info: SessionInfo): void {
		for (const user of session.watches ?? []) this.forget(session, user);
		session.watches = null;
		this.lastSeen.left(info.user, session, this.audience.of(info.user));
	}

	/** Starts watching. The session hears of every user once, in one operation, and of changes. */
	watch(session: Session, info: SessionInfo, users: readonly string[]): void {
		session.watches ??= new Set();
		for (const user of users) {
			if (session.watches.has(user)) continue;
			if (session.watches.size >= this.limits.watchesPerSessionMax) {
				const detail = `watch.users more than ${this.limits.watchesPerSessionMax} in all`;
				session.say({ type: "error", request: null, code: "BAD_REQUEST", detail });
				break;
			}
			session.watches.add(user);
			const watched = this.watched.get(user) ?? { state: null, watchers: new Map() };
			watched.watchers.set(session, null);
			this.watched.set(user, watched);
		}
		this.ask(session, info, users, true);
	}

	unwatch(session: Session, users: readonly string[]): void {
		for (const user of users) {
			if (session.watches?.delete(user)) this.forget(session, user);
		}
	}

	/** The session lost pushes: everything it watches is told again. */
	retell(session: Session, info: SessionInfo): void {
		if (session.watches !== null) this.ask(session, info, [...session.watches], true);
	}

	private forget(session: Session, user: string): void {
		const watched = this.watched.get(user);
		watched?.watchers.delete(session);
		if (watched?.watchers.size === 0) this.watched.delete(user);
	}

	// -- What others ask -------------------------------------------------------------------------

	stateOf(user: string): Reachable {
		const now = this.clock.monotonic();
		return presenceOf(this.audience.of(user), this.lastSeen.gone(user), now, this.limits);
	}

	/** The user's privacy, contacts or blocks have changed: both directions are asked anew. */
	recheck(user: string): void {
		for (const session of this.watched.get(user)?.watchers.keys() ?? []) {
			if (session.live !== null) this.ask(session, session.live, [user], false);
		}
		for (const session of this.audience.of(user)) {
			if (session.live === null || session.watches === null) continue;
			this.ask(session, session.live, [...session.watches], false);
		}
	}

	/** Writes what is not yet written; before the end of the process. */
	flushed(): Promise<void> {
		return this.lastSeen.flush(this.audience.all());
	}

	// -- The sweep -------------------------------------------------------------------------------

	/** Judges everybody who is watched; each watcher gets at most one operation. */
	sweep(): void {
		const changes = new Map<Session, Told[]>();
		for (const [user, watched] of this.watched) this.judge(user, watched, changes);
		this.tell(changes);
		this.lastSeen.sweep(this.audience.all());
	}

	/** Brings what is told of a user up to now; adds whom to tell. */
	private judge(user: string, watched: Watched, changes: Map<Session, Told[]>): Reachable {
		const state = this.stateOf(user);
		if (state === watched.state) return state;
		watched.state = state;
		let told: Told | null = null;
		for (const [session, may] of watched.watchers) {
			if (may !== true) continue;
			told ??= { user, state, lastSeen: this.knownLastSeen(user) };
			const list = changes.get(session);
			if (list === undefined) changes.set(session, [told]);
			else list.push(told);
		}
		return state;
	}

	/** One whom many watch and nothing else: their operations are one object, encoded once. */
	private tell(changes: ReadonlyMap<Session, readonly Told[]>): void {
		const single = new Map<Told, ServerOp>();
		for (const [session, users] of changes) {
			const only = users.length === 1 ? (users[0] as Told) : null;
			const op = (only && single.get(only)) ?? { type: "presence", users };
			if (only !== null && single.has(only)) this.flusher.share(op);
			else if (only !== null) single.set(only, op);
			if (session.queue([op])) this.flusher.inRound(session);
		}
	}

	/** Of somebody who was here: what memory knows is later than what the store does. */
	private knownLastSeen(user: string): number {
		return lastSeenOf(this.audience.of(user), this.lastSeen.known(user));
	}

	// -- Asking ----------------------------------------------------------------------------------

	/** Asks whether the session may know, then tells. `always`: also what it knows already. */
	private ask(
		session: Session,
		info: SessionInfo,
		users: readonly string[],
		always: boolean,
	): void {
		const mine = users.filter((user) => session.watches?.has(user));
		if (mine.length === 0) return;
		const pairs = mine.map((user) => ({ watcher: info.user, user }));
		this.answer(session, mine, pairs, always).catch((error: unknown) => {
			// They stay watched but untold: silence never betrays anybody.
			this.log("error", "presence.fault", { error: String(error) });
		});
	}

	private async answer(
		session: Session,
		users: readonly string[],
		pairs: readonly WatchPair[],
		always: boolean,
	): Promise<void> {
		const may = await this.mayWatch(pairs);
		const absent = users.filter(
			(user, at) => may[at] === true && this.audience.of(user).length === 0,
		);
		const stored = absent.length === 0 ? new Map() : await this.lastSeen.load(absent);
		const told: Told[] = [];
		const changes = new Map<Session, Told[]>();
		for (const [at, user] of users.entries()) {
			const watched = this.watched.get(user);
			const before = watched?.watchers.get(session);
			// Unwatched or gone while we asked.
			if (watched === undefined || before === undefined) continue;
			const allowed = may[at] === true;
			watched.watchers.set(session, allowed);
			if (!always && before === allowed) continue;
			// One who may not know is told what it would be told of nobody.
			if (!allowed) told.push({ user, state: "offline", lastSeen: null });
			else {
				// The others hear it now as well: the next sweep would tell this session twice.
				const state = this.judge(user, watched, changes);
				const lastSeen = Math.max(this.knownLastSeen(user), stored.get(user) ?? 0);
				told.push({ user, state, lastSeen });
			}
		}
		changes.delete(session);
		this.tell(changes);
		if (told.length === 0 || session.live === null) return;
		session.say({ type: "presence", users: told });
	}
}
