// Where the script is played in Node. Windows of one application share one client here, so a window
// that is killed takes the client with it, and the other goes on with another one.

import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { rmSync } from "node:fs";
import { systemClock } from "../../src/base/clock.js";
import { connect, freshNames, MemoryStore } from "../../src/sdk/index.js";
import { tempFolder } from "../helpers/server-process.js";
import type { Place } from "./script.js";
import { type Seat, type SeatOptions, takeSeat } from "./seat.js";
import type { Answer, Call } from "./seat-process.js";

/** A seat that is elsewhere: everything is asked there by its name. */
export function remoteSeat(
	call: (name: keyof Seat, args: readonly unknown[]) => Promise<unknown>,
): Seat {
	const asked = (_: unknown, name: string) =>
		// Promises look for this one; a seat is none.
		name === "then" ? undefined : (...args: unknown[]) => call(name as keyof Seat, args);
	return new Proxy({}, { get: asked }) as Seat;
}

abstract class Shared<Client> implements Place {
	private client: Client | null = null;
	private readonly window = remoteSeat((name, args) => {
		if (this.client === null) throw new Error("no window is open");
		const answer = this.call(this.client, name, args);
		if (name === "close") this.client = null;
		return answer;
	});
	private options: SeatOptions | null = null;

	async open(options: SeatOptions): Promise<Seat> {
		this.options = options;
		this.client ??= await this.start(options);
		return this.window;
	}

	async kill(): Promise<void> {
		const { client, options } = this;
		if (client === null || options === null) throw new Error("nothing to kill");
		await this.stop(client);
		this.client = await this.start(options);
	}

	async end(): Promise<void> {
		if (this.client !== null) await this.stop(this.client);
	}

	protected abstract start(options: SeatOptions): Promise<Client>;
	protected abstract stop(client: Client): Promise<void>;
	protected abstract call(
		client: Client,
		name: keyof Seat,
		args: readonly unknown[],
	): Promise<unknown>;
}

/** In this process, on a store in memory that outlives its clients. */
export class InMemory extends Shared<Seat> {
	private readonly store = new MemoryStore(freshNames(systemClock));

	protected async start(options: SeatOptions): Promise<Seat> {
		return takeSeat(connect, { ...options, store: this.store });
	}

	protected stop(seat: Seat): Promise<void> {
		return seat.close();
	}

	protected call(seat: Seat, name: keyof Seat, args: readonly unknown[]): Promise<unknown> {
		return (seat[name] as (...values: unknown[]) => Promise<unknown>)(...args);
	}
}

interface Child {
	readonly process: ChildProcess;
	readonly calls: Map<number, (answer: Answer) => void>;
}

/** In a process of its own, on a folder, which is killed with SIGKILL. */
export class OnFolder extends Shared<Child> {
	private readonly store = tempFolder("colloquy-client-");
	private calls = 0;

	protected async start(options: SeatOptions): Promise<Child> {
		const file = new URL("./seat-process.js", import.meta.url);
		const process = fork(file, [JSON.stringify({ ...options, store: this.store })]);
		const calls: Child["calls"] = new Map();
		process.on("message", (answer: Answer) => {
			calls.get(answer.id)?.(answer);
			calls.delete(answer.id);
		});
		process.on("exit", () => {
			for (const [id, settle] of calls) settle({ id, error: "the process has ended" });
		});
		return { process, calls };
	}

	protected async stop({ process }: Child): Promise<void> {
		if (process.exitCode !== null || process.signalCode !== null) return;
		process.kill("SIGKILL");
		await once(process, "exit");
	}

	protected call({ process, calls }: Child, name: keyof Seat, args: readonly unknown[]) {
		this.calls += 1;
		const id = this.calls;
		return new Promise<unknown>((resolve, reject) => {
			calls.set(id, (answer) => {
				if ("value" in answer) resolve(answer.value);
				else reject(new Error(answer.error));
			});
			process.send({ id, name, args } satisfies Call);
		});
	}

	override async end(): Promise<void> {
		await super.end();
		rmSync(this.store, { recursive: true, force: true });
	}
}
