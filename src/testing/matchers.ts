// Expectations of what happens a little later, for any test runner: plain functions that resolve,
// or throw an AssertionError which says what was expected and what there was. Time is real time,
// whatever the clock of the broker says.

import { AssertionError } from "node:assert";
import { setTimeout as pause } from "node:timers/promises";
import { inspect } from "node:util";
import { systemClock } from "../base/clock.js";

export type MessageStatus = "queued" | "sent" | "delivered" | "seen" | "refused";

/** What is looked at of a live message of the SDK. */
export interface LiveMessage {
	readonly status: MessageStatus;
	readonly error?: { readonly code: string } | null;
	subscribe(changed: () => void): () => void;
}

export interface Within {
	/** Units: ms. Default 5,000. */
	readonly withinMs?: number;
}

const withinMsDefault = 5_000;
const lookEveryMs = 10;
const rank: Readonly<Record<MessageStatus, number>> = {
	queued: 0,
	sent: 1,
	delivered: 2,
	seen: 3,
	// An end of its own: nothing follows it.
	refused: 4,
};

/**
 * The message has this status, or one beyond it, in time.
 *
 * Errors: AssertionError; at once when the message is refused and that was not expected.
 */
export async function reached(
	message: LiveMessage,
	status: MessageStatus,
	{ withinMs = withinMsDefault }: Within = {},
): Promise<void> {
	const open = () => message.status !== "refused" && rank[message.status] < rank[status];
	if (open()) {
		await new Promise<void>((resolve) => {
			const late = new AbortController();
			const stop = message.subscribe(() => {
				if (!open()) late.abort();
			});
			const over = () => {
				stop();
				resolve();
			};
			pause(withinMs, undefined, { signal: late.signal }).then(over, over);
		});
	}
	const { status: actual, error } = message;
	if (open()) {
		throw failure(
			reached,
			`the message is "${actual}" after ${withinMs} ms, not "${status}"`,
			actual,
			status,
		);
	}
	if (actual !== status && actual === "refused") {
		const why = error ? ` (${error.code})` : "";
		throw failure(reached, `the message was refused${why}, not "${status}"`, actual, status);
	}
}

/**
 * The message does not get beyond this status for so long: of a partition, of somebody offline.
 *
 * Errors: AssertionError, at once when it does.
 */
export async function remains(
	message: LiveMessage,
	status: MessageStatus,
	{ forMs }: { readonly forMs: number },
): Promise<void> {
	const until = systemClock.monotonic() + forMs;
	for (;;) {
		const actual = message.status;
		if (actual !== status) {
			throw failure(remains, `the message is "${actual}", not "${status}"`, actual, status);
		}
		if (systemClock.monotonic() >= until) return;
		await pause(lookEveryMs);
	}
}

/**
 * The condition holds in time: `look` gives something truthy, which is returned. While it throws,
 * it does not hold yet.
 *
 * Errors: AssertionError with what it last gave, or threw, as its cause.
 */
export async function eventually<T>(
	look: () => T | Promise<T>,
	{ withinMs = withinMsDefault }: Within = {},
): Promise<T> {
	return patiently(eventually, withinMs, look, (value) => Boolean(value));
}

/**
 * The assertions pass in time: `check` runs without throwing, whatever it returns.
 *
 * Errors: AssertionError with what it threw last as its cause.
 */
export async function passes<T>(
	check: () => T | Promise<T>,
	{ withinMs = withinMsDefault }: Within = {},
): Promise<T> {
	return patiently(passes, withinMs, check, () => true);
}

type Last<T> =
	| { readonly type: "gave"; readonly value: T }
	| { readonly type: "threw"; readonly cause: unknown };

async function patiently<T>(
	caller: (...args: never[]) => unknown,
	withinMs: number,
	run: () => T | Promise<T>,
	enough: (value: T) => boolean,
): Promise<T> {
	const until = systemClock.monotonic() + withinMs;
	for (;;) {
		const last = await attempt(run);
		if (last.type === "gave" && enough(last.value)) return last.value;
		if (systemClock.monotonic() >= until) throw late(caller, withinMs, last);
		await pause(lookEveryMs);
	}
}

async function attempt<T>(run: () => T | Promise<T>): Promise<Last<T>> {
	try {
		return { type: "gave", value: await run() };
	} catch (cause) {
		return { type: "threw", cause };
	}
}

function late<T>(
	caller: (...args: never[]) => unknown,
	withinMs: number,
	last: Last<T>,
): AssertionError {
	const after = `after ${withinMs} ms`;
	if (last.type === "gave") {
		return failure(caller, `${after} it still gives ${inspect(last.value)}`, last.value, true);
	}
	const { cause } = last;
	const error = failure(caller, `${after} it still fails: ${textOf(cause)}`, cause, undefined);
	// What runners print as a difference is that of the assertion inside.
	if (cause instanceof AssertionError) {
		Object.assign(error, { actual: cause.actual, expected: cause.expected });
	}
	error.cause = cause;
	return error;
}

/** What a message went through. */
export interface Statuses {
	/** The one it had at first, and each change, in order. */
	readonly all: readonly MessageStatus[];
	/**
	 * Each was further than the one before, and nothing followed a refusal.
	 *
	 * Errors: AssertionError.
	 */
	onlyForward(): void;
	stop(): void;
}

/** Notes the statuses of a message from now on. */
export function statuses(message: LiveMessage): Statuses {
	const all: MessageStatus[] = [message.status];
	const stop = message.subscribe(() => {
		if (message.status !== all.at(-1)) all.push(message.status);
	});
	return {
		all,
		onlyForward(): void {
			const at = all.findIndex((status, i) => rank[status] < rank[all[i - 1] ?? "queued"]);
			if (at < 0) return;
			const [from, to] = [all[at - 1], all[at]];
			const message = `the status fell back to "${to}" after "${from}": ${all.join(", ")}`;
			throw failure(this.onlyForward, message, to, from);
		},
		stop,
	};
}

function failure(
	caller: (...args: never[]) => unknown,
	message: string,
	actual: unknown,
	expected: unknown,
): AssertionError {
	return new AssertionError({
		message,
		actual,
		expected,
		operator: caller.name,
		stackStartFn: caller,
	});
}

function textOf(cause: unknown): string {
	return cause instanceof Error ? cause.message : inspect(cause);
}
