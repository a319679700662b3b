// What happens by the clock: idle actors leave, messages expire, old rows are trimmed, gathered
// receipts become events.
// One timer each for the whole node; every step is bounded, so that no sweep is felt.

import type { Clock, Timer } from "../src/base/clock.js";
import type { Log } from "../src/base/log.js";
import type { Journal } from "../src/journal/journal.js";
import { expiryKey, ofKind, parseKey } from "../src/journal/keys.js";
import type { Trimmer } from "../src/journal/trim.js";
import type { ConversationMessage } from "./conversation.js";
import type { SessionInfo } from "./port.js";
import type { Directory } from "./shard.js";
import type { UserMessage } from "./user.js";

export interface SweepOptions {
	readonly sweepMs: number;
	/** Actors looked at in one step of the passivation sweep. */
	readonly passivateBudget: number;
	/** Messages told to expire in one step; the rest waits for the next. */
	readonly expireBudget: number;
	readonly receiptGatherMs: number;
	/** How often connected devices are noted as seen; in steps of `passivateBudget`. */
	readonly seenEveryMs: number;
}

export interface SweepContext {
	readonly clock: Clock;
	readonly log: Log;
	readonly journal: Journal;
	readonly users: Directory<UserMessage>;
	readonly conversations: Directory<ConversationMessage>;
	readonly trimmer: Trimmer;
	/** Everybody who is connected. */
	sessions(): Iterable<SessionInfo>;
	readonly options: SweepOptions;
}

export class Sweeps {
	private readonly timers: readonly Timer[];
	/** Connected devices still to be noted as seen. */
	private seeing: Iterator<SessionInfo> | null = null;
	private gathering = new Set<string>();
	private expiring = false;
	private stopped = false;

	constructor(private readonly context: SweepContext) {
		const { clock, options } = context;
		this.timers = [
			clock.every(options.sweepMs, () => this.sweep()),
			clock.every(options.seenEveryMs, () => {
				this.seeing ??= context.sessions()[Symbol.iterator]();
			}),
		];
	}

	stop(): void {
		this.stopped = true;
		for (const timer of this.timers) timer.cancel();
	}

	/** The conversation hears `gathered` after the time to gather: one timer for all of them. */
	gatherLater(conversation: string): void {
		const { clock, options, conversations } = this.context;
		if (this.gathering.size === 0) {
			clock.after(options.receiptGatherMs, () => {
				const due = this.gathering;
				this.gathering = new Set();
				for (const id of due) conversations.tell(id, { type: "gathered" });
			});
		}
		this.gathering.add(conversation);
	}

	private sweep(): void {
		const { clock, options, users, conversations, trimmer } = this.context;
		users.passivateIdle(clock.now(), options.passivateBudget);
		conversations.passivateIdle(clock.now(), options.passivateBudget);
		this.see();
		if (!this.expiring) void this.expire();
		void trimmer.sweep();
	}

	/** Whoever stays connected for a month is not unseen; a crash must not make it so. */
	private see(): void {
		for (let left = this.context.options.passivateBudget; left > 0; left -= 1) {
			const next = this.seeing?.next();
			if (next === undefined || next.done === true) {
				this.seeing = null;
				return;
			}
			this.context.users.tell(next.value.user, { type: "seen", session: next.value });
		}
	}

	/** Rows are in order of time: what is due stands first. */
	private async expire(): Promise<void> {
		const { clock, journal, options, conversations, log } = this.context;
		if (journal.state !== "open" || this.stopped) return;
		this.expiring = true;
		try {
			const gte = ofKind("expiry").gte;
			const lt = expiryKey(clock.now() + 1, "", 0);
			const due = await journal.range({ gte, lt, limit: options.expireBudget });
			for (const { key } of due) {
				const { ids, numbers } = parseKey(key) ?? { ids: [], numbers: [] };
				const [conversation] = ids;
				const seq = numbers[numbers.length - 1];
				if (conversation === undefined || seq === undefined) continue;
				conversations.tell(conversation, { type: "expire", seq });
			}
		} catch (error) {
			log("warn", "expiry.failed", { error: String(error) });
		} finally {
			this.expiring = false;
		}
	}
}
