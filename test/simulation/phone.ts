// One installation of a person: the real client layer over a store that survives its crashes and
// may be put back to an older backup. It remembers what it was told for good, to be held against
// the end.

import { BrokerError } from "../../src/base/errors.js";
import { Device } from "../../src/client/device.js";
import type { Events, Outcome } from "../../src/client/events.js";
import { freshNames, MemoryStore } from "../../src/client/memory-store.js";
import type { Queued } from "../../src/client/store.js";
import type { Request, Unnumbered } from "../../src/client/sync.js";
import type { Transport } from "../../src/client/transport.js";
import type { Result, WriteCommand } from "../../src/protocol/frames.js";
import { restore } from "../helpers/backup.js";
import type { Complain } from "./ledger.js";
import type { Chance } from "./random.js";
import type { Owner, Scheduler } from "./scheduler.js";

/** A send that the server said yes to, or no for good. */
export interface Verdict {
	readonly item: Queued;
	readonly outcome: Outcome | null;
	readonly code: string | null;
}

interface PhoneParts {
	readonly scheduler: Scheduler;
	readonly chance: Chance;
	readonly user: string;
	readonly name: string;
	connect(phone: Phone): Promise<Transport>;
	readonly note: (text: string) => void;
	readonly complain: Complain;
	/** Its process is gone; so are its ends of all connections. */
	died(phone: Phone): void;
	/** A link was made. */
	linked(conversation: string, link: string): void;
}

/** What the layer may say went wrong without being at fault. */
const lawfulFaults = ["JOURNAL_IO", "OVERLOADED", "UNAVAILABLE", "DRAINING", "NOT_A_MEMBER"];

export class Phone {
	readonly user: string;
	readonly name: string;
	readonly store: MemoryStore;
	readonly backups: MemoryStore[] = [];
	readonly verdicts: Verdict[] = [];
	/** Promises of the present process that have not settled. */
	readonly open = new Set<object>();
	device: Device | null = null;
	owner: Owner;
	/** A fault of its storage, at one of the next transactions. */
	crashIn = 0;
	restores = 0;
	/** What its own sends have said to be seen; nobody tells it. */
	readonly saidSeen = new Map<string, number>();
	/** Stopped for good by the server, until the person does something. */
	stopped: string | null = null;
	private processes = 0;

	constructor(private readonly parts: PhoneParts) {
		this.user = parts.user;
		this.name = `${parts.user}/${parts.name}`;
		this.owner = { name: this.name, alive: false };
		this.store = new MemoryStore(freshNames(parts.scheduler.clock(this.owner)));
	}

	get running(): boolean {
		return this.device !== null;
	}

	get ready(): boolean {
		return this.device?.ready === true;
	}

	/** The process begins, or begins again, over what the storage holds. */
	start(): void {
		const { scheduler, parts } = this.begin();
		const { owner } = this;
		const clock = scheduler.clock(owner);
		this.store.hooks = {
			before: (name) => this.transaction(owner, name),
			after: (name) => this.transaction(owner, name),
		};
		const device = new Device({
			connect: () => parts.connect(this),
			token: () => `${this.user}@${clock.now()}`,
			store: this.store,
			clock,
			events: this.events(owner),
			backOff: { maxMs: 8_000 },
		});
		this.device = device;
		this.stopped = null;
		device.start();
	}

	private begin(): { scheduler: Scheduler; parts: PhoneParts } {
		this.processes += 1;
		this.owner = { name: `${this.name}#${this.processes}`, alive: true };
		this.crashIn = 0;
		this.open.clear();
		return { scheduler: this.parts.scheduler, parts: this.parts };
	}

	/** The process is gone, in the middle of whatever it does. */
	crash(): void {
		this.owner.alive = false;
		this.device = null;
		this.open.clear();
		this.parts.note(`${this.name}: crash`);
		this.parts.died(this);
	}

	/** An orderly end of the application. */
	quit(): void {
		this.device?.stop();
	}

	restore(backup: MemoryStore): void {
		this.restores += 1;
		restore(this.store, backup);
		this.parts.note(`${this.name}: a backup is restored`);
	}

	/** Nothing changes in the storage of a process that is gone. */
	private transaction(owner: Owner, name: string): void {
		if (owner.alive && this.crashIn > 0) {
			this.crashIn -= 1;
			if (this.crashIn === 0) {
				this.parts.note(`${this.name}: dies at ${name}`);
				this.crash();
			}
		}
		if (!owner.alive) throw new Error("the process is gone");
	}

	write(conversation: string | null, command: WriteCommand): void {
		const { device } = this;
		if (device === null) return;
		if (command.type === "send" && command.seenUpTo !== null && conversation !== null) {
			const before = this.saidSeen.get(conversation) ?? 0;
			this.saidSeen.set(conversation, Math.max(before, command.seenUpTo));
		}
		this.mayDie(() => {
			const item = device.write(conversation, command);
			const what = `${command.type} in ${conversation} as ${item.n}`;
			this.parts.note(`${this.name}: ${what}`);
		});
	}

	seen(conversation: string, seq: number): void {
		this.mayDie(() => this.device?.seen(conversation, seq));
	}

	/** The process may end in the middle of it. */
	private mayDie(run: () => void): void {
		const { owner } = this;
		try {
			run();
		} catch (cause) {
			if (owner.alive) throw cause;
		}
	}

	/** Asks the server; a refusal is as good as an answer. */
	ask(request: Unnumbered, then: (result: Result) => void = () => {}): void {
		const { device, owner } = this;
		if (device === null) return;
		const asked = device.request(request as Unnumbered<Request & { readonly type: "ping" }>);
		this.settles(
			asked.then((result) => {
				if (owner.alive) then(result);
			}),
		);
	}

	history(conversation: string, before: number | null, limit: number): void {
		const { device } = this;
		if (device !== null) this.settles(device.history(conversation, before, limit).then(() => {}));
	}

	private settles(promise: Promise<void>): void {
		const token = {};
		this.open.add(token);
		const done = () => void this.open.delete(token);
		promise.then(done, done);
	}

	private events(owner: Owner): Events {
		const { note, complain } = this.parts;
		const alive = (run: () => void) => {
			if (owner.alive) run();
		};
		return {
			phase: (phase) =>
				alive(() => {
					note(`${this.name}: ${phase.type}${"code" in phase ? ` ${phase.code}` : ""}`);
					if (phase.type === "stopped") this.halted(phase.code);
				}),
			answered: (item, outcome) =>
				alive(() => {
					note(`${this.name}: yes to ${item.n} in ${item.conversation} at ${outcome.position}`);
					this.verdicts.push({ item, outcome, code: null });
					if (outcome.link !== null && item.conversation !== null) {
						this.parts.linked(item.conversation, outcome.link);
					}
				}),
			refused: (item, code, detail) =>
				alive(() => {
					note(`${this.name}: no to ${item.n} in ${item.conversation}: ${code} ${detail}`);
					this.verdicts.push({ item, outcome: null, code });
				}),
			reset: (conversation) => alive(() => note(`${this.name}: reset of ${conversation}`)),
			forked: (code) => alive(() => note(`${this.name}: forked, ${code}`)),
			fault: (where, cause) =>
				alive(() => {
					const code = cause instanceof BrokerError ? cause.code : String(cause);
					const text = cause instanceof Error ? cause.message : code;
					note(`${this.name}: fault in ${where}: ${code} ${text}`);
					const lawful = where === "connect" || lawfulFaults.includes(code);
					if (!lawful) complain(`${this.name}: fault in ${where}: ${text}`);
				}),
		};
	}

	private halted(code: string | null): void {
		this.stopped = code ?? "stopped";
		this.device = null;
		this.owner.alive = false;
	}
}
