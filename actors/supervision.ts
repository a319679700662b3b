// When an actor is restarted, how long it waits first, and when it is given up for a while. In the
// sense of OTP: more than R restarts in T seconds is a fault that restarting does not mend. Pure:
// time and randomness come in; it decides about a record and knows nothing of actors.

export interface Policy {
	/** R: restarts within the window that are borne; one more is quarantine. */
	readonly restartsMax: number;
	/** T, in milliseconds; also how long a released actor must hold out to be trusted again. */
	readonly windowMs: number;
	/** Failed starts in a row that are borne; one more is quarantine. */
	readonly startsMax: number;
	/** The second wait; the first restart is immediate, each further wait is twice the last. */
	readonly backoffMs: number;
	readonly backoffMaxMs: number;
	/** The first quarantine; each further one is twice the last. */
	readonly quarantineMs: number;
	readonly quarantineMaxMs: number;
}

/**
 * Ten restarts take 5 s or more with this back-off, so a crash loop is quarantined before it was
 * tried a dozen times, and a lone bad message costs one restart that nobody notices.
 */
export const policyDefault: Policy = {
	restartsMax: 10,
	windowMs: 60_000,
	startsMax: 4,
	backoffMs: 50,
	backoffMaxMs: 5_000,
	quarantineMs: 30_000,
	quarantineMaxMs: 600_000,
};

/** What supervision remembers about one actor; made at its first crash, changed in place. */
export interface CrashRecord {
	/** Times of the restarts within the window, oldest first: at most `restartsMax + 1`. */
	restartedAt: number[];
	/** Failed starts in a row, those for want of the store apart. */
	startsFailed: number;
	/** Starts in a row that failed because the store was down. */
	startsStalled: number;
	/** How often it was quarantined without a calm time between. */
	quarantines: number;
	/** When the last quarantine ended; 0 = never. */
	releasedAt: number;
	/** The running start is the one trial after a quarantine. */
	trial: boolean;
}

export type Verdict =
	| { readonly type: "restart"; readonly delayMs: number }
	| { readonly type: "quarantine"; readonly durationMs: number };

export function crashRecord(): CrashRecord {
	return {
		restartedAt: [],
		startsFailed: 0,
		startsStalled: 0,
		quarantines: 0,
		releasedAt: 0,
		trial: false,
	};
}

/**
 * A running actor threw.
 *
 * Shape: `poison` = the second throw of the same message. It is the message's fault and not
 *        counted again, or a few bad messages would take the actor away from everybody.
 */
export function crashed(
	policy: Policy,
	it: CrashRecord,
	now: number,
	random: number,
	poison: boolean,
): Verdict {
	if (!poison) it.restartedAt.push(now);
	while (it.restartedAt.length > 0 && (it.restartedAt[0] ?? now) <= now - policy.windowMs) {
		it.restartedAt.shift();
	}
	if (it.restartedAt.length > policy.restartsMax) return quarantine(policy, it, now);
	// The first crash within the window restarts at once, and so does the one that proves poison.
	const waits = poison ? 0 : it.restartedAt.length - 1;
	return { type: "restart", delayMs: backoff(policy, waits, random) };
}

/** A start threw for a reason that lies in the actor or its history. */
export function startFailed(policy: Policy, it: CrashRecord, now: number, random: number): Verdict {
	it.startsFailed += 1;
	if (it.trial || it.startsFailed > policy.startsMax) return quarantine(policy, it, now);
	return { type: "restart", delayMs: backoff(policy, it.startsFailed, random) };
}

/** A start threw because something it needs is away; waits as long as it takes. */
export function startStalled(policy: Policy, it: CrashRecord, random: number): number {
	it.startsStalled += 1;
	return backoff(policy, it.startsStalled, random);
}

/** A start succeeded. True when it ended a quarantine. */
export function started(it: CrashRecord, now: number): boolean {
	const released = it.trial;
	if (released) it.releasedAt = now;
	it.startsFailed = 0;
	it.startsStalled = 0;
	it.trial = false;
	return released;
}

function quarantine(policy: Policy, it: CrashRecord, now: number): Verdict {
	const calm = !it.trial && it.releasedAt < now - policy.windowMs;
	it.quarantines = calm ? 1 : it.quarantines + 1;
	it.restartedAt = [];
	it.startsFailed = 0;
	it.trial = false;
	const durationMs = Math.min(
		policy.quarantineMaxMs,
		policy.quarantineMs * 2 ** Math.min(it.quarantines - 1, 30),
	);
	return { type: "quarantine", durationMs };
}

/** 0, then about b, 2b, 4b …; the lower half is fixed, the upper random, so that crowds spread. */
function backoff(policy: Policy, waits: number, random: number): number {
	if (waits <= 0) return 0;
	const fullMs = Math.min(policy.backoffMaxMs, policy.backoffMs * 2 ** Math.min(waits - 1, 30));
	return fullMs * (0.5 + random / 2);
}
