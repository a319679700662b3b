// The one loop of every actor that owns state: recover; then for each message decide, evolve, react
// and index at once; then hand rows and outputs to the commit pipeline, and release the outputs in
// order when they are committed. `conversation.ts` and `user.ts` supply functions and messages.

import type { Clock } from "../src/base/clock.js";
import type { BrokerError } from "../src/base/errors.js";
import type { Effect } from "../src/domain/effect.js";
import type { ConversationEvent, UserEvent } from "../src/domain/event.js";
import type { IndexRow } from "../src/domain/index-row.js";
import type { Entry, GroupCommit, Lane } from "../src/journal/group-commit.js";
import type { Journal } from "../src/journal/journal.js";
import { type EntityKind, encodeConversationRows, encodeUserRows } from "../src/journal/rows.js";
import { type Output, outcomeUnknown } from "./output.js";
import type { SessionInfo } from "./port.js";
import type { Behaviour, Description, Ref } from "./system.js";

/** What every aggregate needs of the broker. */
export interface AggregateContext {
	readonly clock: Clock;
	readonly journal: Journal;
	readonly pipeline: GroupCommit;
	/** Carries out committed outputs. */
	release(outputs: readonly Output[]): void;
	/** A snapshot is durable: what lies well below it may go. */
	snapshotted(entity: EntityKind, id: string, position: number): void;
	readonly snapshotEvery: number;
	readonly passivateAfterMs: number;
}

interface Handover extends Entry {
	readonly outputs: Output[];
	/** Position of the snapshot in it; 0: there is none. */
	readonly snapshot: number;
}

export abstract class Aggregate<M, E extends ConversationEvent | UserEvent>
	implements Behaviour<M>
{
	protected lane: Lane | undefined = undefined;
	/** Last position of the state, committed or not. */
	protected abstract get position(): number;
	private keys: Uint8Array[] = [];
	private values: (Uint8Array | null)[] = [];
	private outputs: Output[] = [];
	private firstPosition = 0;
	/** Of what was recorded; `position` is beyond it when an event threw half-way. */
	private lastPosition = 0;
	private faulty = false;
	/** Position of a snapshot that is not handed over yet. */
	private snapshotTaken = 0;
	private snapshotAt = 0;
	private lastUsed: number;
	private handedOver = 0;
	private broken = false;
	/** Made anew after a crash or a failed commit. */
	private readonly again: boolean;

	constructor(
		protected readonly entity: EntityKind,
		readonly id: string,
		private readonly self: Ref<M>,
		private readonly context: AggregateContext,
	) {
		this.lastUsed = context.clock.now();
		this.again = born.has(self);
		born.add(self);
	}

	/** Load the state; gives the position of the snapshot it began from. */
	protected abstract recover(): Promise<number>;
	protected abstract handle(message: M): void;
	/** Put what gathered during the batch into events. */
	protected gathered(): void {}
	protected abstract snapshotInto(out: { keys: Uint8Array[]; values: (Uint8Array | null)[] }): void;
	/** How many events may pass before the next snapshot. */
	protected snapshotDistance(): number {
		return this.context.snapshotEvery;
	}
	protected abstract head(): number | undefined;
	/** Outputs go straight to sessions instead of through the users' actors. */
	protected direct(): boolean {
		return false;
	}

	async start(): Promise<void> {
		await this.context.pipeline.settled(this.entity, this.id);
		this.snapshotAt = await this.recover();
		this.lane = this.context.pipeline.open(this.entity, this.id, this.position);
		if (this.again) this.lookAgain();
	}

	/** Pushes of a former self may be lost: everyone concerned is told where the end is. */
	protected abstract lookAgain(): void;

	receive(message: M): void {
		try {
			this.handle(message);
		} catch (error) {
			this.faulty = true;
			throw error;
		}
	}

	flush(): void {
		this.lastUsed = this.context.clock.now();
		if (!this.faulty) this.gathered();
		if (this.keys.length === 0 && this.outputs.length === 0) return;
		// A state in which something threw half-way is not worth keeping.
		const due = this.position - this.snapshotAt >= this.snapshotDistance();
		if (due && !this.faulty) this.takeSnapshot();
		const lane = this.lane;
		if (lane === undefined) return;
		const entry: Handover = {
			lane,
			from: this.firstPosition,
			to: this.firstPosition === 0 ? 0 : this.lastPosition,
			...headOf(this.head()),
			keys: this.keys,
			values: this.values,
			owner: this,
			outputs: this.outputs,
			snapshot: this.snapshotTaken,
		};
		this.snapshotTaken = 0;
		this.keys = [];
		this.values = [];
		this.outputs = [];
		this.firstPosition = 0;
		this.handedOver++;
		this.context.pipeline.submit(entry);
	}

	/** Called by the pipeline, in hand-over order. */
	committed(entry: Entry): void {
		this.handedOver--;
		const { outputs, snapshot } = entry as Handover;
		if (snapshot > 0) this.context.snapshotted(this.entity, this.id, snapshot);
		this.context.release(outputs);
	}

	/** Called by the pipeline: whether the entry is stored will be known after recovery. */
	failed(entry: Entry, error: BrokerError): void {
		this.handedOver--;
		const replies: Output[] = [];
		for (const output of (entry as Handover).outputs) {
			if (output.type === "call") output.failed(error);
			if (output.type !== "reply") continue;
			const op = outcomeUnknown(output.op);
			if (op !== null) replies.push({ ...output, op });
		}
		this.context.release(replies);
		if (this.broken) return;
		this.broken = true;
		this.self.restart("a commit of its state failed");
	}

	async stop(): Promise<void> {
		if (this.lane === undefined) return;
		if (!this.broken && !this.faulty && this.position > this.snapshotAt) {
			this.takeSnapshot();
			this.flush();
		}
		await this.context.pipeline.settled(this.entity, this.id);
		this.abandon();
	}

	abandon(): void {
		if (this.lane !== undefined) this.context.pipeline.close(this.lane);
		this.lane = undefined;
	}

	idle(nowMs: number): boolean {
		return this.handedOver === 0 && nowMs - this.lastUsed > this.context.passivateAfterMs;
	}

	describe(): Description {
		return { position: this.position, uncommitted: this.handedOver };
	}

	/** Note an event that `evolve` has just applied, with its rows. */
	protected record(event: E, rows: readonly IndexRow[]): void {
		if (this.firstPosition === 0) this.firstPosition = this.position;
		this.lastPosition = this.position;
		if (this.entity === "conversation") {
			encodeConversationRows(this.rows, this.id, this.position, event as ConversationEvent, rows);
		} else {
			encodeUserRows(this.rows, this.id, this.position, event as UserEvent, rows);
		}
	}

	/** A write of this turn that was not handed over yet; null: a deletion. */
	protected unsent(key: Uint8Array): Uint8Array | null | undefined {
		const at = this.keys.findLastIndex((one) => Buffer.compare(one, key) === 0);
		return at < 0 ? undefined : this.values[at];
	}

	protected output(output: Output): void {
		this.outputs.push(output);
	}

	protected effects(effects: readonly Effect[], origin: SessionInfo | null): void {
		const direct = this.direct();
		for (const effect of effects) this.outputs.push({ type: "effect", effect, origin, direct });
	}

	private get rows(): { keys: Uint8Array[]; values: (Uint8Array | null)[] } {
		return { keys: this.keys, values: this.values };
	}

	/** Serialised now, at its position, in the batch that commits it. */
	private takeSnapshot(): void {
		this.snapshotInto(this.rows);
		this.snapshotAt = this.position;
		this.snapshotTaken = this.position;
	}
}

/** Activations that have had a behaviour before: the next one follows a crash. */
const born = new WeakSet<object>();

function headOf(head: number | undefined): { head?: number } {
	return head === undefined ? {} : { head };
}
