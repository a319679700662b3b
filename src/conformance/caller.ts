// A client that says exactly what a check tells it to, and waits with a bound for what comes.
// Nothing is retried, stored or confirmed by itself.

import { systemClock } from "../base/clock.js";
import { encodeClientFrame, type SaidOp } from "../protocol/codec.js";
import type { Result, ServerOp, WriteCommand } from "../protocol/frames.js";
import { type Audit, ConnectionAudit } from "./audit.js";
import { unhex, utf8 } from "./bytes.js";
import type { Person } from "./people.js";
import type { RawSocket } from "./raw-socket.js";
import { Waiting } from "./waiting.js";
import { opcode } from "./web-socket.js";

export type OpOf<T extends ServerOp["type"]> = Extract<ServerOp, { readonly type: T }>;
type Command<T extends WriteCommand["type"]> = Extract<WriteCommand, { readonly type: T }>;
type Asked = SaidOp & { readonly request: number };
type Unnumbered<R = Asked> = R extends Asked ? Omit<R, "request"> : never;

export interface CallerParts {
	readonly url: URL;
	readonly audit: Audit;
	/** How long anything may take to come. */
	readonly withinMs: number;
}

export interface Identity {
	readonly person: Person;
	readonly device: string;
	readonly outbox: string;
	readonly accepted: number;
	readonly offered: number;
}

export function randomHex(bytes: number): string {
	return Buffer.from(systemClock.randomBytes(bytes)).toString("hex");
}

export class Caller extends Waiting {
	/** Everything heard and not taken yet, in order. */
	readonly heard: ServerOp[] = [];
	/** Messages as they came. */
	readonly messages: Buffer[] = [];
	readonly socket: RawSocket;
	readonly identity: Identity;
	pings = 0;
	private readonly openedAt = systemClock.monotonic();
	private readonly parts: CallerParts;
	private readonly ear: ConnectionAudit;
	private readonly numbers = new Map<string | null, number>();
	private requests = 0;
	private fragments: Buffer[] = [];
	private welcomed: OpOf<"welcome"> | null = null;

	constructor(socket: RawSocket, identity: Identity, parts: CallerParts) {
		super();
		this.socket = socket;
		this.identity = identity;
		this.parts = parts;
		this.ear = new ConnectionAudit(parts.audit);
		socket.onFrame = (frame) => {
			parts.audit.frame(frame);
			if (frame.opcode === opcode.ping) this.pings += 1;
			if (frame.opcode <= opcode.binary) {
				this.fragments.push(frame.payload);
				if (frame.fin) this.arrived(Buffer.concat(this.fragments.splice(0)));
			}
			this.wake();
		};
		socket.onEnd = () => {
			this.ear.closed(socket.closed);
			this.wake();
		};
	}

	get secondsOpen(): number {
		return Math.round((systemClock.monotonic() - this.openedAt) / 1_000);
	}

	get me(): string {
		return this.identity.person.user;
	}

	/** What a device has stored by now [P-4.4]. */
	get stored(): Identity {
		const { current, generation } = this.welcome;
		return { ...this.identity, accepted: current, offered: generation };
	}

	get welcome(): OpOf<"welcome"> {
		if (this.welcomed === null) throw new Error("no welcome came");
		return this.welcomed;
	}

	/** Several operations in one message. */
	say(...ops: readonly SaidOp[]): void {
		for (const op of ops) this.ear.said(op);
		this.socket.message(encodeClientFrame(ops));
	}

	/** A message as hex digits. */
	sayHex(hex: string): void {
		this.socket.message(unhex(hex));
	}

	hello(changes: { readonly version?: number; readonly token?: string } = {}): void {
		this.say(this.helloOp(changes));
	}

	helloOp(changes: { readonly version?: number; readonly token?: string } = {}): SaidOp {
		const { device, accepted, offered, outbox, person } = this.identity;
		const { version = 1, token = person.token } = changes;
		const names = { device, accepted, offered, outbox, client: "conformance" };
		return { type: "hello", version, token, ...names };
	}

	/** Hello, welcome, ready; `listed` too for a fresh device, so that pushes and marks come. */
	async begin(listed = true): Promise<this> {
		this.hello();
		const { generation, fresh } = await this.next("welcome");
		this.say({ type: "ready", generation });
		if (listed && fresh) this.say({ type: "listed" });
		if (listed || !fresh) await this.marks();
		return this;
	}

	/** All pages of the marks. */
	async marks(): Promise<OpOf<"marks">["marks"]> {
		const all = [];
		for (;;) {
			const { marks, last } = await this.next("marks");
			all.push(...marks);
			if (last) return all;
		}
	}

	/** The outcome of a write with the next number of this conversation. */
	async outcome(conversation: string | null, command: WriteCommand) {
		const n = (this.numbers.get(conversation) ?? 0) + 1;
		this.numbers.set(conversation, n);
		this.write(conversation, n, n - 1, command);
		return this.decided(n);
	}

	write(conversation: string | null, n: number, answered: number, command: WriteCommand): void {
		this.say({ type: "write", conversation, n, answered, command });
	}

	/** What comes for number `n`; in a check one conversation is written to at a time. */
	async decided(n: number): Promise<OpOf<"answer" | "refused">> {
		return (await this.match(
			(op) => (op.type === "answer" || op.type === "refused") && op.n === n,
			`an outcome of write ${n}`,
		)) as OpOf<"answer" | "refused">;
	}

	/** As `outcome`, in the words of a table: `ok` or the code. */
	async tried(conversation: string | null, command: WriteCommand): Promise<string> {
		const op = await this.outcome(conversation, command);
		return op.type === "answer" ? "ok" : op.code;
	}

	/** A write that only sets the scene. Errors: the refusal. */
	async do(conversation: string | null, command: WriteCommand): Promise<OpOf<"answer">> {
		const op = await this.outcome(conversation, command);
		if (op.type === "answer") return op;
		throw new Error(`${command.type} was refused: ${op.code}`);
	}

	send(conversation: string, content = "hi", more: Partial<Command<"send">> = {}) {
		return this.do(conversation, sendOf(content, more));
	}

	/** The result or error of a request. */
	async ask(request: Unnumbered): Promise<OpOf<"result" | "error">> {
		this.requests += 1;
		const number = this.requests;
		this.say({ ...request, request: number } as SaidOp);
		return (await this.match(
			(op) => (op.type === "result" || op.type === "error") && op.request === number,
			`a result of ${request.type}`,
		)) as OpOf<"result" | "error">;
	}

	/** A request that only sets the scene. Errors: the error. */
	async result<T extends Result["type"]>(
		request: Unnumbered & { readonly type: T },
	): Promise<Extract<Result, { readonly type: T }>> {
		const op = await this.ask(request);
		if (op.type === "error") throw new Error(`${request.type}: ${op.code}`);
		if (op.result.type !== request.type) throw new Error(`a result of ${op.result.type}`);
		return op.result as Extract<Result, { readonly type: T }>;
	}

	/** As `ask`, in the words of a table: `ok` or the code. */
	async asked(request: Unnumbered): Promise<string> {
		const op = await this.ask(request);
		return op.type === "result" ? "ok" : op.code;
	}

	async open(user: string): Promise<string> {
		return (await this.result({ type: "open", user })).conversation;
	}

	/** Everything of the conversation from a position on. */
	async pull(conversation: string, position = 0) {
		const items = [];
		let until: number | null = null;
		for (let at = position; ; ) {
			const page: Extract<Result, { readonly type: "pull" }> = await this.result({
				type: "pull",
				conversation,
				position: at,
				until,
				limit: 1_000,
				fresh: false,
			});
			items.push(...page.items);
			if (page.done) return items;
			at = page.position;
			until = page.until;
		}
	}

	history(conversation: string, before: number | null = null, limit = 100) {
		return this.result({ type: "history", conversation, before, limit });
	}

	next<T extends ServerOp["type"]>(type: T): Promise<OpOf<T>> {
		return this.match((op) => op.type === type, `a ${type}`) as Promise<OpOf<T>>;
	}

	/** The first operation heard that is wanted; it is taken. Errors: none in time; the end. */
	async match(
		wants: (op: ServerOp) => boolean,
		what: string,
		withinMs = this.parts.withinMs,
	): Promise<ServerOp> {
		await this.until(
			() => this.heard.some(wants) || this.socket.ended,
			withinMs,
			() => `${what} did not come`,
		);
		const at = this.heard.findIndex(wants);
		if (at < 0) throw new Error(`${what} did not come: ${this.ending()}`);
		return this.heard.splice(at, 1)[0] as ServerOp;
	}

	/** How the connection ends: `goodbye CODE, close 4500`, `close 1009`, `cut`. */
	async end(withinMs = this.parts.withinMs): Promise<string> {
		await this.until(
			() => this.socket.ended,
			withinMs,
			() => "still open",
		);
		return this.ending();
	}

	/** Waits for a moment, and gives what came meanwhile and before. */
	async quiet(forMs = 150): Promise<ServerOp[]> {
		await this.result({ type: "ping" });
		await this.wait(forMs);
		await this.result({ type: "ping" });
		return this.heard.splice(0);
	}

	private ending(): string {
		const goodbye = this.heard.find((op) => op.type === "goodbye");
		const { closed } = this.socket;
		if (goodbye !== undefined) return `goodbye ${goodbye.code}, close ${closed ?? "none"}`;
		return closed === null ? "cut" : `close ${closed}`;
	}

	private arrived(bytes: Buffer): void {
		this.messages.push(bytes);
		for (const op of this.parts.audit.message(bytes)) {
			if (op.type === "welcome") this.welcomed = op;
			this.ear.heard(op);
			this.heard.push(op);
		}
	}
}

/** A text message as a command. */
export function sendOf(content = "hi", more: Partial<Command<"send">> = {}): WriteCommand {
	return {
		type: "send",
		id: systemClock.randomBytes(8),
		contentType: "text/plain",
		content: utf8(content),
		replyTo: null,
		mentions: [],
		media: [],
		ttlMs: null,
		clientTime: null,
		seenUpTo: null,
		...more,
	};
}

export function editOf(seq: number, content = "edited"): WriteCommand {
	const { id, contentType, replyTo, mentions, media } = sendOf() as Command<"send">;
	const body = { id, contentType, content: utf8(content), replyTo, mentions, media };
	return { type: "edit", seq, ...body };
}
