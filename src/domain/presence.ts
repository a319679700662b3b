// Who is reachable, as a pure judgement over pulses. In memory only: after a restart everybody is
// offline until heard of. Watching, telling and the one sweep are in `gateway/presence.ts`.

export type Reachable = "online" | "away" | "offline";

/** What one connection of a user has shown. Times in ms of one monotonic clock. */
export interface Pulse {
	/** The last frame of any kind. */
	readonly messageAt: number;
	/** The client said that its person has gone idle, and nobody has touched it since. */
	readonly idle: boolean;
}

export interface PresenceRule {
	/** Silence after which a connection counts as away. */
	readonly awayAfterMs: number;
	/** How long a user without connections keeps the state that the last one left behind. */
	readonly offlineAfterMs: number;
}

/**
 * The state of a user, by all connections together: one that pulses is enough to be online, and
 * only the last one to go makes offline.
 *
 * Shape: `gone` is when the last connection went and what it showed, for users without any; null:
 *        not lately here.
 * Units: ms, all of the same monotonic clock.
 */
export function presenceOf(
	pulses: readonly Pulse[],
	gone: { readonly goneAt: number; readonly state: Reachable } | null,
	now: number,
	rule: PresenceRule,
): Reachable {
	for (const pulse of pulses) {
		if (!pulse.idle && now - pulse.messageAt <= rule.awayAfterMs) return "online";
	}
	if (pulses.length > 0) return "away";
	// Damped: a page that reloads, or a phone that changes networks, never shows as gone.
	if (gone !== null && now - gone.goneAt < rule.offlineAfterMs) return gone.state;
	return "offline";
}

/** Last seen over several sources. 0 is "never"; it never moves backwards. */
export function lastSeenOf(pulses: readonly { readonly frameAt: number }[], known: number): number {
	let last = known;
	for (const pulse of pulses) if (pulse.frameAt > last) last = pulse.frameAt;
	return last;
}
