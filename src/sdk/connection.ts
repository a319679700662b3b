// The state of the connection with its reasons, and what keeps it up: tokens as they are needed, a
// look at the clock for time that was slept through, pulses while the person is there.

import type { Clock, Timer } from "../base/clock.js";
import { BrokerError } from "../base/errors.js";
import type { Phase, Welcome } from "../client/events.js";
import { BackOff } from "../client/reconnect.js";
import type { Engine } from "./engine.js";
import { type Hub, Live, sameFields } from "./hub.js";
import type { Platform } from "./platform.js";
import type { ClientError, ConnectionState, TokenReason, TokenSource } from "./types.js";

/** Between two looks at the clock; three times as much was slept through. */
const tickMs = 5_000;
/** A callback that never answers must not keep the client from trying again. */
const tokenMs = 30_000;
/** A token is renewed this long before its end, or after four fifths of a shorter life. */
const renewBeforeMs = 60_000;
const renewAgainMs = 5_000;
/** Fresh tokens refused one after the other, before it takes a person. */
const refusedMax = 5;
/** The longest delay that timers take. */
const timerMaxMs = 2 ** 31 - 1;

export interface ConnectionParts {
	readonly hub: Hub;
	readonly clock: Clock;
	readonly platform: Platform;
	readonly token: TokenSource;
	readonly queued: () => number;
}

export class Connection {
	readonly state: Live<ConnectionState>;
	private readonly parts: ConnectionParts;
	private readonly refusals: BackOff;
	private engine: Engine | null = null;
	private type: ConnectionState["type"] = "connecting";
	private reason: ClientError | null = null;
	private retryAt: number | null = null;
	private tokenReason: TokenReason = "first";
	private fault: ClientError | null = null;
	private refused = 0;
	private readonly timers: Timer[] = [];
	private readonly unlisten: () => void;
	private again: Timer | null = null;
	private renewal: Timer | null = null;
	private renewals = 0;
	private present: boolean | null = null;
	private pulseMs = 0;
	private pulsedAt = 0;
	/** The server's clock less this one's: ends of tokens are the server's times. */
	skewMs = 0;
	private lookedAt = { now: 0, monotonic: 0 };

	constructor(parts: ConnectionParts) {
		this.parts = parts;
		this.refusals = new BackOff(parts.clock);
		const first = { type: "connecting", reason: null, retryAt: null, queued: 0 } as const;
		this.state = new Live<ConnectionState>(parts.hub, first, (before) => {
			const { type, reason, retryAt } = this;
			const now = { type, reason, retryAt, queued: parts.queued() };
			return sameFields(now, before) ? before : now;
		});
		this.unlisten = parts.platform.listen(() => this.wake());
	}

	/** Code that loads on demand, asked for until it comes; null: the client was closed meanwhile. */
	async loaded<T>(load: () => Promise<T>): Promise<T | null> {
		for (;;) {
			try {
				return await this.parts.hub.untilClosed<T>((resolve, reject) => {
					load().then(resolve, reject);
				});
			} catch (cause) {
				if (this.type !== "closed") await this.unloaded(cause);
			}
			if (this.type === "closed") return null;
			this.become("connecting", this.reason);
		}
	}

	/** Over early when the network is back, or when somebody asks. */
	private unloaded(cause: unknown): Promise<void> {
		const { clock } = this.parts;
		const delayMs = this.refusals.next(0);
		this.failed(cause);
		return new Promise((resolve) => {
			const timer = clock.after(delayMs, resolve);
			const cancel = () => {
				timer.cancel();
				resolve();
			};
			this.again = { cancel };
			this.waiting({ type: "waiting", code: null, retryAt: clock.monotonic() + delayMs });
		});
	}

	start(engine: Engine): void {
		const { clock, platform } = this.parts;
		this.engine = engine;
		this.timers.push(
			clock.every(tickMs, () => this.tick()),
			platform.alive(),
		);
		this.lookedAt = { now: clock.now(), monotonic: clock.monotonic() };
		engine.start();
	}

	get connected(): boolean {
		return this.type === "connected";
	}

	/** Asked by the device before each connection. */
	async token(): Promise<string> {
		const reason = this.tokenReason;
		try {
			const value = await this.ask(reason);
			if (this.tokenReason === reason) this.tokenReason = "reconnect";
			return value;
		} catch (cause) {
			this.fault = new BrokerError("TOKEN_FAILED", String(cause), { cause });
			throw this.fault;
		}
	}

	/** A token for a purpose of its own. Errors: whatever the callback throws. */
	async ask(reason: TokenReason): Promise<string> {
		const { token, clock } = this.parts;
		if (typeof token === "string") return token;
		return new Promise((resolve, reject) => {
			const timer = clock.after(tokenMs, () => reject(new Error("it did not answer in time")));
			(async () => token(reason))()
				.then(resolve, reject)
				.finally(() => timer.cancel());
		});
	}

	/** What kept the device from connecting, for the state that follows. */
	failed(cause: unknown): void {
		this.fault ??= new BrokerError("OFFLINE", String(cause), { cause });
	}

	phase(phase: Phase): void {
		switch (phase.type) {
			case "connecting":
				this.become("connecting", this.reason);
				break;
			case "ready":
				this.ready(phase.welcome);
				break;
			case "waiting":
				this.waiting(phase);
				break;
			case "stopped":
				this.stopped(phase.code);
				break;
			default:
				phase satisfies never;
		}
	}

	private ready(welcome: Welcome): void {
		this.fault = null;
		this.refused = 0;
		this.refusals.ready();
		this.pulseMs = welcome.limits.pulseMs;
		this.skewMs = welcome.now - this.parts.clock.now();
		this.become("connected", null);
		this.renewAt(welcome.expiresAt);
		if (this.present !== null) this.active(this.present);
	}

	private waiting({ code, retryAt }: Phase & { readonly type: "waiting" }): void {
		const { clock, platform, token } = this.parts;
		const reason =
			code === null ? (this.fault ?? new BrokerError("OFFLINE")) : new BrokerError(code);
		this.fault = null;
		if (code === "AUTH_EXPIRED") {
			this.tokenReason = "expired";
			// The same one again would end the same way, for ever.
			if (typeof token === "string") {
				this.engine?.stop();
				this.become("offline", reason);
				return;
			}
		}
		const at = clock.now() + (retryAt - clock.monotonic());
		if (platform.online()) this.become("waiting", reason, at);
		else this.become("offline", reason);
	}

	private stopped(code: BrokerError["code"] | null): void {
		if (code === null || this.type === "closed") return;
		const reason = new BrokerError(code);
		const curable = code === "AUTH_REJECTED" || code === "AUTH_REVOKED";
		if (!curable || typeof this.parts.token === "string" || this.refused >= refusedMax) {
			this.become("offline", reason);
			return;
		}
		this.refused += 1;
		this.tokenReason = "refused";
		const { clock } = this.parts;
		const delayMs = this.refusals.next(0);
		this.become("waiting", reason, clock.now() + delayMs);
		this.again = clock.after(delayMs, () => this.engine?.start());
	}

	/** Ends a wait, tries again what was given up, makes sure of what seems connected. */
	wake(): void {
		this.again?.cancel();
		this.engine?.hurry();
		this.engine?.check();
	}

	retry(): void {
		if (this.type === "closed") return;
		this.refused = 0;
		this.wake();
		this.engine?.start();
	}

	active(active: boolean): void {
		this.present = active;
		this.pulsedAt = this.parts.clock.monotonic();
		if (this.connected) this.engine?.pulse(active);
	}

	/** [P-8.1] Timers of a page in the background sleep; the clock tells how long. */
	private tick(): void {
		const { clock } = this.parts;
		const now = clock.now();
		const monotonic = clock.monotonic();
		const { lookedAt } = this;
		this.lookedAt = { now, monotonic };
		const sleptMs = Math.max(now - lookedAt.now, monotonic - lookedAt.monotonic);
		if (sleptMs >= 3 * tickMs) this.wake();
		if (this.present && this.pulseMs > 0 && monotonic - this.pulsedAt >= this.pulseMs) {
			this.active(true);
		}
	}

	/** A fresh token over the same connection, before the present one ends. */
	private renewAt(expiresAt: number): void {
		const { token, clock } = this.parts;
		this.renewal?.cancel();
		if (typeof token === "string") return;
		const lifeMs = expiresAt - (clock.now() + this.skewMs);
		const delayMs = Math.max(lifeMs - renewBeforeMs, lifeMs * 0.8);
		const atMs = Math.min(delayMs, timerMaxMs);
		this.renewal = clock.after(atMs, () => {
			if (atMs < delayMs) this.renewAt(expiresAt);
			else void this.renew();
		});
	}

	private async renew(): Promise<void> {
		this.renewals += 1;
		const { renewals } = this;
		try {
			const token = await this.ask("expired");
			if (!this.connected || this.engine === null || renewals !== this.renewals) return;
			const result = await this.engine.request({ type: "refresh", token });
			if (result.type === "refresh") this.renewAt(result.expiresAt);
		} catch (cause) {
			if (!this.connected) return;
			this.parts.hub.fault(new BrokerError("TOKEN_FAILED", String(cause), { cause }));
			this.renewal = this.parts.clock.after(renewAgainMs, () => void this.renew());
		}
	}

	/** For good: nothing is tried any more. */
	close(reason: ClientError | null): void {
		this.unlisten();
		for (const timer of this.timers.splice(0)) timer.cancel();
		this.become("closed", reason);
		this.again?.cancel();
		this.engine?.stop();
	}

	private become(
		type: ConnectionState["type"],
		reason: ClientError | null,
		retryAt: number | null = null,
	): void {
		if (type !== "connected") this.renewal?.cancel();
		const before = this.type;
		this.type = type;
		this.reason = reason;
		this.retryAt = retryAt === null ? null : Math.round(retryAt);
		this.state.touch();
		if (before !== type) {
			const now = this.state.snapshot();
			this.parts.hub.emit("state", now);
		}
	}
}
