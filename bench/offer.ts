// An offered rate: every message is due at its own moment, whether or not the server keeps up.

/** Who sends what is due: at once, or (false) when its window has room. */
export interface Offered {
	offer(dueAt: number): boolean;
}

const everyMs = 1;

export class Offer {
	/** Messages that had to wait for their window. */
	late = 0;
	private offered = 0;
	private from = 0;
	private timer: NodeJS.Timeout | undefined;
	private readonly perMs: number;
	private readonly rampMs: number;
	private readonly all: readonly Offered[];

	constructor(perSecond: number, rampMs: number, all: readonly Offered[]) {
		this.perMs = perSecond / 1_000;
		this.rampMs = rampMs;
		this.all = all;
	}

	start(from: number): void {
		this.from = from;
		this.timer = setInterval(() => this.until(performance.now()), everyMs);
	}

	/** What was due by now is still sent: a timer that came late must not make it fewer. */
	stop(): void {
		clearInterval(this.timer);
		this.until(performance.now());
	}

	private until(now: number): void {
		for (let at = this.dueAt(); at <= now; at = this.dueAt()) {
			const next = this.all[this.offered % this.all.length] as Offered;
			if (!next.offer(at)) this.late += 1;
			this.offered += 1;
		}
	}

	/** While it ramps up the rate grows evenly, so that n messages are due after a root's time. */
	private dueAt(): number {
		const { offered, perMs, rampMs, from } = this;
		const rampMessages = (perMs * rampMs) / 2;
		if (offered < rampMessages) return from + Math.sqrt((2 * offered * rampMs) / perMs);
		return from + rampMs + (offered - rampMessages) / perMs;
	}
}
