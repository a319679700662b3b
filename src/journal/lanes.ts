// Which entities have a place in the pipeline, and who waits until a place is free. An entity's new
// self may read the store only once all that its former self handed over is committed or failed.

import { BrokerError } from "../base/errors.js";
import { Lane } from "./group.js";
import type { EntityKind } from "./keys.js";

interface Waiter {
	readonly resolve: () => void;
	readonly reject: (error: BrokerError) => void;
}

export class Lanes {
	readonly #open = new Map<string, Lane>();
	readonly #waiters = new Map<string, Waiter[]>();

	/** A settled former lane is closed by it. Errors: JOURNAL_CONFLICT. */
	open(kind: EntityKind, id: string, last: number): Lane {
		const name = nameOf(kind, id);
		const former = this.#open.get(name);
		if (former !== undefined && former.pending > 0) {
			throw new BrokerError("JOURNAL_CONFLICT", `${kind} ${id} is not settled`);
		}
		if (former !== undefined) former.phase = "closed";
		const lane = new Lane(kind, id, last);
		this.#open.set(name, lane);
		return lane;
	}

	close(lane: Lane): void {
		lane.phase = "closed";
		if (lane.pending === 0) this.#forget(lane);
	}

	isSettled(kind: EntityKind, id: string): boolean {
		return (this.#open.get(nameOf(kind, id))?.pending ?? 0) === 0;
	}

	/** Resolves with `wake` or `wakeAll`. */
	wait(kind: EntityKind, id: string): Promise<void> {
		const name = nameOf(kind, id);
		return new Promise((resolve, reject) => {
			const waiters = this.#waiters.get(name);
			if (waiters === undefined) this.#waiters.set(name, [{ resolve, reject }]);
			else waiters.push({ resolve, reject });
		});
	}

	/** The last entry of a lane was told. `awake`: the store is open, so those who wait may go on. */
	settle(lane: Lane, awake: boolean): void {
		if (lane.phase === "closed") this.#forget(lane);
		if (awake && this.#waiters.size > 0) this.#wake(nameOf(lane.kind, lane.id));
	}

	/** Whoever waits for a lane that is settled. */
	wakeAll(): void {
		for (const name of [...this.#waiters.keys()]) {
			if ((this.#open.get(name)?.pending ?? 0) === 0) this.#wake(name);
		}
	}

	rejectAll(error: BrokerError): void {
		for (const waiters of this.#waiters.values()) {
			for (const waiter of waiters) waiter.reject(error);
		}
		this.#waiters.clear();
	}

	#wake(name: string): void {
		const waiters = this.#waiters.get(name);
		this.#waiters.delete(name);
		for (const waiter of waiters ?? []) waiter.resolve();
	}

	#forget(lane: Lane): void {
		const name = nameOf(lane.kind, lane.id);
		if (this.#open.get(name) === lane) this.#open.delete(name);
	}
}

function nameOf(kind: Lane["kind"], id: string): string {
	return `${kind} ${id}`;
}
