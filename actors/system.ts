// The actor runtime over nact, and the only file that imports it. nact gives the tree down to the
// shards and the turn: one nact message means "those of your shard who are awake, look into your
// mailboxes", because a message costs nact a turn of the event loop and a promise, and an actor of
// its own 2 kB. What an actor goes through is in cell.ts; which id has which in shard.ts.

import { dispatch, type Ref as NactRef, Nobody, stop as nactStop, spawn, start } from "nact";
import type { Clock } from "../src/base/clock.js";
import type { Log } from "../src/base/log.js";
import { Cell } from "./cell.js";
import type { Door, Runtime } from "./door.js";
import { MailboxPool } from "./mailbox.js";
import { type Policy, policyDefault } from "./supervision.js";

/** What an actor does. Made again by its kind's `create` after a crash. */
export interface Behaviour<M> {
	/** Recover. Called before the first message and after each restart; messages wait. */
	start(): void | Promise<void>;
	/**
	 * One message. May be async (rare), then the next waits. Throwing crashes the actor, and flush
	 * is called before the restart: add to what flush hands over as the last thing, all or nothing.
	 */
	receive(message: M): void | Promise<void>;
	/** After the last message of a drained batch, and before a crash or restart is handled. */
	flush?(): void;
	/** Orderly end: everything is drained; resolves when the state is safely committed. */
	stop?(): void | Promise<void>;
	/** It was replaced after a crash or restart: let go of timers and subscriptions. */
	abandon?(): void;
	/**
	 * May the actor be passivated now?
	 *
	 * Units: under memory pressure `nowMs` lies in the far future, so that "unused for a minute"
	 *        holds and "has a session" still does not.
	 */
	idle?(nowMs: number): boolean;
	/** A small plain description for `ps`; never content. */
	describe?(): Description;
}

export type Description = Readonly<Record<string, string | number | boolean>>;

/** `full`: try later. `quarantined`: out of order for now. `stopped`: ask the directory again. */
export type TellResult = "ok" | "full" | "quarantined" | "stopped";

export type ActorState =
	| "starting"
	| "running"
	| "waiting"
	| "quarantined"
	| "stopping"
	| "stopped";

/** The address of one activation of an actor, and what `ps` shows of it. */
export interface Ref<M> {
	/** `<node>/<boot>/<serial>`: never given twice. */
	readonly pid: string;
	readonly id: string;
	/** Anything but `ok` means that the message was not taken: the caller answers its own caller. */
	tell(message: M): TellResult;
	/** Like `tell`, but before everything that waits: control must not queue behind data. */
	urgent(message: M): TellResult;
	/** Forget the state and start again, keeping what waits; not counted as a crash. */
	restart(reason: string): void;
	/** Take nothing more, drain, end. Never rejects; an actor must not await its own. */
	stop(): Promise<void>;
	/** Asks the behaviour; false while anything waits or is under way. */
	idle(nowMs: number): boolean;
	describe(): Description | undefined;
	readonly state: ActorState;
	/** How many messages wait. */
	readonly mailbox: number;
	readonly handled: number;
	readonly restarts: number;
	readonly poisoned: number;
	readonly lastCrash: Crash | undefined;
	/** When it was activated. */
	readonly since: number;
}

export interface Crash {
	readonly text: string;
	readonly at: number;
}

/** Everything that actors of one kind share. Hooks may throw: it is logged and changes nothing. */
export interface Kind<M> {
	readonly name: string;
	create(id: string, self: Ref<M>): Behaviour<M>;
	/** A message threw twice and was put aside: answer its sender. */
	onPoison?(message: M, error: unknown, id: string): void;
	/** A message that had been taken will not be handled: answer its sender. */
	onRefused?(message: M, why: "quarantined" | "stopped", id: string): void;
	/** This activation begins; its predecessor's `onStopped` has been called. */
	onActivated?(id: string, pid: string): void;
	/** This activation takes nothing more from now on. */
	onLeaving?(ref: Ref<M>): void;
	onStopped?(id: string, pid: string): void;
	/** A start that fails so is repeated for as long as it takes, without quarantine. */
	isTransient?(error: unknown): boolean;
	readonly limits?: Partial<ActorLimits>;
	readonly policy?: Partial<Policy>;
}

export interface ActorLimits {
	/** Messages waiting for one actor; met as `full`. */
	readonly mailboxMax: number;
	/** Urgent messages waiting for one actor; met as `full`. */
	readonly urgentMax: number;
	/** Messages that one actor handles before the others get their turn. */
	readonly sliceMessages: number;
	/** The same in milliseconds, looked at after every 16 messages. */
	readonly sliceMs: number;
}

export const actorLimits: ActorLimits = {
	mailboxMax: 10_000,
	urgentMax: 64,
	sliceMessages: 256,
	sliceMs: 10,
};

export interface SystemCounters {
	activated: number;
	stopped: number;
	/** Messages told to an actor that had stopped. */
	deadLetters: number;
	/** Messages refused because a mailbox was full. */
	full: number;
	/** Messages refused, or taken back from the mailbox, because of quarantine. */
	quarantined: number;
	/** Throws of receive and flush. */
	crashes: number;
	/** Throws of start. */
	startsFailed: number;
	/** Messages put aside. */
	poison: number;
	quarantines: number;
	/** Restarts that were asked for. */
	renewals: number;
	/** Throws of hooks, of stop, and of flush before a crash was handled. */
	faults: number;
}

/** A node of the tree. It never gets a message, since nact copies its children for each one. */
export interface Supervisor {
	readonly path: string;
	readonly handle: unknown;
	readonly turns: Turns;
}

/** Gives the actors under one supervisor their turns. */
export interface Turns {
	/** Have its `turn` called once, in a later turn of the event loop. Not to be asked twice. */
	wake(actor: Door<never>): void;
}

export interface SystemOptions {
	readonly node: string;
	readonly boot: number;
	readonly clock: Clock;
	readonly log: Log;
}

export interface System {
	readonly counters: SystemCounters;
	supervisor(name: string, parent?: Supervisor): Supervisor;
	/** `after`: the end of a predecessor with the same id; nothing starts before it. */
	spawn<M>(parent: Supervisor, kind: SharedKind<M>, id: string, after?: Promise<void>): Cell<M>;
	/** Every actor for which something waits or that ever crashed, once each; the others are well. */
	notable(): Iterable<Notable>;
	/** Ends the tree. Orderly ends are the directories' business and come before. */
	close(): void;
}

/** An actor of whichever kind, as `ps` sees it. */
export interface Notable extends Ref<never> {
	readonly kindName: string;
}

/** A kind with every default filled in; made once, referred to by all its actors. */
export interface SharedKind<M> extends Kind<M> {
	readonly limits: ActorLimits;
	readonly policy: Policy;
}

export function shareKind<M>(kind: Kind<M>): SharedKind<M> {
	return {
		...kind,
		limits: { ...actorLimits, ...kind.limits },
		policy: { ...policyDefault, ...kind.policy },
	};
}

/** nact's actor is a child of its own, because a message costs a copy of its children. */
class ShardTurns implements Turns {
	private awake: Door<never>[] = [];
	private readonly handle: NactRef<undefined>;

	constructor(parent: NactRef<never>) {
		this.handle = spawn(parent, () => this.turn(), "turns", { onCrash: onCrash as never });
	}

	wake(actor: Door<never>): void {
		// The first asks for the turn, the others find it asked for.
		if (this.awake.push(actor) === 1) send(this.handle, undefined, nobody);
	}

	private turn(): void {
		const { awake } = this;
		this.awake = [];
		let next = 0;
		try {
			while (next < awake.length) (awake[next++] as Door<never>).turn();
		} finally {
			// An actor throws nothing; if one ever did, the others would wait for ever.
			for (const actor of awake.slice(next)) this.wake(actor);
		}
	}
}

// Never reached unless cell.ts has a fault: it throws nothing. Going on is then the mildest end;
// a rejection here would end the process.
const onCrash = (_m: unknown, _e: unknown, context: { resume: symbol }): symbol => context.resume;

// The typings leave the sender out; without one nact makes three objects per message.
const send = dispatch as (to: NactRef<undefined>, message: undefined, sender: Nobody) => void;
const nobody = new Nobody();

let systems = 0;

export function createSystem(options: SystemOptions): System {
	systems += 1;
	const root = start(`${options.node}-${options.boot}-${systems}`) as NactRef<never>;
	const counters = newCounters();
	let serial = 0;
	let closed = false;
	const pool = new MailboxPool<Door<never>>();
	const troubled = new Set<Door<never>>();
	const runtime: Runtime = {
		address: `${options.node}/${options.boot}`,
		clock: options.clock,
		log: options.log,
		counters,
		pool,
		troubled,
	};
	return {
		counters,
		supervisor(name, parent) {
			const handle = spawn((parent?.handle as NactRef<never>) ?? root, unused, name, {
				onCrash: onCrash as never,
			});
			const turns = new ShardTurns(handle as NactRef<never>);
			return { path: parent === undefined ? name : `${parent.path}/${name}`, handle, turns };
		},
		spawn(parent, kind, id, after) {
			serial += 1;
			const cell = new Cell(runtime, kind, parent.turns, ownId(id), serial);
			counters.activated += 1;
			cell.open(after);
			return cell;
		},
		*notable() {
			yield* troubled;
			for (const owner of pool.owners()) if (!troubled.has(owner)) yield owner;
		},
		close() {
			if (closed) return;
			closed = true;
			nactStop(root);
		},
	};
}

function unused(): void {}

function newCounters(): SystemCounters {
	return {
		activated: 0,
		stopped: 0,
		deadLetters: 0,
		full: 0,
		quarantined: 0,
		crashes: 0,
		startsFailed: 0,
		poison: 0,
		quarantines: 0,
		renewals: 0,
		faults: 0,
	};
}

const latin1 = /^[\0-\xff]*$/;

/**
 * The id as a string of its own. Ids come out of decoded frames, where a short string may be a view
 * that keeps the whole frame in memory; an actor lives for days.
 */
function ownId(id: string): string {
	const encoding = latin1.test(id) ? "latin1" : "utf16le";
	return Buffer.from(id, encoding).toString(encoding);
}
