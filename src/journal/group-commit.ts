// The commit pipeline. Actors hand over entries; entries gather while a commit is in flight; one
// batch with one commit row and one sync makes a group durable; then its outputs leave, in the
// order of handing over. A failed commit is unknown: all that was handed over fails, the store is
// closed and opened again, and whoever lost state recovers from it (design: "The commit pipeline").

import type { Clock, Timer } from "../base/clock.js";
import { BrokerError } from "../base/errors.js";
import type { Log } from "../base/log.js";
import { appendCommit, lastCommitNumber } from "./commit-row.js";
import { advance, conflict, type Entry, Group, Lane, newestWrite } from "./group.js";
import type { Journal } from "./journal.js";
import type { EntityKind } from "./keys.js";
import { Lanes } from "./lanes.js";
import { type GroupLimits, groupLimits } from "./limits.js";
import { type Health, ioError, reopenStore } from "./reopening.js";

export type { Entry, Lane, Owner } from "./group.js";
export type { Health } from "./reopening.js";

export interface GroupCommitOptions {
	readonly journal: Journal;
	readonly clock: Clock;
	readonly log: Log;
	readonly limits?: Partial<GroupLimits>;
}

export class GroupCommit {
	/** For rows of no entity: registry, meta. It never becomes `failed`. */
	readonly system = new Lane("system", "", 0);
	readonly #journal: Journal;
	readonly #clock: Clock;
	readonly #log: Log;
	readonly #limits: GroupLimits;
	readonly #lanes = new Lanes();
	#gathering: Group[] = [];
	#flight: Group | null = null;
	#starting = false;
	#phase: "open" | "closing" | "closed" = "open";
	#health: Health;
	#number: number;
	#marked: number;
	#markTimer: Timer;

	/** Errors: JOURNAL_IO, JOURNAL_CLOSED. */
	static async start(options: GroupCommitOptions): Promise<GroupCommit> {
		return new GroupCommit(options, await lastCommitNumber(options.journal));
	}

	private constructor(options: GroupCommitOptions, number: number) {
		this.#journal = options.journal;
		this.#clock = options.clock;
		this.#log = options.log;
		this.#limits = { ...groupLimits, ...options.limits };
		this.#number = number;
		this.#marked = number;
		this.#health = { state: "ok", since: this.#clock.now() };
		this.#markTimer = this.#clock.every(this.#limits.markEveryMs, () => void this.#mark());
	}

	get health(): Health {
		return this.#health;
	}

	/** Number of the last durable commit. */
	get number(): number {
		return this.#number;
	}

	/** False while nothing can be committed: better to reject an operation than to void a state. */
	get accepting(): boolean {
		return this.#phase === "open" && this.#health.state === "ok";
	}

	/** While stopping, what actors still hand over is committed too. */
	get #writable(): boolean {
		return this.#phase !== "closed" && this.#health.state === "ok";
	}

	/**
	 * Takes an entity's place after its recovery. A settled former lane is closed by it.
	 *
	 * Errors: JOURNAL_CONFLICT while the former self has something in flight; JOURNAL_IO while the
	 *         store is failed; JOURNAL_CLOSED.
	 */
	open(kind: EntityKind, id: string, lastPosition: number): Lane {
		if (this.#phase !== "open") throw new BrokerError("JOURNAL_CLOSED");
		if (this.#health.state === "failed") throw this.#unavailable(this.#health.lastError);
		return this.#lanes.open(kind, id, lastPosition);
	}

	/** Gives the place back; what was handed over is still committed and told. */
	close(lane: Lane): void {
		this.#lanes.close(lane);
	}

	/**
	 * Everything that the entity's former self handed over is committed or failed, and the store is
	 * open: only then may a successor read it. Errors: JOURNAL_CLOSED.
	 */
	settled(kind: EntityKind, id: string): Promise<void> {
		if (this.#phase === "closed") return Promise.reject(new BrokerError("JOURNAL_CLOSED"));
		const storeOpen = this.#health.state === "ok";
		if (storeOpen && this.#lanes.isSettled(kind, id)) return Promise.resolve();
		return this.#lanes.wait(kind, id);
	}

	/**
	 * Hands over one entry; the owner hears of it later, or at once when nothing is waited for.
	 *
	 * Order:  `committed` and `failed` in the order of handing over, within a lane.
	 * Errors: throws JOURNAL_CONFLICT when the entry does not continue its lane: a fault.
	 */
	submit(entry: Entry): void {
		const lane = entry.lane;
		const writes = entry.keys.length > 0;
		if (lane.phase === "closed") throw conflict(entry, "the lane is closed");
		if (lane.phase === "failed" || (writes && !this.#writable)) {
			this.#refuse(entry);
		} else if (writes) {
			advance(entry);
			this.#room().add(entry);
			this.#wake();
		} else if (entry.to !== 0) {
			throw conflict(entry, "an event without a row");
		} else if (lane.group === null) {
			this.#tell(entry, null);
		} else {
			lane.group.follow(entry);
		}
	}

	/** A write of this lane that is not durable yet; null: a deletion; undefined: there is none. */
	peek(lane: Lane, key: Uint8Array): Uint8Array | null | undefined {
		if (lane.pending === 0) return undefined;
		const groups = this.#flight === null ? this.#gathering : [this.#flight, ...this.#gathering];
		return newestWrite(groups, lane, key);
	}

	/** Everything handed over so far is committed or failed. */
	flushed(): Promise<void> {
		const last = this.#gathering.at(-1) ?? this.#flight;
		if (last === null) return Promise.resolve();
		return new Promise((resolve) => {
			last.after.push(resolve);
		});
	}

	/** Commits what was handed over, then takes nothing more. The journal itself stays open. */
	async stop(): Promise<void> {
		if (this.#phase !== "open") return;
		this.#phase = "closing";
		this.#markTimer.cancel();
		while (this.#flight !== null || this.#gathering.length > 0) await this.flushed();
		this.#phase = "closed";
		await this.#mark();
		this.#lanes.rejectAll(new BrokerError("JOURNAL_CLOSED"));
	}

	/** The group that takes the next entry. */
	#room(): Group {
		const last = this.#gathering.at(-1);
		if (
			last !== undefined &&
			last.bytes < this.#limits.groupBytesMax &&
			last.entries.length < this.#limits.groupEntriesMax
		) {
			return last;
		}
		const group = new Group();
		this.#gathering.push(group);
		return group;
	}

	/** In the next turn, so that all that this turn decides goes into one batch. */
	#wake(): void {
		if (this.#starting || this.#flight !== null) return;
		this.#starting = true;
		this.#clock.soon(this.#begin);
	}

	readonly #begin = (): void => {
		this.#starting = false;
		const group = this.#gathering.shift();
		if (group === undefined) return;
		this.#flight = group;
		const rows = group.keys.length;
		const { check, parts } = group;
		appendCommit(group, { number: this.#number + 1, at: this.#clock.now(), rows, check, parts });
		this.#journal.commit(group).then(this.#succeeded, this.#failed);
	};

	readonly #succeeded = (): void => {
		const group = this.#flight as Group;
		this.#flight = null;
		this.#number += 1;
		// The next write starts first: its sync runs while this group's outputs leave.
		if (this.#gathering.length > 0) this.#begin();
		this.#tellAll(group, null);
	};

	readonly #failed = (cause: unknown): void => {
		const error = ioError(cause);
		const groups = [this.#flight as Group, ...this.#gathering];
		this.#flight = null;
		this.#gathering = [];
		this.#health = { state: "failed", since: this.#clock.now(), lastError: error, attempts: 0 };
		this.#log("error", "journal-failed", { code: error.code, why: error.message });
		// All lanes first: whoever hears of one failure must find the others already closed to it.
		for (const group of groups) {
			for (const { lane } of group.entries) if (lane.phase === "open") this.#void(lane);
		}
		for (const group of groups) this.#tellAll(group, this.#unavailable(error));
		void this.#reopen();
	};

	async #reopen(): Promise<void> {
		const found = await reopenStore({
			journal: this.#journal,
			clock: this.#clock,
			log: this.#log,
			limits: this.#limits,
			acknowledged: this.#number,
			attempt: (attempts, error) => {
				if (this.#health.state === "failed") {
					this.#health = { ...this.#health, attempts, lastError: error ?? this.#health.lastError };
				}
				return this.#phase !== "open";
			},
		});
		if (found === null) return;
		this.#log("info", "journal-reopened", { commit: found, acknowledged: this.#number });
		this.#number = found;
		this.#health = { state: "ok", since: this.#clock.now() };
		this.#lanes.wakeAll();
	}

	/** Fails an entry, behind those that its lane still waits for. */
	#refuse(entry: Entry): void {
		const lane = entry.lane;
		if (lane.phase === "open") this.#void(lane);
		if (lane.group !== null) lane.group.follow(entry);
		else this.#tell(entry, this.#refusal());
	}

	/** The system lane has no state that could be void. */
	#void(lane: Lane): void {
		if (lane !== this.system) lane.phase = "failed";
	}

	#refusal(): BrokerError {
		if (this.#phase !== "open") return new BrokerError("JOURNAL_CLOSED");
		if (this.#health.state === "failed") return this.#unavailable(this.#health.lastError);
		return new BrokerError("JOURNAL_IO", "the actor must recover first");
	}

	#unavailable(cause: BrokerError): BrokerError {
		return cause.code === "JOURNAL_IO" ? cause : new BrokerError("JOURNAL_IO", "", { cause });
	}

	/** Telling may append to the group: outputs decided meanwhile on what it holds. */
	#tellAll(group: Group, error: BrokerError | null): void {
		for (let i = 0; i < group.entries.length; i += 1) {
			const entry = group.entries[i] as Entry;
			const lane = entry.lane;
			lane.pending -= 1;
			// A lane that kept its last group would keep all rows of all lanes in it.
			if (lane.pending === 0) {
				lane.group = null;
				lane.partGroup = null;
			}
			if (error === null && entry.to > lane.committed) lane.committed = entry.to;
			this.#tell(entry, error);
			if (lane.pending === 0) this.#lanes.settle(lane, this.#health.state === "ok");
		}
		for (const resolve of group.after) resolve();
	}

	/** One owner's fault must not keep the others from hearing. */
	#tell(entry: Entry, error: BrokerError | null): void {
		try {
			if (error === null) entry.owner.committed(entry);
			else entry.owner.failed(entry, error);
		} catch (fault) {
			const { kind, id } = entry.lane;
			this.#log("error", "commit-owner-fault", { kind, id, why: String(fault) });
		}
	}

	async #mark(): Promise<void> {
		const number = this.#number;
		if (number === this.#marked || this.#health.state === "failed") return;
		this.#marked = number;
		try {
			await this.#journal.mark(number);
		} catch (error) {
			this.#log("warn", "journal-mark-failed", { number, why: String(error) });
		}
	}
}
