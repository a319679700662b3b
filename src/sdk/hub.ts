// Who is told what, and when: changes of a turn are gathered, then stores call their subscribers,
// then events and promises follow in the order made. Whatever a callback throws ends here.

import { BrokerError } from "../base/errors.js";
import type { ClientEvents, MediaFile, MediaReference, Store } from "./types.js";

interface Notified {
	notify(): void;
}

interface Follower {
	catchUp(): void;
}

type Listeners = { [K in keyof ClientEvents]?: Set<(...args: ClientEvents[K]) => void> };

export type Files = (
	media: readonly MediaReference[] | undefined,
	conversation: string,
) => readonly MediaFile[];

export class Hub {
	private readonly behind = new Set<Follower>();
	private readonly touched = new Set<Notified>();
	private runs: (() => void)[] = [];
	private scheduled = false;
	private readonly listeners: Listeners = {};
	/** Called at the end, to settle what would otherwise wait for ever. */
	readonly closers = new Set<() => void>();
	closed = false;
	/** What of a message's references applications see; of a client that is open, `files.ts`. */
	filesOf: Files = () => [];

	/** Takes over all changes of this turn at once, before anybody is told of them. */
	follows(one: Follower): void {
		this.behind.add(one);
		this.schedule();
	}

	/** Its subscribers are called once in this turn. */
	touch(one: Notified): void {
		this.touched.add(one);
		this.schedule();
	}

	/** After the subscribers of everything that changed before this. */
	later(run: () => void): void {
		this.runs.push(run);
		this.schedule();
	}

	emit<K extends keyof ClientEvents>(event: K, ...args: ClientEvents[K]): void {
		if (event === "error" || this.heard(event)) this.later(() => this.call(event, args));
	}

	on<K extends keyof ClientEvents>(
		event: K,
		callback: (...args: ClientEvents[K]) => void,
	): () => void {
		const known = (this.listeners as Record<string, Set<unknown>>)[event];
		const all = known ?? new Set<unknown>();
		(this.listeners as Record<string, Set<unknown>>)[event] = all;
		// Wrapped, so that one function subscribed twice is called twice and taken off once.
		const own = (...values: ClientEvents[K]) => callback(...values);
		all.add(own);
		return () => void all.delete(own);
	}

	heard(event: keyof ClientEvents): boolean {
		return (this.listeners[event]?.size ?? 0) > 0;
	}

	/** Calls what others gave, and keeps what it throws from the SDK. */
	contain(run: () => void): void {
		try {
			run();
		} catch (cause) {
			this.fault(cause);
		}
	}

	fault(cause: unknown): void {
		this.emit("error", cause);
	}

	/** Rejects as soon as the client is closed, unless `promise` settles before. */
	untilClosed<T>(
		make: (resolve: (value: T) => void, reject: (cause: unknown) => void) => void,
	): Promise<T> {
		const promise = new Promise<T>((resolve, reject) => {
			const end = () => reject(new BrokerError("CLOSED"));
			if (this.closed) return end();
			this.closers.add(end);
			const over = () => this.closers.delete(end);
			make(
				(value) => over() && resolve(value),
				(cause) => over() && reject(cause),
			);
		});
		return quiet(promise);
	}

	/** Resolves when the condition holds, as soon as this store has changed. Errors: CLOSED. */
	when(store: Pick<Store<unknown>, "subscribe">, holds: () => boolean): Promise<void> {
		return this.untilClosed<void>((resolve) => {
			if (holds()) return resolve();
			const off = store.subscribe(() => {
				if (!holds()) return;
				off();
				resolve();
			});
		});
	}

	/** Everything that waits is told; what is already under way is told before. */
	close(): void {
		this.flush();
		this.closed = true;
		for (const end of this.closers) end();
		this.closers.clear();
	}

	private call<K extends keyof ClientEvents>(event: K, args: ClientEvents[K]): void {
		const callbacks = this.listeners[event];
		if (event === "error" && !this.heard(event)) console.error("colloquy:", args[0]);
		for (const callback of callbacks ?? []) {
			try {
				callback(...args);
			} catch (cause) {
				// An error listener that throws has nobody left to be told.
				if (event !== "error") this.fault(cause);
			}
		}
	}

	private schedule(): void {
		if (this.scheduled) return;
		this.scheduled = true;
		queueMicrotask(() => this.flush());
	}

	private flush(): void {
		for (const one of this.behind) this.contain(() => one.catchUp());
		this.behind.clear();
		this.scheduled = false;
		const touched = [...this.touched];
		this.touched.clear();
		const runs = this.runs;
		this.runs = [];
		for (const one of touched) one.notify();
		for (const run of runs) run();
	}
}

/** A store that works its value out when it is asked for, after it was touched. */
export class Live<T> implements Store<T> {
	private readonly hub: Hub;
	private readonly compute: (before: T) => T;
	private readonly onWatched: (watched: boolean) => void;
	private readonly callbacks = new Set<() => void>();
	private value: T;
	private told: T;
	private stale = true;

	constructor(
		hub: Hub,
		first: T,
		compute: (before: T) => T,
		onWatched: (watched: boolean) => void = () => {},
	) {
		this.hub = hub;
		this.value = first;
		this.told = first;
		this.compute = compute;
		this.onWatched = onWatched;
	}

	/** What it is made of has changed. */
	touch(): void {
		this.stale = true;
		if (this.callbacks.size > 0) this.hub.touch(this);
	}

	snapshot(): T {
		if (this.stale) {
			this.stale = false;
			this.value = this.compute(this.value);
		}
		return this.value;
	}

	subscribe(callback: () => void): () => void {
		const own = () => callback();
		if (this.callbacks.size === 0) {
			this.told = this.snapshot();
			this.onWatched(true);
		}
		this.callbacks.add(own);
		return () => {
			if (this.callbacks.delete(own) && this.callbacks.size === 0) this.onWatched(false);
		};
	}

	notify(): void {
		const now = this.snapshot();
		if (now === this.told) return;
		this.told = now;
		for (const callback of [...this.callbacks]) this.hub.contain(callback);
	}

	[Symbol.asyncIterator](): AsyncIterator<T> {
		let last: { readonly value: T } | null = null;
		return iterate(this.hub, this, () => {
			const value = this.snapshot();
			if (last !== null && last.value === value) return null;
			last = { value };
			return last;
		});
	}
}

/**
 * Iterates over what `take` gives; null: nothing for now, ask again after the source has changed.
 * Nothing is buffered, so a slow reader costs nothing. Ends when the client is closed.
 */
export function iterate<T>(
	hub: Hub,
	source: { subscribe(callback: () => void): () => void },
	take: () => { readonly value: T } | null,
): AsyncIterableIterator<T> {
	let waiting: (() => void)[] = [];
	let over = hub.closed;
	let left = false;
	const wake = () => {
		const woken = waiting;
		waiting = [];
		for (const resolve of woken) resolve();
	};
	const end = () => {
		over = true;
		unsubscribe();
		hub.closers.delete(end);
		wake();
	};
	const unsubscribe = source.subscribe(wake);
	if (!over) hub.closers.add(end);
	return {
		async next() {
			for (;;) {
				const taken = left ? null : take();
				if (taken !== null) return { done: false, value: taken.value };
				if (over) return { done: true, value: undefined };
				await new Promise<void>((resolve) => waiting.push(resolve));
			}
		},
		async return() {
			left = true;
			end();
			return { done: true, value: undefined };
		},
		[Symbol.asyncIterator]() {
			return this;
		},
	};
}

/** Whoever does not wait for it must not be ended by it: in Node an unheard rejection would. */
export function quiet<T>(promise: Promise<T>): Promise<T> {
	promise.catch(() => {});
	return promise;
}

/** Equal lists are one snapshot: the first. */
export function listNow<T>(before: readonly T[], now: readonly T[]): readonly T[] {
	const same = before.length === now.length && before.every((value, at) => value === now[at]);
	return same ? before : now;
}

export function sameFields<T extends object>(one: T, two: T): boolean {
	return Object.entries(one).every(([name, value]) => two[name as keyof T] === value);
}
