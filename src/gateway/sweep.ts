// The one sweep over all connections: deadlines, expiry, dead and stalled peers. A judgement is
// cheap and made for everybody; what it asks for is done for a bounded number a turn.

import type { Clock } from "../base/clock.js";
import type { ErrorCode } from "../base/errors.js";
import { policyViolation } from "./close-code.js";
import type { GatewayLimits } from "./limits.js";
import { hold, type Session } from "./session.js";

export type Verdict =
	| { readonly type: "fine" }
	| { readonly type: "ping" }
	| { readonly type: "cut"; readonly reason: "ping" | "close" | "unfinished" }
	| { readonly type: "end"; readonly code: ErrorCode; readonly closeCode?: number }
	| { readonly type: "answer-refresh" };

const fine: Verdict = { type: "fine" };
const ping: Verdict = { type: "ping" };

/** Units: `now` monotonic, `wall` since 1970; ms. */
export function judge(session: Session, now: number, wall: number, limits: GatewayLimits): Verdict {
	const { phase } = session;
	switch (phase.name) {
		case "handshake":
			if (now - session.openedAt < limits.helloDeadlineMs) return fine;
			return { type: "end", code: "HANDSHAKE_TIMEOUT" };
		case "authenticating":
			if (now - phase.since < limits.authDeadlineMs) return fine;
			return { type: "end", code: "UNAVAILABLE" };
		case "welcomed":
			if (now - phase.since >= limits.helloDeadlineMs) {
				return { type: "end", code: "HANDSHAKE_TIMEOUT" };
			}
			return wall >= session.expiresAt ? { type: "end", code: "AUTH_EXPIRED" } : fine;
		case "ready":
		case "lagging":
			return judgeLive(session, now, wall, limits);
		case "closing":
			return now - phase.since >= limits.closeMs ? { type: "cut", reason: "close" } : fine;
		case "closed":
			return fine;
		default: {
			const never: never = phase;
			throw new TypeError(`no such phase: ${String(never)}`);
		}
	}
}

function judgeLive(session: Session, now: number, wall: number, limits: GatewayLimits): Verdict {
	if (wall >= session.expiresAt) return { type: "end", code: "AUTH_EXPIRED" };
	if (!session.transport.writable) {
		if (session.stalledSince === 0) session.stalledSince = now;
		else if (now - session.stalledSince >= limits.stallMs) {
			return { type: "end", code: "SLOW_READER" };
		}
	}
	if (session.refresh !== null && now - session.refresh.since >= limits.authDeadlineMs) {
		return { type: "answer-refresh" };
	}
	// A socket that we do not read cannot show that its peer lives.
	if (session.holds !== 0) return fine;
	if (now - session.messageAt >= limits.unfinishedMs) {
		// Bytes have come since the last whole message, but no message.
		if (session.transport.received !== session.receivedThen) {
			return { type: "end", code: "PROTOCOL", closeCode: policyViolation };
		}
	}
	const silentMs = now - session.heardAt;
	if (silentMs < limits.pingMs * (session.pingsUnanswered + 1)) return fine;
	return session.pingsUnanswered >= 2 ? { type: "cut", reason: "ping" } : ping;
}

export interface SweepCounters {
	pings: number;
	cut: number;
}

/** Judges all sessions again and again; at most one round is under way. */
export class Sweep {
	private readonly clock: Clock;
	private readonly limits: GatewayLimits;
	private readonly sessions: ReadonlySet<Session>;
	private due: Session[] = [];
	private dueHead = 0;
	readonly counters: SweepCounters = { pings: 0, cut: 0 };

	constructor(clock: Clock, limits: GatewayLimits, sessions: ReadonlySet<Session>) {
		this.clock = clock;
		this.limits = limits;
		this.sessions = sessions;
	}

	run(): void {
		const now = this.clock.monotonic();
		const wall = this.clock.now();
		const busy = this.dueHead < this.due.length;
		const second = Math.floor(now / 1_000) !== Math.floor((now - this.limits.sweepMs) / 1_000);
		for (const session of this.sessions) {
			if (second) session.controls = 0;
			if (session.unnumbered > 0) {
				session.unnumbered = 0;
				session.release(hold.rate);
			}
			if (!busy && judge(session, now, wall, this.limits).type !== "fine") this.due.push(session);
		}
		if (!busy) this.act();
	}

	/** A slice a turn: ten thousand pings at once would stop the loop for a tenth of a second. */
	private act(): void {
		const now = this.clock.monotonic();
		const wall = this.clock.now();
		const until = Math.min(this.due.length, this.dueHead + this.limits.sendsPerTurn);
		while (this.dueHead < until) {
			const session = this.due[this.dueHead++] as Session;
			// Judged again: a turn may have passed.
			this.perform(session, judge(session, now, wall, this.limits));
		}
		if (this.dueHead < this.due.length) this.clock.soon(() => this.act());
		else {
			this.due = [];
			this.dueHead = 0;
		}
	}

	private perform(session: Session, verdict: Verdict): void {
		switch (verdict.type) {
			case "fine":
				return;
			case "ping":
				session.pingsUnanswered += 1;
				this.counters.pings += 1;
				session.transport.ping();
				return;
			case "cut":
				this.counters.cut += 1;
				session.cut();
				return;
			case "end":
				session.end(verdict.code, "", 0, verdict.closeCode);
				return;
			case "answer-refresh": {
				const request = session.refresh?.request ?? 0;
				session.refresh = null;
				session.say({ type: "error", request, code: "UNAVAILABLE", detail: "refresh" });
				return;
			}
			default: {
				const never: never = verdict;
				throw new TypeError(`no such verdict: ${String(never)}`);
			}
		}
	}
}
