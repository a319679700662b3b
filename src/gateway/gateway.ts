// All sessions of this node, and what they share: the actors' port to them. It is given connections
// (`accept`) by whatever listens and knows nothing of HTTP.

import type { RouterPort, SessionInfo, SessionPort } from "../../actors/port.js";
import type { Authenticate } from "../auth/identity.js";
import type { Clock, Timer } from "../base/clock.js";
import type { ErrorCode } from "../base/errors.js";
import { directMembers } from "../base/ids.js";
import { type Log, silentLog } from "../base/log.js";
import type { DecodedOp } from "../protocol/codec.js";
import {
	type ClientFrame,
	decodeClientFrame,
	encodeServerFrame,
	encodeServerOp,
} from "../protocol/codec.js";
import type { ServerOp } from "../protocol/frames.js";
import { EarlySockets, Failures, HelloRate } from "./admission.js";
import { Audience } from "./audience.js";
import { type DrainOptions, drain } from "./drain.js";
import { Flusher } from "./flusher.js";
import type { ServerFacts } from "./handshake.js";
import type { LastSeenStore } from "./last-seen.js";
import { type FailureLimits, failureLimits, type GatewayLimits, gatewayLimits } from "./limits.js";
import { type Desk, operate } from "./operations.js";
import { type MayWatch, Presence } from "./presence.js";
import { Session } from "./session.js";
import { Sweep } from "./sweep.js";
import { Takeovers } from "./takeovers.js";
import { Threshold } from "./threshold.js";
import type { Transport } from "./transport.js";

export interface GatewayParts {
	readonly clock: Clock;
	readonly authenticate: Authenticate;
	readonly facts: () => ServerFacts;
	readonly limits?: Partial<GatewayLimits>;
	readonly failureLimits?: Partial<FailureLimits>;
	readonly log?: Log;
	/** Left out: everybody may watch everybody. */
	readonly mayWatch?: MayWatch;
	/** Left out: last seen is forgotten with the process. */
	readonly lastSeen?: LastSeenStore;
}

/** What an operator wants to know, as it is now. */
export type GatewayCounts = {
	readonly connections: number;
	readonly ready: number;
	readonly users: number;
	readonly early: number;
	readonly watched: number;
	readonly pings: number;
	readonly cut: number;
	/** Sessions ended, by reason, since the start. */
	readonly ended: Readonly<Partial<Record<ErrorCode, number>>>;
};

type Doors = "shut" | "open" | "draining" | "closed";

const forgetful: LastSeenStore = {
	flush: async () => {},
	load: async (users) => users.map(() => 0),
};

export class Gateway implements SessionPort, Desk {
	readonly clock: Clock;
	readonly limits: GatewayLimits;
	readonly log: Log;
	readonly authenticate: Authenticate;
	readonly facts: () => ServerFacts;
	readonly flusher: Flusher;
	readonly audience: Audience;
	readonly presence: Presence;
	readonly early: EarlySockets<Session>;
	readonly rate: HelloRate;
	readonly failures: Failures;
	readonly takeovers: Takeovers;
	readonly welcomed = new Threshold();
	router!: RouterPort;
	private doors: Doors = "shut";
	private readonly sessions = new Set<Session>();
	private readonly sweep: Sweep;
	private readonly timers: Timer[] = [];
	private readonly ended: Partial<Record<ErrorCode, number>> = {};
	private serial = 0;

	constructor(parts: GatewayParts) {
		const limits = { ...gatewayLimits, ...parts.limits };
		const { clock, log = silentLog } = parts;
		this.clock = clock;
		this.limits = limits;
		this.log = log;
		this.authenticate = parts.authenticate;
		this.facts = parts.facts;
		this.flusher = new Flusher(clock, limits, { one: encodeServerOp, many: encodeServerFrame });
		this.audience = new Audience(this.flusher);
		this.early = new EarlySockets(limits, (session) => session.cut());
		this.rate = new HelloRate(limits);
		this.failures = new Failures({ ...failureLimits, ...parts.failureLimits });
		this.takeovers = new Takeovers(limits);
		this.sweep = new Sweep(clock, limits, this.sessions);
		this.presence = new Presence({
			clock,
			limits,
			log,
			audience: this.audience,
			flusher: this.flusher,
			mayWatch: parts.mayWatch ?? ((pairs) => pairs.map(() => true)),
			store: parts.lastSeen ?? forgetful,
		});
	}

	/** Opens the doors. Before, every connection is refused. */
	start(router: RouterPort): void {
		this.router = router;
		this.doors = "open";
		this.timers.push(
			this.clock.every(this.limits.sweepMs, () => this.guarded(() => this.sweep.run())),
			this.clock.every(this.limits.presenceSweepMs, () => {
				this.guarded(() => this.presence.sweep());
				this.takeovers.forget(this.clock.monotonic());
				this.failures.forget(this.clock.monotonic());
			}),
		);
	}

	/** Whether a new connection may come in. */
	get open(): boolean {
		return this.doors === "open";
	}

	/** No room: a connection more would go beyond the limit. */
	get full(): boolean {
		return this.sessions.size >= this.limits.connectionsMax;
	}

	counts(): GatewayCounts {
		return {
			connections: this.sessions.size,
			ready: this.audience.size,
			users: this.audience.userCount,
			early: this.early.size,
			watched: this.presence.watchedCount,
			...this.sweep.counters,
			ended: { ...this.ended },
		};
	}

	/** Takes a connection. The session is the transport's handler. */
	accept(transport: Transport): Session {
		this.serial += 1;
		const session = new Session(this, transport, this.serial);
		this.sessions.add(session);
		this.early.add(session, transport.address);
		return session;
	}

	/**
	 * Ends everything in order: no new connections, a hint to all, answers, close 1001. Resolves
	 * when all are gone, within 10 s whatever is asked for.
	 */
	async drain(options: DrainOptions): Promise<void> {
		if (this.doors === "closed") return;
		this.doors = "draining";
		await drain(this, this.sessions, options);
		await this.presence.flushed();
	}

	/** Cuts what is left and stops the sweeps. */
	async close(): Promise<void> {
		if (this.doors === "closed") return;
		this.doors = "closed";
		for (const timer of this.timers) timer.cancel();
		for (const session of [...this.sessions]) session.cut();
		await this.presence.flushed();
	}

	// -- What actors ask of the gateway ----------------------------------------------------------

	deliver(session: number, ops: readonly ServerOp[]): void {
		this.audience.deliver(session, ops);
	}

	broadcast(
		users: readonly string[],
		op: ServerOp,
		exceptUsers: ReadonlySet<string>,
		exceptSession: number,
	): void {
		this.audience.broadcast(users, op, exceptUsers, exceptSession);
	}

	sessionsOf(user: string): readonly SessionInfo[] {
		return this.audience.infosOf(user);
	}

	speaks(session: SessionInfo): boolean {
		return this.audience.speaks(session);
	}

	/** Live, ready sessions of all users on this node. */
	*all(): IterableIterator<SessionInfo> {
		for (const { live } of this.audience.all()) if (live !== null) yield live;
	}

	end(user: string, device: string | null, code: ErrorCode, except: number | null): void {
		for (const session of [...this.audience.of(user)]) {
			if (session.serial === except) continue;
			if (device === null || session.live?.device === device) session.end(code);
		}
		// Those on the threshold as well: their token was judged before whatever happened now.
		for (const session of [...this.welcomed]) {
			if (session.serial === except || session.phase.name !== "welcomed") continue;
			const { info } = session.phase;
			if (info.user === user && (device === null || info.device === device)) session.end(code);
		}
	}

	// -- What sessions share ---------------------------------------------------------------------

	encode(op: ServerOp): Uint8Array {
		return encodeServerOp(op);
	}

	decode(bytes: Uint8Array): ClientFrame {
		return decodeClientFrame(bytes, this.limits);
	}

	operate(session: Session, ops: readonly DecodedOp[]): void {
		operate(this, session, ops);
	}

	joined(session: Session, info: SessionInfo): void {
		this.presence.joined(session, info);
	}

	left(session: Session, info: SessionInfo | null): void {
		this.early.remove(session);
		this.welcomed.delete(session);
		if (info === null) return;
		this.audience.remove(info);
		this.presence.left(session, info);
		this.guarded(() => this.router.closed(info));
	}

	caughtUp(session: Session, info: SessionInfo): void {
		this.guarded(() => this.router.resync(info));
		this.presence.retell(session, info);
	}

	privacyChanged(user: string): void {
		this.presence.recheck(user);
	}

	opened(conversation: string): void {
		const members = directMembers(conversation);
		if (members !== null) this.presence.opened(...members);
	}

	ending(code: ErrorCode): void {
		this.ended[code] = (this.ended[code] ?? 0) + 1;
	}

	gone(session: Session): void {
		this.sessions.delete(session);
	}

	/** Work that belongs to no single session: its fault must not end the sweep or the socket. */
	private guarded(run: () => void): void {
		try {
			run();
		} catch (error) {
			this.log("error", "gateway.fault", { error: String(error) });
		}
	}
}
