// One life of a broker: from its opening to its end, orderly or not. A crash within one process has
// to take away at once what a kill takes away: the clock, the store, the log. What the dead broker
// still wants of them waits for ever and is forgotten with it.

import type { Clock, Timer } from "../base/clock.js";
import { BrokerError } from "../base/errors.js";
import { type Log, silentLog } from "../base/log.js";
import { type Broker, type BrokerOptions, openBroker } from "../broker.js";
import type { Config } from "../config.js";
import type { Journal } from "../journal/journal.js";
import { type FaultyJournal, faultyJournal } from "./faulty-journal.js";

export interface Life {
	readonly broker: Broker;
	readonly disk: FaultyJournal;
	/** Where it listens, on the loopback. */
	readonly port: number;
	end(graceMs: number): Promise<void>;
	/** As `kill -9`: what was not handed to the store is lost, what was is there. */
	crash(): Promise<void>;
}

/** Errors: those of `createBroker`. */
export async function begin(
	config: Partial<Config>,
	options: BrokerOptions & { readonly clock: Clock },
): Promise<Life> {
	const breath = new Breath();
	let disk!: FaultyJournal;
	const broker = await openBroker(
		{ ...config, host: "127.0.0.1", port: 0 },
		{ ...options, clock: breath.clock(options.clock), log: breath.log(options.log ?? silentLog) },
		(store) => {
			disk = faultyJournal(breath.store(store));
			return disk;
		},
	);
	const { port } = await broker.listen();
	return {
		broker,
		disk,
		port,
		async end(graceMs) {
			disk.proceed();
			await broker.close({ graceMs });
		},
		async crash() {
			breath.stop();
			await broker.abandon();
		},
	};
}

/** What a life has while it lasts. */
class Breath {
	private alive = true;
	private readonly timers = new Set<Timer>();

	stop(): void {
		this.alive = false;
		for (const timer of this.timers) timer.cancel();
		this.timers.clear();
	}

	clock(clock: Clock): Clock {
		return {
			now: () => clock.now(),
			monotonic: () => clock.monotonic(),
			random: () => clock.random(),
			randomBytes: (size) => clock.randomBytes(size),
			after: (delayMs, run) =>
				this.timer((forget) =>
					clock.after(delayMs, () => {
						forget();
						run();
					}),
				),
			every: (periodMs, run) => this.timer(() => clock.every(periodMs, run)),
			soon: (run) => clock.soon(() => this.alive && run()),
		};
	}

	/** Below the disk's faults, so that what a test holds back there never arrives here. */
	store(store: Journal): Journal {
		const during = <T>(ask: () => Promise<T>) =>
			this.alive ? ask() : new Promise<never>(() => {});
		const open = () => {
			if (!this.alive) throw new BrokerError("JOURNAL_CLOSED", "the broker has crashed");
			return store;
		};
		return {
			durability: store.durability,
			epoch: store.epoch,
			boot: store.boot,
			get state() {
				return store.state;
			},
			commit: (writes) => during(() => store.commit(writes)),
			get: (key) => open().get(key),
			range: (range) => during(() => store.range(range)),
			view: () => open().view(),
			mark: (commit) => during(() => store.mark(commit)),
			reopen: () => during(() => store.reopen()),
			close: () => during(() => store.close()),
		};
	}

	log(log: Log): Log {
		return (...line) => {
			if (this.alive) log(...line);
		};
	}

	private timer(set: (forget: () => void) => Timer): Timer {
		if (!this.alive) return { cancel: () => {} };
		const inner = set(() => this.timers.delete(timer));
		const timer: Timer = {
			cancel: () => {
				this.timers.delete(timer);
				inner.cancel();
			},
		};
		this.timers.add(timer);
		return timer;
	}
}
