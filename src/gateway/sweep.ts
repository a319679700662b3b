// The one sweep over all connections: deadlines, expiry, dead and stalled peers. A judgement is
// cheap and made for everybody; what it asks for is done for a bounded number a turn.

import type { Clock } from "../base/clock.js";
import type { ErrorCode } from "../base/errors.js";
import { policyViolation } from "./close-code.js";
import type { GatewayLimits } from "./limits.js";
import { hold, type Session } from "./session.js";

export type Verdict =
	/** Nothing to do until then (monotonic). */
	| { readonly type: "fine"; readonly until: number }
	| { readonly type: "ping" }
	| { readonly type: "cut" }
	| { readonly type: "end"; readonly code: ErrorCode; readonly closeCode?: number }
	| { readonly type: "answer-refresh" };

const ping: Verdict = { type: "ping" };
const cut: Verdict = { type: "cut" };

function fine(until: number): Verdict {
	return { type: "fine", until };
}

/** Units: `now` monotonic, `wall` since 1970; ms. */
export function judge(session: Session, now: number, wall: number, limits: GatewayLimits): Verdict {
	const { phase } = session;
	switch (phase.name) {
		case "handshake":
			return deadline(session.openedAt + limits.helloDeadlineMs, now, "HANDSHAKE_TIMEOUT");
		case "authenticating":
			return deadline(phase.since + limits.authDeadlineMs, now, "UNAVAILABLE");
		case "welcomed":
			if (wall >= session.expiresAt) return { type: "end", code: "AUTH_EXPIRED" };
			return deadline(phase.since + limits.helloDeadlineMs, now, "HANDSHAKE_TIMEOUT");
		case "ready":
		case "lagging":
			return judgeLive(session, now, wall, limits);
		case "closing":
			return now < phase.since + limits.closeMs ? fine(phase.since + limits.closeMs) : cut;
		case "closed":
			return fine(Number.POSITIVE_INFINITY);
		default: {
			const never: never = phase;
			throw new TypeError(`no such phase: ${String(never)}`);
		}
	}
}

function deadline(at: number, now: number, code: ErrorCode): Verdict {
	return now < at ? fine(at) : { type: "end", code };
}

function judgeLive(session: Session, now: number, wall: number, limits: GatewayLimits): Verdict {
	if (wall >= session.expiresAt) return { type: "end", code: "AUTH_EXPIRED" };
	// Looked at again after a ping's time whatever happens, because the wall clock may be set.
	let until = now + Math.min(session.expiresAt - wall, limits.pingMs);
	if (!session.transport.writable) {
		if (session.stalledSince === 0) session.stalledSince = now;
		if (now - session.stalledSince >= limits.stallMs) return { type: "end", code: "SLOW_READER" };
		until = Math.min(until, session.stalledSince + limits.stallMs);
	}
	if (session.refresh !== null) {
		const late = session.refresh.since + limits.authDeadlineMs;
		if (now >= late) return { type: "answer-refresh" };
		until = Math.min(until, late);
	}
	// A socket that we do not read cannot show that its peer lives.
	if (session.holds !== 0) return fine(until);
	// Bytes have come since the last whole message, but no message yet.
	if (session.transport.received !== session.receivedThen) {
		if (session.unfinishedSince === 0) session.unfinishedSince = now;
		if (now - session.unfinishedSince >= limits.unfinishedMs) {
			return { type: "end", code: "PROTOCOL", closeCode: policyViolation };
		}
		until = Math.min(until, session.unfinishedSince + limits.unfinishedMs);
	}
	const pingAt = session.heardAt + limits.pingMs * (session.pingsUnanswered + 1);
	if (now < pingAt) return fine(Math.min(until, pingAt));
	return session.pingsUnanswered >= 2 ? cut : ping;
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
			if (second && session.controls > 0) session.controls = 0;
			if (session.unnumbered > 0) {
				session.unnumbered = 0;
				session.release(hold.rate);
			}
			if (busy || session.dueAt > now) continue;
			const verdict = judge(session, now, wall, this.limits);
			if (verdict.type === "fine") session.dueAt = verdict.until;
			else this.due.push(session);
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
				session.dueAt = verdict.until;
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
