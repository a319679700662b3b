// A network that a test can break: a TCP proxy on the loopback in front of any server. What passes
// is bytes, so whatever speaks to the server can be tested: our clients, those of others, browsers.

import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { systemClock, type Timer } from "../base/clock.js";

export interface Network {
	readonly port: number;
	/** `http://127.0.0.1:<port>`, which SDKs of ours take as it is. */
	readonly url: string;
	/** Connections that clients have through here. */
	readonly connections: number;
	/** Cuts every connection, as a phone that changes its network does. New ones are let in. */
	drop(): void;
	/** Cuts every connection and refuses new ones, until `heal`. */
	down(): void;
	/** Nothing passes and nobody is told: connections stay, in silence, until `heal`. */
	partition(): void;
	/** Ends `down` and `partition`; what was held back arrives now. */
	heal(): void;
	/** Every byte arrives so much later, in both directions. 0: at once. Units: ms. */
	delay(ms: number): void;
	/** Cuts every connection and listens no more. */
	close(): Promise<void>;
}

/** The port of the server behind, asked at each connection; null: nobody is there. */
export type Target = () => number | null;

/** What is held for a peer that takes nothing; the rest waits where it comes from. */
const heldBytesMax = 1_024 * 1_024;
const host = "127.0.0.1";

/**
 * Puts a network in front of a server of this machine.
 *
 * Errors: those of `net`, EADDRINUSE when `port` is given and taken.
 */
export async function startNetwork(target: number | Target, port = 0): Promise<Network> {
	const server = createServer({ allowHalfOpen: true, noDelay: true });
	server.listen(port, host);
	await once(server, "listening");
	return new LoopbackNetwork(server, typeof target === "number" ? () => target : target);
}

class LoopbackNetwork implements Network {
	readonly port: number;
	readonly url: string;
	delayMs = 0;
	private state: "up" | "down" | "partitioned" = "up";
	private readonly lines = new Set<Line>();

	constructor(
		private readonly server: Server,
		readonly target: Target,
	) {
		this.port = (server.address() as AddressInfo).port;
		this.url = `http://${host}:${this.port}`;
		server.on("connection", (client) => this.accept(client));
	}

	get passing(): boolean {
		return this.state !== "partitioned";
	}

	get connections(): number {
		return this.lines.size;
	}

	drop(): void {
		for (const line of this.lines) line.cut();
	}

	down(): void {
		this.state = "down";
		this.drop();
	}

	partition(): void {
		this.state = "partitioned";
	}

	heal(): void {
		this.state = "up";
		for (const line of this.lines) line.pass();
	}

	delay(ms: number): void {
		this.delayMs = ms;
	}

	async close(): Promise<void> {
		const closed = new Promise((resolve) => this.server.close(resolve));
		this.down();
		await closed;
	}

	private accept(client: Socket): void {
		const line = new Line(this, client);
		this.lines.add(line);
		client.on("close", () => this.lines.delete(line));
		// Listening goes on while nobody is let in: a port that is given up may be another's next.
		if (this.state === "down") line.cut();
		else line.pass();
	}
}

/** One connection of a client, and ours to the server that belongs to it. */
class Line {
	private ways: readonly Way[] = [];
	private server: Socket | null = null;

	constructor(
		private readonly network: LoopbackNetwork,
		private readonly client: Socket,
	) {
		client.on("error", ignore);
	}

	/** Lets through what may pass by now. */
	pass(): void {
		if (this.server === null && this.network.passing) this.connect();
		for (const way of this.ways) way.pass();
	}

	cut(): void {
		this.client.resetAndDestroy();
		this.server?.resetAndDestroy();
	}

	private connect(): void {
		const port = this.network.target();
		if (port === null) {
			this.cut();
			return;
		}
		this.server = connect({ port, host, allowHalfOpen: true, noDelay: true });
		this.server.on("error", ignore);
		this.ways = [
			new Way(this.network, this.client, this.server),
			new Way(this.network, this.server, this.client),
		];
	}
}

type Held = {
	readonly what: Buffer | "end" | "reset";
	/** On the system's monotonic clock. */
	readonly dueAt: number;
};

/** One direction: what came, in order, until it may arrive. */
class Way {
	private readonly held: Held[] = [];
	private heldBytes = 0;
	private timer: Timer | null = null;

	constructor(
		private readonly network: LoopbackNetwork,
		private readonly from: Socket,
		private readonly to: Socket,
	) {
		from.on("data", (bytes: Buffer) => this.take(bytes));
		from.on("end", () => this.take("end"));
		from.on("close", (broken) => {
			if (broken || !from.readableEnded) this.take("reset");
		});
		to.on("drain", () => this.pass());
	}

	pass(): void {
		this.timer?.cancel();
		while (this.network.passing && !this.to.writableNeedDrain) {
			const [first] = this.held;
			if (first === undefined) break;
			const waitMs = first.dueAt - systemClock.monotonic();
			if (waitMs > 0) {
				this.timer = systemClock.after(waitMs, () => this.pass());
				break;
			}
			this.held.shift();
			this.arrive(first.what);
		}
		if (this.heldBytes <= heldBytesMax) this.from.resume();
	}

	private take(what: Held["what"]): void {
		this.held.push({ what, dueAt: systemClock.monotonic() + this.network.delayMs });
		if (typeof what !== "string") this.heldBytes += what.length;
		if (this.heldBytes > heldBytesMax) this.from.pause();
		this.pass();
	}

	private arrive(what: Held["what"]): void {
		if (what === "reset") this.to.resetAndDestroy();
		else if (what === "end") this.to.end();
		else {
			this.heldBytes -= what.length;
			this.to.write(what);
		}
	}
}

/** What broke is told by the close that follows. */
function ignore(): void {}
