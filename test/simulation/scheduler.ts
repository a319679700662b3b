// One scheduler for everything that happens in a run: timers in virtual time, and turns of the
// event loop, of which a random one is next. The global `setImmediate` is replaced while a run's
// code is at work, so that nact's turns are among them. Promises settle between two steps.

import type { Clock, Timer } from "../../src/base/clock.js";
import type { Chance } from "./random.js";

/** A process: what it had planned ends with it. */
export interface Owner {
	readonly name: string;
	alive: boolean;
}

interface Handle {
	cancelled: boolean;
}

interface Task {
	readonly owner: Owner;
	readonly run: () => void;
	readonly handle: Handle;
}

interface Alarm extends Task {
	readonly dueAt: number;
	readonly order: number;
	readonly periodMs: number;
}

const realSetImmediate = globalThis.setImmediate;
const realClearImmediate = globalThis.clearImmediate;
/** Virtual time moves on by up to so much with each step. */
const stepMs = 0.05;
const epochMs = Date.UTC(2026, 0, 1);

/** The run whose code is at work: its `setImmediate` is meant. */
let working: Scheduler | null = null;

function shim(run: (...values: unknown[]) => void, ...values: unknown[]): unknown {
	if (working === null) return realSetImmediate(run, ...values);
	return working.turn(working.immediateOwner, () => run(...values));
}

function clearShim(handle: unknown): void {
	if (handle !== null && typeof handle === "object" && "cancelled" in handle) {
		(handle as Handle).cancelled = true;
	} else realClearImmediate(handle as NodeJS.Immediate);
}

globalThis.setImmediate = shim as unknown as typeof setImmediate;
globalThis.clearImmediate = clearShim as unknown as typeof clearImmediate;

export class Scheduler {
	/** Milliseconds since the run began. */
	now = 0;
	steps = 0;
	/** Whose `setImmediate` it is: only the server's actors call it. */
	immediateOwner: Owner = { name: "nobody", alive: true };
	private readonly ready: Task[] = [];
	private readonly alarms: Alarm[] = [];
	private orders = 0;

	constructor(private readonly chance: Chance) {}

	turn(owner: Owner, run: () => void): Handle {
		const handle = { cancelled: false };
		this.ready.push({ owner, run, handle });
		return handle;
	}

	after(owner: Owner, delayMs: number, run: () => void, periodMs = 0): Timer {
		const handle = { cancelled: false };
		this.set({ owner, run, handle }, this.now + Math.max(0, delayMs), periodMs);
		return {
			cancel: () => {
				handle.cancelled = true;
			},
		};
	}

	clock(owner: Owner, skewMs = 0): Clock {
		const { chance } = this;
		return {
			now: () => Math.floor(epochMs + skewMs + this.now),
			monotonic: () => this.now,
			after: (delayMs, run) => this.after(owner, delayMs, run),
			every: (periodMs, run) => this.after(owner, periodMs, run, Math.max(1, periodMs)),
			soon: (run) => void this.turn(owner, run),
			random: () => chance.next(),
			randomBytes: (size) => chance.bytes(size),
		};
	}

	/** Runs one task and lets promises settle; false: nothing is left to do. */
	async step(): Promise<boolean> {
		const task = this.choose();
		if (task === null) return false;
		this.steps += 1;
		this.now += this.chance.next() * stepMs;
		working = this;
		task.run();
		// A turn of the real loop: by then every promise that could settle has.
		await new Promise<void>((resolve) => realSetImmediate(resolve));
		working = null;
		return true;
	}

	/** Work that is no step: building a server, ending one. */
	async within<T>(run: () => T | Promise<T>): Promise<T> {
		working = this;
		try {
			return await run();
		} finally {
			working = null;
		}
	}

	private choose(): Task | null {
		this.wakeDue();
		for (;;) {
			while (this.ready.length > 0) {
				const at = this.chance.below(this.ready.length);
				const task = this.ready[at] as Task;
				const last = this.ready.pop() as Task;
				if (last !== task) this.ready[at] = last;
				if (!task.handle.cancelled && task.owner.alive) return task;
			}
			const first = this.alarms[0];
			if (first === undefined) return null;
			this.now = Math.max(this.now, first.dueAt);
			this.wakeDue();
		}
	}

	private wakeDue(): void {
		for (;;) {
			const alarm = this.alarms[0];
			if (alarm === undefined || alarm.dueAt > this.now) return;
			this.pop();
			if (alarm.handle.cancelled || !alarm.owner.alive) continue;
			this.ready.push(alarm);
			if (alarm.periodMs > 0) this.set(alarm, alarm.dueAt + alarm.periodMs, alarm.periodMs);
		}
	}

	private set({ owner, run, handle }: Task, dueAt: number, periodMs: number): void {
		this.orders += 1;
		this.push({ owner, run, handle, dueAt, order: this.orders, periodMs });
	}

	private push(alarm: Alarm): void {
		const heap = this.alarms;
		let at = heap.length;
		heap.push(alarm);
		while (at > 0) {
			const parent = (at - 1) >> 1;
			if (!before(alarm, heap[parent] as Alarm)) break;
			heap[at] = heap[parent] as Alarm;
			at = parent;
		}
		heap[at] = alarm;
	}

	private pop(): void {
		const heap = this.alarms;
		const moved = heap.pop() as Alarm;
		if (heap.length === 0) return;
		let at = 0;
		for (;;) {
			let child = 2 * at + 1;
			if (child >= heap.length) break;
			const right = child + 1;
			if (right < heap.length && before(heap[right] as Alarm, heap[child] as Alarm)) child = right;
			if (!before(heap[child] as Alarm, moved)) break;
			heap[at] = heap[child] as Alarm;
			at = child;
		}
		heap[at] = moved;
	}
}

function before(one: Alarm, other: Alarm): boolean {
	return one.dueAt === other.dueAt ? one.order < other.order : one.dueAt < other.dueAt;
}
