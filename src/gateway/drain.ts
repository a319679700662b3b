// An orderly end: everybody is told when to come back, what was asked is answered, then each
// connection is closed with 1001. Bounded whatever peers do.

import { type Clock, sleep } from "../base/clock.js";
import { goingAway } from "./close-code.js";
import type { GatewayLimits } from "./limits.js";
import { hold, type Session } from "./session.js";

export interface DrainOptions {
	/** How long answers may take that are under way. */
	readonly graceMs: number;
	/** Clients are told to come back at a random moment within this. */
	readonly spreadMs: number;
	/** Another server that would take them; null: come back here. */
	readonly url?: string | null;
}

/** Nobody waits longer than this for a drain, whatever is configured: supervisors kill at 10 s. */
export const drainMsMax = 9_500;
const pollMs = 25;

/**
 * Ends all sessions.
 *
 * Order: `drain` is told; then answers to what had been read; then goodbye and close 1001.
 */
export async function drain(
	at: { readonly clock: Clock; readonly limits: GatewayLimits },
	sessions: ReadonlySet<Session>,
	options: DrainOptions,
): Promise<void> {
	const { clock, limits } = at;
	// The close itself takes up to `closeMs`, and the last cut a moment.
	const graceMs = Math.min(options.graceMs, drainMsMax - limits.closeMs - 10 * pollMs);
	const graceUntil = clock.monotonic() + Math.max(0, graceMs);
	const retry = new Map<Session, number>();
	await inSlices(clock, limits, sessions, (session) => {
		const retryAfterMs = Math.floor(clock.random() * options.spreadMs);
		retry.set(session, retryAfterMs);
		if (session.live === null) return;
		session.say({ type: "drain", retryAfterMs, url: options.url ?? null });
		// What is sent from here on would not be answered: it stays with the client.
		session.hold(hold.drain);
	});
	while (busy(sessions) && clock.monotonic() < graceUntil) await sleep(clock, pollMs);
	await inSlices(clock, limits, sessions, (session) => {
		session.end("DRAINING", "", retry.get(session) ?? 0, goingAway);
	});
	const cutAt = clock.monotonic() + limits.closeMs;
	while (sessions.size > 0 && clock.monotonic() < cutAt) await sleep(clock, pollMs);
	await inSlices(clock, limits, sessions, (session) => session.cut());
}

function busy(sessions: ReadonlySet<Session>): boolean {
	for (const session of sessions) {
		if (session.live === null) continue;
		if (session.unanswered > 0 || !session.outbox.empty || session.transport.buffered > 0) {
			return true;
		}
	}
	return false;
}

async function inSlices(
	clock: Clock,
	limits: GatewayLimits,
	sessions: ReadonlySet<Session>,
	run: (session: Session) => void,
): Promise<void> {
	let budget = limits.sendsPerTurn;
	for (const session of [...sessions]) {
		run(session);
		budget -= 1;
		if (budget > 0) continue;
		budget = limits.sendsPerTurn;
		await new Promise<void>((resolve) => clock.soon(resolve));
	}
}
