// One actor's life: it starts, drains what waits, and is restarted, quarantined or stopped. Nothing
// that a behaviour or a hook throws gets out of here. A cell is woken once and then looks at
// everything that waits, so that no promise and no closure is made per message.

import { Door, isThenable, type Trouble } from "./door.js";
import type { Mailbox } from "./mailbox.js";
import * as supervision from "./supervision.js";
import type { Behaviour } from "./system.js";

export class Cell<M> extends Door<M> {
	/** Something was handled since the last flush. */
	private dirty = false;
	/** onActivated was called, so onStopped is owed. */
	private announced = false;

	/** First call: the actor starts, but not before `after` is settled. */
	open(after: Promise<void> | undefined): void {
		if (after === undefined) this.wake();
		else this.settle(after, () => this.wake());
	}

	/** A turn of the event loop is ours. Throws nothing. */
	turn(): void {
		this.scheduled = false;
		if (this.busy) return;
		if (this.phase === "starting") this.begin();
		if (this.phase === "running" && !this.busy) this.drain();
		else if (this.phase === "quarantined" && this.ending !== undefined) this.finish();
	}

	/** While a promise is out nothing else happens to the actor; messages wait. */
	private settle(
		promise: PromiseLike<void>,
		fulfilled: () => void,
		rejected: (error: unknown) => void = fulfilled,
	): void {
		this.busy = true;
		const then = (what: (error: unknown) => void) => (value: unknown) => {
			this.busy = false;
			what(value);
		};
		Promise.resolve(promise).then(then(fulfilled), then(rejected));
	}

	private begin(): void {
		if (this.ending !== undefined && this.mailbox === 0) {
			this.finish();
			return;
		}
		if (!this.announced) {
			this.announced = true;
			this.guard(() => this.kind.onActivated?.(this.id, this.pid));
		}
		this.restartReason = undefined;
		try {
			this.behaviour = this.kind.create(this.id, this);
			const starting = this.behaviour.start();
			if (isThenable(starting)) {
				const wake = () => {
					this.started();
					this.wake();
				};
				this.settle(starting, wake, (error) => this.startFailed(error));
			} else {
				this.started();
			}
		} catch (error) {
			this.startFailed(error);
		}
	}

	private started(): void {
		this.phase = "running";
		const record = this.trouble?.record;
		if (record === undefined) return;
		if (supervision.started(record, this.runtime.clock.now())) this.report("info", "released");
	}

	private drain(): void {
		const behaviour = this.behaviour as Behaviour<M>;
		const { sliceMessages, sliceMs } = this.kind.limits;
		this.busy = true;
		let deadline = 0;
		for (let count = 0; this.restartReason === undefined && this.mailbox > 0; count += 1) {
			if (count >= sliceMessages) break;
			// The clock costs more than a small message, so it is asked once in 16.
			if (count > 0 && count % 16 === 0) {
				const now = this.runtime.clock.monotonic();
				if (deadline === 0) deadline = now + sliceMs;
				else if (now >= deadline) break;
			}
			const message = this.next();
			this.dirty = true;
			try {
				const receiving = behaviour.receive(message);
				if (isThenable(receiving)) {
					this.awaitMessage(receiving, message);
					return;
				}
			} catch (error) {
				this.crash(error, [message]);
				return;
			}
			this.handled += 1;
		}
		this.pause(behaviour);
	}

	private next(): M {
		const trouble = this.trouble;
		if (trouble !== undefined) {
			trouble.retrying = trouble.retry.length > 0;
			if (trouble.retrying) return trouble.retry.pop() as M;
		}
		return (this.inbox as Mailbox<M>).shift();
	}

	private awaitMessage(receiving: PromiseLike<void>, message: M): void {
		this.settle(
			receiving,
			() => {
				this.handled += 1;
				this.wake();
			},
			(error) => this.crash(error, [message]),
		);
	}

	/** The batch is over: hand over what was decided, then see what comes next. */
	private pause(behaviour: Behaviour<M>): void {
		try {
			if (this.dirty) {
				this.dirty = false;
				this.used = true;
				behaviour.flush?.();
			}
		} catch (error) {
			this.crash(error, []);
			return;
		}
		this.busy = false;
		if (this.restartReason !== undefined) {
			this.renew();
		} else if (this.mailbox > 0) {
			this.wake();
		} else {
			this.returnMailbox();
			if (this.ending !== undefined) this.finish();
		}
	}

	private returnMailbox(): void {
		if (this.inbox === undefined) return;
		this.runtime.pool.give(this.inbox);
		this.inbox = undefined;
	}

	private renew(): void {
		this.runtime.counters.renewals += 1;
		this.abandon();
		this.startAfter(0);
	}

	/** Receive or flush threw; `culprit` is the message, if it was one. */
	private crash(error: unknown, culprit: readonly M[]): void {
		this.busy = false;
		this.runtime.counters.crashes += 1;
		const trouble = this.note(error);
		// What was decided before is sound: a fault in one message must not cost the others' answers.
		this.abandon();
		const poison = trouble.retrying && culprit.length > 0;
		trouble.retrying = false;
		if (poison) {
			trouble.poisoned += 1;
			this.runtime.counters.poison += 1;
			for (const message of culprit) {
				this.guard(() => this.kind.onPoison?.(message, error, this.id));
			}
		} else {
			trouble.retry.push(...culprit);
		}
		this.report("warn", poison ? "poison" : "crashed");
		const { clock } = this.runtime;
		const { policy } = this.kind;
		this.obey(supervision.crashed(policy, trouble.record, clock.now(), clock.random(), poison));
	}

	private startFailed(error: unknown): void {
		this.runtime.counters.startsFailed += 1;
		const { record } = this.note(error);
		const { clock } = this.runtime;
		this.abandon();
		if (this.ending !== undefined) {
			// It is leaving anyway, and what it does not know it cannot answer.
			this.giveUp();
		} else if (this.guard(() => this.kind.isTransient?.(error)) === true) {
			const delayMs = supervision.startStalled(this.kind.policy, record, clock.random());
			if (record.startsStalled === 1) this.report("debug", "stalled");
			this.startAfter(delayMs);
		} else {
			this.report("warn", "start_failed");
			this.obey(supervision.startFailed(this.kind.policy, record, clock.now(), clock.random()));
		}
	}

	private obey(verdict: supervision.Verdict): void {
		const trouble = this.trouble as Trouble<M>;
		if (verdict.type === "restart") {
			trouble.restarts += 1;
			this.startAfter(verdict.delayMs);
		} else if (this.ending !== undefined) {
			this.giveUp();
		} else {
			this.phase = "quarantined";
			this.runtime.counters.quarantines += 1;
			// One alert; that the trials after it fail too is a note.
			this.report(trouble.record.quarantines === 1 ? "error" : "warn", "quarantined");
			this.refuse("quarantined");
			trouble.timer = this.runtime.clock.after(verdict.durationMs, () => this.tryAgain());
		}
	}

	private startAfter(delayMs: number): void {
		const begin = () => {
			this.phase = "starting";
			this.wake();
		};
		if (delayMs <= 0) {
			begin();
		} else {
			this.phase = "waiting";
			(this.trouble as Trouble<M>).timer = this.runtime.clock.after(delayMs, begin);
		}
	}

	protected tryAgain(): void {
		const trouble = this.trouble as Trouble<M>;
		trouble.timer?.cancel();
		trouble.record.trial = true;
		this.phase = "starting";
		this.wake();
	}

	/** The behaviour is given up: what it decided is handed over, then it is forgotten. */
	private abandon(): void {
		const behaviour = this.behaviour;
		this.behaviour = undefined;
		if (behaviour === undefined) return;
		if (this.dirty) this.guard(() => behaviour.flush?.());
		this.dirty = false;
		this.guard(() => behaviour.abandon?.());
	}

	private refuse(why: "quarantined" | "stopped"): void {
		const { counters } = this.runtime;
		while (this.mailbox > 0) {
			const message = this.next();
			if (why === "stopped") counters.deadLetters += 1;
			else counters.quarantined += 1;
			this.guard(() => this.kind.onRefused?.(message, why, this.id));
		}
		this.returnMailbox();
	}

	private giveUp(): void {
		this.refuse("stopped");
		this.finish();
	}

	private finish(): void {
		this.phase = "stopping";
		try {
			const stopping = this.behaviour?.stop?.();
			if (isThenable(stopping)) {
				const failed = (error: unknown) => {
					this.fault(error);
					this.end();
				};
				this.settle(stopping, () => this.end(), failed);
			} else {
				this.end();
			}
		} catch (error) {
			this.fault(error);
			this.end();
		}
	}

	private end(): void {
		this.phase = "stopped";
		this.behaviour = undefined;
		this.returnMailbox();
		this.runtime.counters.stopped += 1;
		this.runtime.troubled.delete(this.anybody());
		if (this.announced) this.guard(() => this.kind.onStopped?.(this.id, this.pid));
		this.ending?.resolve();
	}
}
