// Promises that wait for an entity to settle, by the lane's name. Rare (a recovery each), so plain.

import type { BrokerError } from "../base/errors.js";

interface Waiter {
	readonly resolve: () => void;
	readonly reject: (error: BrokerError) => void;
}

export class Waiters {
	readonly #byName = new Map<string, Waiter[]>();

	get size(): number {
		return this.#byName.size;
	}

	wait(name: string): Promise<void> {
		return new Promise((resolve, reject) => {
			const waiters = this.#byName.get(name);
			if (waiters === undefined) this.#byName.set(name, [{ resolve, reject }]);
			else waiters.push({ resolve, reject });
		});
	}

	wake(name: string): void {
		const waiters = this.#byName.get(name);
		if (waiters === undefined) return;
		this.#byName.delete(name);
		for (const waiter of waiters) waiter.resolve();
	}

	names(): string[] {
		return [...this.#byName.keys()];
	}

	rejectAll(error: BrokerError): void {
		for (const waiters of this.#byName.values()) {
			for (const waiter of waiters) waiter.reject(error);
		}
		this.#byName.clear();
	}
}
