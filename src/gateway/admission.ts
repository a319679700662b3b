// Who gets in while a crowd stands at the door: a budget for sockets that have not said hello, one
// per address and one in all, and a rate of hellos with a hint when to come back.

import type { FailureLimits, GatewayLimits } from "./limits.js";

/**
 * Sockets before their hello, oldest first.
 *
 * At a bound the *oldest silent* one makes room and the newcomer gets in: a flood of sockets that
 * say nothing costs itself, while a person needs one round trip.
 */
export class EarlySockets<S> {
	private readonly limits: GatewayLimits;
	private readonly cut: (socket: S) => void;
	private readonly all = new Map<S, string>();
	private readonly byAddress = new Map<string, Set<S>>();

	constructor(limits: GatewayLimits, cut: (socket: S) => void) {
		this.limits = limits;
		this.cut = cut;
	}

	get size(): number {
		return this.all.size;
	}

	add(socket: S, address: string): void {
		const same = this.byAddress.get(address);
		if (same !== undefined && same.size >= this.limits.earlyPerAddressMax) this.cutFirst(same);
		if (this.all.size >= this.limits.earlyMax) this.cutFirst(this.all.keys());
		this.all.set(socket, address);
		// Looked up again: cutting may have emptied and dropped the set.
		const sockets = this.byAddress.get(address);
		if (sockets === undefined) this.byAddress.set(address, new Set([socket]));
		else sockets.add(socket);
	}

	/** The socket has said hello, or is gone. */
	remove(socket: S): void {
		const address = this.all.get(socket);
		if (address === undefined) return;
		this.all.delete(socket);
		const same = this.byAddress.get(address);
		same?.delete(socket);
		if (same?.size === 0) this.byAddress.delete(address);
	}

	private cutFirst(sockets: Iterable<S>): void {
		for (const socket of sockets) {
			this.remove(socket);
			this.cut(socket);
			return;
		}
	}
}

/**
 * Lets hellos through at a rate, after a burst. Those turned away are told moments apart from each
 * other, so that a crowd comes back as a queue.
 */
export class HelloRate {
	private readonly limits: GatewayLimits;
	/** When the bucket will be full again (monotonic ms): the debt in time. */
	private fullAt = Number.NEGATIVE_INFINITY;
	/** When the next of those turned away is expected. */
	private returnAt = Number.NEGATIVE_INFINITY;

	constructor(limits: GatewayLimits) {
		this.limits = limits;
	}

	/** 0: come in. Else how many ms to wait. `random` in [0, 1) keeps equal hints apart. */
	waitMs(now: number, random: number): number {
		const { helloPerSecond, helloBurst, helloRetryMsMax } = this.limits;
		const costMs = 1_000 / helloPerSecond;
		const fullAt = Math.max(this.fullAt, now) + costMs;
		if (fullAt - now <= helloBurst * costMs) {
			this.fullAt = fullAt;
			return 0;
		}
		// The first may come back when a tenth of the burst is free again.
		const earliest = now + Math.max(costMs, (helloBurst * costMs) / 10);
		this.returnAt = Math.max(this.returnAt + costMs, earliest);
		if (this.returnAt - now > helloRetryMsMax) this.returnAt = earliest;
		return Math.ceil(this.returnAt - now + random * costMs);
	}
}

/** Refused tokens by address: who guesses is slowed down, and nobody else. */
export class Failures {
	private readonly limits: FailureLimits;
	/** When the address has paid for its failures (monotonic ms). Longest unchanged first. */
	private readonly paidAt = new Map<string, number>();

	constructor(limits: FailureLimits) {
		this.limits = limits;
	}

	get size(): number {
		return this.paidAt.size;
	}

	/** Ms until the address may try again; 0: now. */
	waitMs(address: string, now: number): number {
		const debtMs = (this.paidAt.get(address) ?? now) - now;
		return Math.max(0, Math.ceil(debtMs - this.limits.failureBurst * this.costMs));
	}

	note(address: string, now: number): void {
		const paidAt = Math.max(this.paidAt.get(address) ?? now, now) + this.costMs;
		this.paidAt.delete(address);
		this.paidAt.set(address, paidAt);
		if (this.paidAt.size <= this.limits.failureAddressesMax) return;
		for (const oldest of this.paidAt.keys()) {
			this.paidAt.delete(oldest);
			return;
		}
	}

	/** Called by a sweep. */
	forget(now: number): void {
		for (const [address, paidAt] of this.paidAt) if (paidAt <= now) this.paidAt.delete(address);
	}

	private get costMs(): number {
		return 60_000 / this.limits.failuresPerMinute;
	}
}
