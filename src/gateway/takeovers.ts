// How often one device has taken over from itself lately. Two live clients with the same identity
// would evict each other for ever; after a few rounds the newcomer is told to wait.

import type { GatewayLimits } from "./limits.js";

export class Takeovers {
	private readonly limits: GatewayLimits;
	/** Times of takeovers by (user, device), oldest first. */
	private readonly times = new Map<string, number[]>();

	constructor(limits: GatewayLimits) {
		this.limits = limits;
	}

	/** How many devices are remembered. */
	get size(): number {
		return this.times.size;
	}

	/** Ms until the device may take over again; 0: now. */
	waitMs(user: string, device: string, now: number): number {
		const times = this.times.get(deviceKey(user, device));
		if (times === undefined || times.length < this.limits.takeoversMax) return 0;
		const first = times[times.length - this.limits.takeoversMax] as number;
		return Math.max(0, Math.ceil(first + this.limits.takeoverWindowMs - now));
	}

	note(user: string, device: string, now: number): void {
		const times = this.times.get(deviceKey(user, device)) ?? [];
		times.push(now);
		if (times.length > this.limits.takeoversMax) times.shift();
		this.times.set(deviceKey(user, device), times);
	}

	/** Forgets what is past the window. Called by the sweep. */
	forget(now: number): void {
		for (const [which, times] of this.times) {
			const last = times[times.length - 1] as number;
			if (last + this.limits.takeoverWindowMs <= now) this.times.delete(which);
		}
	}
}

/** One key of a device. */
export function deviceKey(user: string, device: string): string {
	// No id holds a control character (base/ids), so two pairs never share a key.
	return `${user}\0${device}`;
}
