// What must hold for every byte of a server, whatever the situation: looked at on all connections
// of a run, and told as findings of their own at its end.

import { describe } from "../base/errors.js";
import { conversationId } from "../base/ids.js";
import { decodeServerFrame, encodeServerFrame } from "../protocol/codec.js";
import { type ClientOp, opCode, type ServerOp } from "../protocol/frames.js";
import { Reader } from "../protocol/reader.js";
import { scan } from "../protocol/scan.js";
import { Rules } from "./check.js";
import { opcode, type RawFrame } from "./web-socket.js";

const rules = {
	rsv: ["P-1.2", "reserved bits of every frame of the server"],
	binary: ["P-1.3", "every message of the server is binary"],
	readable: ["P-2.1", "every message of the server is operations, back to back"],
	canonical: ["P-2.7", "every message of the server is in the canonical form"],
	known: ["P-11.1", "every operation of the server is one of the page"],
	outcomes: ["P-5.5", "writes get one outcome for each time they are said"],
	results: ["P-9.2", "requests get one result or error"],
	order: ["P-6.3", "pushes of a connection continue each other, each told once"],
	closing: ["P-14.1", "close code after a goodbye"],
} as const;

type Rule = keyof typeof rules;

const serverCodes: ReadonlySet<number> = new Set(
	Object.values(opCode).filter((code) => code >= 64),
);

export class Audit extends Rules<Rule> {
	constructor() {
		super(rules);
	}

	/** Looks at a message; gives the operations that the page knows. */
	message(bytes: Uint8Array): ServerOp[] {
		const codes = codesOf(bytes);
		const unknown = codes.filter((code) => !serverCodes.has(code));
		for (const code of unknown) this.fault("known", `operation ${code}`);
		const frame = decodeServerFrame(bytes);
		if (!frame.ok) {
			this.fault("readable", `${frame.detail}: ${Buffer.from(bytes).toString("hex", 0, 40)}`);
			return [];
		}
		if (unknown.length === 0 && !sameBytes(bytes, written(frame.ops))) {
			this.fault("canonical", Buffer.from(bytes).toString("hex", 0, 60));
		}
		return frame.ops;
	}

	frame({ opcode: code, rsv }: RawFrame): void {
		this.heard = true;
		if (rsv !== 0) this.fault("rsv", `bits ${rsv.toString(16)}`);
		if (code === opcode.text) this.fault("binary", "a text message");
	}
}

/** Null for what this page has no way to write, such as a change of a number it does not know. */
function written(ops: readonly ServerOp[]): Uint8Array | null {
	try {
		return encodeServerFrame(ops);
	} catch {
		return null;
	}
}

function sameBytes(one: Uint8Array, other: Uint8Array | null): boolean {
	return other !== null && Buffer.compare(one, other) === 0;
}

function codesOf(bytes: Uint8Array): number[] {
	const starts: { at: number[]; count: number } = { at: [], count: 0 };
	if (scan(bytes, bytes.length, starts) !== null) return [];
	const reader = new Reader();
	return starts.at.slice(0, starts.count).map((at) => {
		reader.start(bytes, at);
		reader.array();
		return reader.uint();
	});
}

/** Whatever the spelling of the conversation: a server says the normal form. */
function writeKey(conversation: string | null, n: number): string {
	return `${conversation === null ? "" : (conversationId(conversation) ?? conversation)} ${n}`;
}

/** The rules that concern one connection: what was asked, what was told. */
export class ConnectionAudit {
	private readonly audit: Audit;
	private readonly writes = new Map<string, number>();
	private readonly requests = new Set<number>();
	private readonly replied = new Set<number>();
	/** Conversation → what the last push or answer moved the device to. */
	private readonly told = new Map<string, { position: number; last: string }>();
	private user = "";
	private goodbye: (ServerOp & { readonly type: "goodbye" }) | null = null;

	constructor(audit: Audit) {
		this.audit = audit;
	}

	said(op: ClientOp | { readonly type: string }): void {
		if (op.type === "write") {
			const { conversation, n } = op as { conversation: string | null; n: number };
			const key = writeKey(conversation, n);
			this.writes.set(key, (this.writes.get(key) ?? 0) + 1);
		} else if ("request" in op) this.requests.add(op.request as number);
	}

	heard(op: ServerOp): void {
		if (op.type === "welcome") this.user = op.user;
		else if (op.type === "goodbye") this.goodbye = op;
		else if (op.type === "marks") this.told.clear();
		else if (op.type === "answer" || op.type === "refused") this.outcome(op);
		else if (op.type === "result") this.reply(op.request);
		else if (op.type === "error" && op.request !== null) this.reply(op.request);
		if (op.type === "answer" && op.conversation !== null) {
			this.moved(op.conversation, op.from, op.position, null);
		} else if (op.type === "message") {
			this.moved(op.conversation, op.from, op.message.position, `message ${op.message.seq}`);
		} else if (op.type === "skip" || op.type === "status" || op.type === "changed") {
			this.moved(op.conversation, op.from, op.position, op.type);
			const { change } = op as Partial<ServerOp & { readonly type: "changed" }>;
			// What happened while one was out comes by a pull [P-6.10].
			if (change?.type === "removed" && change.users.includes(this.user)) {
				this.told.delete(op.conversation);
			}
		}
	}

	closed(code: number | null): void {
		if (this.goodbye === null || code === null) return;
		const row = describe(this.goodbye.code);
		const lawful = row.close ?? (row.retryable ? 4012 : 4500);
		const also = `${this.goodbye.code} ${code}`;
		if (also === "DRAINING 1001" || also === "PROTOCOL 1008") return;
		if (code !== lawful) this.audit.fault("closing", `${code} after ${this.goodbye.code}`);
	}

	private outcome(op: ServerOp & { readonly type: "answer" | "refused" }): void {
		const key = writeKey(op.conversation, op.n);
		const open = this.writes.get(key);
		// Bytes said by hand are not known here.
		if (open === undefined) return;
		if (open === 0) this.audit.fault("outcomes", `${op.type} ${op.n} once more`);
		else this.writes.set(key, open - 1);
	}

	private reply(request: number): void {
		// A number that is not open: asked by hand, or answered before.
		if (this.requests.delete(request)) this.replied.add(request);
		else if (this.replied.has(request)) this.audit.fault("results", `${request} once more`);
	}

	private moved(conversation: string, from: number, position: number, push: string | null): void {
		const before = this.told.get(conversation);
		const known = before?.position ?? position;
		if (push !== null && before !== undefined) {
			if (from > known) this.audit.fault("order", `${push} from ${from}, told up to ${known}`);
			// A receipt said with a send stands at the same position as the message [P-5.11].
			else if (position < known) this.audit.fault("order", `${push} at ${position} after ${known}`);
			else if (position === known && push === before.last) {
				this.audit.fault("order", `${push} at ${position} twice`);
			}
		}
		const last = push ?? before?.last ?? "";
		this.told.set(conversation, { position: Math.max(known, position), last });
	}
}
