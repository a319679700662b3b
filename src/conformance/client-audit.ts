// What must hold for every byte of a client, whatever the situation.

import type { ClientFrame } from "../protocol/codec.js";
import type { ClientOp } from "../protocol/frames.js";
import { Rules } from "./check.js";
import type { Peer } from "./peer.js";
import { opcode, type RawFrame } from "./web-socket.js";

const rules = {
	upgrade: ["P-1.1", "upgrade of /v1, WebSocket version 13, offering colloquy.v1"],
	binary: ["P-1.3", "every message of the client is binary, masked, without reserved bits"],
	readable: ["P-2.1", "every message of the client is operations, every field lawful"],
	first: ["P-4.2", "nothing but hello before welcome"],
	numbers: ["P-5.3", "n of every write above answered, and within the window"],
	same: ["P-5.6", "a number is said again with the same bytes only"],
	requests: ["P-9.2", "no number of a request twice on a connection"],
} as const;

export class ClientAudit extends Rules<keyof typeof rules> {
	/** What every welcome of the kit says. */
	readonly window = 4;
	private readonly asked = new WeakMap<Peer, Set<number>>();
	private readonly outboxes = new WeakMap<Peer, string>();
	/** Outbox, conversation, number → fingerprint of the command. */
	private readonly writes = new Map<string, number>();

	constructor() {
		super(rules);
	}

	upgrade(request: string): void {
		const [line = ""] = request.split("\r\n");
		const lawful =
			/^GET (\/[^ ]*)?\/v1 HTTP\/1\.1$/.test(line) &&
			/^sec-websocket-version: *13\r$/im.test(request);
		if (!lawful) this.fault("upgrade", line);
		if (!/^sec-websocket-protocol:.*\bcolloquy\.v1\b/im.test(request)) {
			this.fault("upgrade", "colloquy.v1 is not offered");
		}
	}

	frame({ opcode: code, rsv, masked }: RawFrame): void {
		this.heard = true;
		if (code === opcode.text) this.fault("binary", "a text message");
		if (!masked) this.fault("binary", "a frame without a mask");
		if (rsv !== 0) this.fault("binary", "reserved bits");
	}

	message(peer: Peer, bytes: Buffer, frame: ClientFrame): void {
		if (!frame.ok) {
			this.fault("readable", `${frame.detail}: ${bytes.toString("hex", 0, 40)}`);
			return;
		}
		for (const op of frame.ops) {
			if (op.type === "invalid")
				this.fault("readable", `${op.op}: ${bytes.toString("hex", 0, 40)}`);
			else this.op(peer, op);
		}
	}

	private op(peer: Peer, op: ClientOp): void {
		if (op.type === "hello") {
			if (this.outboxes.has(peer)) this.fault("first", "a second hello");
			this.outboxes.set(peer, op.outbox);
		} else if (!this.outboxes.has(peer)) this.fault("first", `${op.type} before hello`);
		if (op.type === "write") this.write(peer, op);
		if (!("request" in op)) return;
		const asked = this.asked.get(peer) ?? new Set();
		this.asked.set(peer, asked);
		if (asked.has(op.request)) this.fault("requests", `${op.type} ${op.request}`);
		asked.add(op.request);
	}

	private write(peer: Peer, op: ClientOp & { readonly type: "write" }): void {
		const { conversation, n, answered, hash } = op;
		if (n <= answered || n > answered + this.window) {
			this.fault("numbers", `n ${n}, answered ${answered}`);
		}
		const key = `${this.outboxes.get(peer)} ${conversation} ${n}`;
		const before = this.writes.get(key);
		if (before !== undefined && before !== hash) this.fault("same", `n ${n}, other bytes`);
		this.writes.set(key, hash);
	}
}
