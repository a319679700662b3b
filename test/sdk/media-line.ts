// A network between a client and a server for tests of transfers: it counts bytes, calls when so
// many have passed, cuts all connections, and can damage what comes back.

import { rmSync } from "node:fs";
import { type AddressInfo, createServer, connect as dial, type Socket } from "node:net";
import type { Test } from "tap";
import { connect } from "../../src/sdk/index.js";
import { tempFolder } from "../helpers/server-process.js";
import { tokenFor } from "../helpers/wire-client.js";
import { connected, Party } from "./party.js";

export const MB = 1_048_576;

export class MediaLine {
	/** Bytes from the client, and to it. */
	up = 0;
	down = 0;
	/** Called with each piece, before it goes on; true: it is thrown away and everything is cut. */
	onUp: (up: number) => boolean = () => false;
	onDown: (down: number) => boolean = () => false;
	damage: (bytes: Buffer) => void = () => {};
	private readonly sockets = new Set<Socket>();
	private readonly server = createServer((client) => this.accept(client));

	private constructor(private readonly target: () => number) {}

	/** `target`: the server's port, asked for each connection. */
	static async open(t: Test, target: () => number): Promise<MediaLine> {
		const line = new MediaLine(target);
		await new Promise<void>((resolve) => line.server.listen(0, "127.0.0.1", resolve));
		t.teardown(() => {
			line.cut();
			line.server.close();
		});
		return line;
	}

	get url(): string {
		return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
	}

	cut(): void {
		for (const socket of this.sockets) socket.destroy();
	}

	private accept(client: Socket): void {
		const server = dial(this.target(), "127.0.0.1");
		for (const socket of [client, server]) {
			this.sockets.add(socket);
			socket.on("error", () => {});
			socket.on("close", () => {
				this.sockets.delete(socket);
				client.destroy();
				server.destroy();
			});
		}
		client.on("data", (bytes) => {
			this.up += bytes.length;
			if (this.onUp(this.up)) this.cut();
			else this.pass(bytes, client, server);
		});
		server.on("data", (bytes) => {
			this.down += bytes.length;
			this.damage(bytes);
			if (this.onDown(this.down)) this.cut();
			else this.pass(bytes, server, client);
		});
	}

	private pass(bytes: Buffer, from: Socket, to: Socket): void {
		if (to.write(bytes)) return;
		from.pause();
		to.once("drain", () => from.resume());
	}
}

export function folderOf(t: Test): string {
	const folder = tempFolder();
	t.teardown(() => rmSync(folder, { recursive: true, force: true }));
	return folder;
}

/** Ann on a line that can be cut, bob on a good one, and their conversation. */
export async function onLine(t: Test) {
	const party = await Party.start(t);
	const line = await MediaLine.open(t, () => Number(new URL(party.url).port));
	const { bob, talk } = await party.pair();
	const token = await tokenFor(party.data, "ann");
	const ann = connect({ url: line.url, token: () => token });
	ann.on("error", () => {});
	t.teardown(() => ann.close());
	await connected(ann);
	return { party, line, ann, bob, talk };
}
