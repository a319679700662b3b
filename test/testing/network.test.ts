// The network under test, in front of a server that says back what it is told.

import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import t from "tap";
import { type Network, startNetwork } from "../../src/testing/index.js";

interface Stage {
	readonly network: Network;
	/** Connections that the server has. */
	readonly served: Set<Socket>;
	dial(): Promise<Peer>;
}

class Peer {
	heard = "";
	ended: "no" | "end" | "reset" = "no";
	constructor(readonly socket: Socket) {
		socket.on("data", (bytes) => {
			this.heard += String(bytes);
		});
		socket.on("end", () => {
			this.ended = "end";
		});
		socket.on("error", (error) => {
			if ((error as NodeJS.ErrnoException).code === "ECONNRESET") this.ended = "reset";
		});
	}

	async until(done: () => boolean): Promise<void> {
		for (let left = 200; !done(); left -= 1) {
			if (left === 0) throw new Error(`not in time; heard "${this.heard}", ${this.ended}`);
			await pause(10);
		}
	}
}

async function stage(t: { teardown(run: () => unknown): void }): Promise<Stage> {
	const served = new Set<Socket>();
	const server = createServer({ allowHalfOpen: true }, (socket) => {
		served.add(socket);
		socket.on("error", () => {});
		socket.on("close", () => served.delete(socket));
		socket.pipe(socket);
	});
	server.listen(0, "127.0.0.1");
	await once(server, "listening");
	const network = await startNetwork((server.address() as AddressInfo).port);
	t.teardown(async () => {
		await network.close();
		for (const socket of served) socket.destroy();
		server.close();
	});
	return {
		network,
		served,
		async dial() {
			const peer = new Peer(connect(network.port, "127.0.0.1"));
			// A refusal may be quicker than the connection.
			await once(peer.socket, "connect").catch(() => {});
			return peer;
		},
	};
}

t.test("what is said arrives whole and in order, and an end is an end", async (t) => {
	const { network, dial } = await stage(t);
	const peer = await dial();
	const text = "0123456789".repeat(400_000);
	peer.socket.write(text);
	await peer.until(() => peer.heard.length === text.length);
	t.ok(peer.heard === text);
	t.equal(network.connections, 1);
	peer.socket.end();
	await peer.until(() => peer.ended === "end");
	await peer.until(() => network.connections === 0);
});

t.test("drop cuts both ends and lets the next connection in", async (t) => {
	const { network, served, dial } = await stage(t);
	const peer = await dial();
	peer.socket.write("a");
	await peer.until(() => peer.heard === "a");
	network.drop();
	await peer.until(() => peer.ended === "reset" && served.size === 0);
	const next = await dial();
	next.socket.write("b");
	await next.until(() => next.heard === "b");
	next.socket.destroy();
});

t.test("down refuses until it is healed", async (t) => {
	const { network, served, dial } = await stage(t);
	network.down();
	const refused = await dial();
	await refused.until(() => refused.ended === "reset");
	t.equal(served.size, 0);
	network.heal();
	const peer = await dial();
	peer.socket.write("a");
	await peer.until(() => peer.heard === "a");
	peer.socket.destroy();
});

t.test(
	"a partition is silence: nothing passes, nothing ends, and all of it comes later",
	async (t) => {
		const { network, served, dial } = await stage(t);
		const peer = await dial();
		peer.socket.write("a");
		await peer.until(() => peer.heard === "a");
		network.partition();
		peer.socket.write("b");
		for (const socket of served) socket.end("the server's last word");
		const late = await dial();
		late.socket.write("c");
		await pause(60);
		t.strictSame([peer.heard, peer.ended, late.heard, late.ended], ["a", "no", "", "no"]);
		network.heal();
		await peer.until(() => peer.ended === "end");
		t.equal(peer.heard, "athe server's last word");
		await late.until(() => late.heard === "c");
		late.socket.destroy();
		peer.socket.destroy();
	},
);

t.test("a delay holds every byte so long, each way, and keeps the order", async (t) => {
	const { network, dial } = await stage(t);
	const peer = await dial();
	network.delay(40);
	const start = performance.now();
	for (const word of ["a", "b", "c"]) {
		peer.socket.write(word);
		await pause(5);
	}
	await peer.until(() => peer.heard.length === 3);
	const took = performance.now() - start;
	t.equal(peer.heard, "abc");
	t.ok(took >= 79 && took < 2_000, `${took} ms`);
	network.delay(0);
	peer.socket.end();
});

t.test("what nobody takes does not fill the memory", async (t) => {
	const { network, dial } = await stage(t);
	const peer = await dial();
	peer.socket.write("a");
	await peer.until(() => peer.heard === "a");
	network.partition();
	const chunk = Buffer.alloc(1_024 * 1_024);
	let sent = 0;
	while (sent < 64 && peer.socket.write(chunk)) sent += 1;
	for (let i = 0; i < 64; i += 1) peer.socket.write(chunk);
	await pause(200);
	// What the proxy holds and the system's buffers; the rest stays with the sender.
	t.ok(peer.socket.writableLength > 32 * chunk.length, `${peer.socket.writableLength} bytes`);
	network.heal();
	await peer.until(() => peer.heard.length > 32 * chunk.length);
	peer.socket.destroy();
});
