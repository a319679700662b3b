// What the outside sees of an actor: its address, the door where messages are taken or refused, and
// the figures for `ps`. The bound is here, because nact's mailboxes have none. What an actor goes
// through is in cell.ts.

import type { Clock, Timer } from "../src/base/clock.js";
import type { Log, LogLevel } from "../src/base/log.js";
import type { Mailbox, MailboxPool } from "./mailbox.js";
import { type CrashRecord, crashRecord } from "./supervision.js";
import type {
	ActorState,
	Behaviour,
	Crash,
	Description,
	Ref,
	SharedKind,
	SystemCounters,
	TellResult,
	Turns,
} from "./system.js";

/** What all actors of a system share; system.ts puts nact behind it. */
export interface Runtime {
	/** `<node>/<boot>` */
	readonly address: string;
	readonly clock: Clock;
	readonly log: Log;
	readonly counters: SystemCounters;
	/** Lends mailboxes: its borrowers are the actors for which something waits. */
	readonly pool: MailboxPool<Door<never>>;
	/** Actors that ever crashed, for `ps`. */
	readonly troubled: Set<Door<never>>;
}

/** What a healthy actor does without; made when it first crashes. */
export interface Trouble<M> {
	readonly record: CrashRecord;
	restarts: number;
	poisoned: number;
	lastCrash: Crash | undefined;
	/** Empty, or the message that crashed: it gets its second chance before all others. */
	readonly retry: M[];
	/** The second chance is being given. */
	retrying: boolean;
	timer: Timer | undefined;
}

interface Ending {
	readonly promise: Promise<void>;
	readonly resolve: () => void;
}

export abstract class Door<M> implements Ref<M> {
	readonly since: number;
	handled = 0;
	/** For the directory's sweep: something was handled since it last looked. */
	used = true;
	protected behaviour: Behaviour<M> | undefined = undefined;
	protected inbox: Mailbox<M> | undefined = undefined;
	protected trouble: Trouble<M> | undefined = undefined;
	protected ending: Ending | undefined = undefined;
	protected phase: ActorState = "starting";
	/** The drain loop or a promise is at work and will look at everything again by itself. */
	protected busy = false;
	protected restartReason: string | undefined = undefined;
	/** A wake is on its way. */
	protected scheduled = false;

	constructor(
		protected readonly runtime: Runtime,
		protected readonly kind: SharedKind<M>,
		private readonly turns: Turns,
		readonly id: string,
		private readonly serial: number,
	) {
		this.since = runtime.clock.now();
	}

	/** A turn of the event loop is ours. Throws nothing. */
	abstract turn(): void;
	/** Start at once instead of when the quarantine is over. */
	protected abstract tryAgain(): void;

	get kindName(): string {
		return this.kind.name;
	}

	get pid(): string {
		return `${this.runtime.address}/${this.serial}`;
	}

	get state(): ActorState {
		return this.ending !== undefined && this.phase !== "stopped" ? "stopping" : this.phase;
	}

	get mailbox(): number {
		const waiting = this.inbox === undefined ? 0 : this.inbox.length;
		return this.trouble === undefined ? waiting : waiting + this.trouble.retry.length;
	}

	get restarts(): number {
		return this.trouble === undefined ? 0 : this.trouble.restarts;
	}

	get poisoned(): number {
		return this.trouble === undefined ? 0 : this.trouble.poisoned;
	}

	get lastCrash(): Crash | undefined {
		return this.trouble?.lastCrash;
	}

	tell(message: M): TellResult {
		if (this.ending !== undefined || this.phase === "quarantined") return this.refusal();
		this.inbox ??= this.runtime.pool.take<M>(this.anybody());
		if (!this.inbox.push(message, this.kind.limits.mailboxMax)) return this.full();
		if (this.phase === "running") this.wake();
		return "ok";
	}

	urgent(message: M): TellResult {
		if (this.ending !== undefined || this.phase === "quarantined") return this.refusal();
		this.inbox ??= this.runtime.pool.take<M>(this.anybody());
		if (!this.inbox.pushUrgent(message, this.kind.limits.urgentMax)) return this.full();
		if (this.phase === "running") this.wake();
		return "ok";
	}

	restart(reason: string): void {
		if (this.phase === "running" || this.busy) {
			this.restartReason ??= reason;
			this.wake();
		} else if (this.phase === "quarantined" && this.ending === undefined) {
			this.tryAgain();
		}
		// Otherwise a start is still to come: it reads what is committed by then.
	}

	stop(): Promise<void> {
		if (this.ending === undefined) {
			let resolve = (): void => {};
			const promise = new Promise<void>((done) => {
				resolve = done;
			});
			this.ending = { promise, resolve };
			this.guard(() => this.kind.onLeaving?.(this));
			this.trouble?.timer?.cancel();
			if (this.phase === "waiting") this.phase = "starting";
			this.wake();
		}
		return this.ending.promise;
	}

	idle(nowMs: number): boolean {
		if (this.phase !== "running" || this.ending !== undefined) return false;
		if (this.busy || this.restartReason !== undefined || this.mailbox > 0) return false;
		return this.guard(() => this.behaviour?.idle?.(nowMs)) === true;
	}

	describe(): Description | undefined {
		return this.guard(() => this.behaviour?.describe?.());
	}

	protected wake(): void {
		if (this.scheduled || this.busy) return;
		this.scheduled = true;
		this.turns.wake(this.anybody());
	}

	/** Itself, for lists of actors of all kinds. */
	protected anybody(): Door<never> {
		return this as unknown as Door<never>;
	}

	private refusal(): TellResult {
		const stopped = this.ending !== undefined;
		if (stopped) this.runtime.counters.deadLetters += 1;
		else this.runtime.counters.quarantined += 1;
		return stopped ? "stopped" : "quarantined";
	}

	private full(): TellResult {
		this.runtime.counters.full += 1;
		return "full";
	}

	/** What supervision remembers, with this error as the last. */
	protected note(error: unknown): Trouble<M> {
		this.runtime.troubled.add(this.anybody());
		this.trouble ??= {
			record: crashRecord(),
			restarts: 0,
			poisoned: 0,
			lastCrash: undefined,
			retry: [],
			retrying: false,
			timer: undefined,
		};
		this.trouble.lastCrash = { text: errorText(error), at: this.runtime.clock.now() };
		return this.trouble;
	}

	/** Runs foreign code where nobody could catch what it throws, now or later. */
	protected guard<T>(run: () => T): T | undefined {
		try {
			const result = run();
			if (isThenable(result)) result.then(undefined, (error: unknown) => this.fault(error));
			return result;
		} catch (error) {
			this.fault(error);
			return undefined;
		}
	}

	/** Something threw where the actor goes on all the same. */
	protected fault(error: unknown): void {
		this.runtime.counters.faults += 1;
		this.report("error", "fault", errorText(error));
	}

	protected report(level: LogLevel, what: string, error = this.lastCrash?.text): void {
		const { id, pid, restarts, kind } = this;
		try {
			this.runtime.log(level, `actor.${what}`, { kind: kind.name, id, pid, restarts, error });
		} catch {
			// A log that throws has no place left to say so.
		}
	}
}

export function isThenable(value: unknown): value is PromiseLike<void> {
	return typeof (value as { then?: unknown } | undefined)?.then === "function";
}

/** The first line of whatever was thrown, cut: it goes into logs and `ps`. */
export function errorText(error: unknown): string {
	try {
		return (String(error).split("\n", 1)[0] ?? "").slice(0, 200);
	} catch {
		return "something that has no text";
	}
}
