// The pure part of a message: decide, evolve, row, index, react, and the same for its receipt. No
// bytes, no mailbox, no store: what is left of the budget once these are paid is for them.

import { strict as assert } from "node:assert";
import { defaultConfig } from "../src/config.js";
import { type Conversation, initial } from "../src/domain/conversation.js";
import type { ConversationCommand } from "../src/domain/conversation-command.js";
import { decide } from "../src/domain/conversation-decide.js";
import { evolve } from "../src/domain/conversation-evolve.js";
import { index, messageRow } from "../src/domain/conversation-index.js";
import { react } from "../src/domain/conversation-react.js";
import type { Flags } from "./flags.js";
import { round } from "./histogram.js";
import { ownMicros } from "./machine.js";
import type { Figures } from "./table.js";
import { texts } from "./texts.js";

const sizes = [2, 32, 1_000];
/** Conversations taken in turn, so that a state is not always the one that is in the cache. */
const conversations = 64;
const rounds = 5;
const { sendWindow } = defaultConfig;

export async function domain(flags: Flags): Promise<Figures[]> {
	const seconds = flags.number("domain-seconds", 0.3);
	const only = flags.number("members", null);
	return (only === null ? sizes : [only]).flatMap((members) => {
		const bench = new Bench(members);
		return (["send", "receipt"] as const).map((what) => {
			const nsPerOp = bench.measure(what, seconds);
			const opsPerSecond = Math.round(1e9 / nsPerOp);
			bench.check();
			const faults = 0;
			return { name: `domain: ${what}`, parameters: { members }, opsPerSecond, nsPerOp, faults };
		});
	});
}

class Bench {
	private readonly states: Conversation[];
	private readonly users: string[];
	private readonly contents = texts(1_024, 100, null, 1);
	private readonly sent: number[];
	private readonly confirmed: number[];
	private turn = 0;
	/** Rows and effects made: looked at, so that nothing is left out as unused. */
	private made = 0;

	constructor(members: number) {
		this.users = Array.from({ length: members }, (_, i) => `user${i}`);
		this.states = Array.from({ length: conversations }, (_, i) => {
			const state = initial(members === 2 ? "user0~user1" : `group${i}`);
			const by = "user0";
			if (members === 2) apply(state, { type: "open", at: 1, by, members: this.users });
			else {
				const write = { outbox: outboxOf(0), n: 1, answered: 0, hash: 1 };
				const others = this.users.slice(1);
				const kind = "group" as const;
				const group = { kind, title: "", members: others, unknown: [] };
				apply(state, { type: "create", at: 1, by, write, ...group });
			}
			return state;
		});
		this.sent = this.states.map(() => (members === 2 ? 0 : 1));
		this.confirmed = this.states.map(() => 0);
	}

	/** CPU time in the fastest of several rounds: what else runs on the machine only ever adds. */
	measure(what: "send" | "receipt", seconds: number): number {
		let best = Number.POSITIVE_INFINITY;
		for (let at = 0; at < rounds; at += 1) {
			const end = performance.now() + (seconds * 1_000) / rounds;
			let count = 0;
			const from = ownMicros();
			while (performance.now() < end) {
				for (let i = 0; i < conversations; i += 1) this.step(what);
				count += conversations;
			}
			best = Math.min(best, ((ownMicros() - from) * 1_000) / count);
		}
		return round(best);
	}

	private step(what: "send" | "receipt"): void {
		const at = this.turn++ % conversations;
		const state = this.states[at] as Conversation;
		this.made += apply(state, what === "send" ? this.send(at) : this.receipt(at, state));
	}

	private send(at: number): ConversationCommand {
		const n = (this.sent[at] as number) + 1;
		this.sent[at] = n;
		const message = {
			id: new Uint8Array(8),
			contentType: "text/plain",
			content: this.contents[n % 1_024] as Buffer,
			replyTo: null,
			mentions: [],
			media: [],
			expiresAt: null,
			clientTime: null,
		};
		const answered = Math.max(0, n - (sendWindow >> 1));
		const write = { outbox: outboxOf(0), n, answered, hash: n };
		return { type: "send", at: n, by: "user0", write, message, seenUpTo: null };
	}

	/** One message further, by another member each time; a send makes room when all have it. */
	private receipt(at: number, state: Conversation): ConversationCommand {
		const others = this.users.length - 1;
		const turn = this.confirmed[at] as number;
		this.confirmed[at] = turn + 1;
		const seq = Math.floor(turn / others) + 1;
		if (seq > state.head) this.made += apply(state, this.send(at));
		const user = this.users[1 + (turn % others)] as string;
		const said = new Map([[user, { delivered: seq, seen: seq }]]);
		return { type: "receipts", at: turn, said };
	}

	check(): void {
		for (const [at, state] of this.states.entries()) {
			const created = this.users.length === 2 ? 0 : 1;
			assert.equal(state.head, (this.sent[at] as number) - created, "every send has its number");
		}
		assert.ok(this.made > 0);
	}
}

/** Everything the actor does with a wish but for bytes; gives how much came of it. */
function apply(state: Conversation, command: ConversationCommand): number {
	const decision = decide(state, command, defaultConfig);
	assert.equal(decision.type, "accepted");
	if (decision.type !== "accepted") return 0;
	const { event } = decision;
	evolve(state, event);
	const row = messageRow(state.position, event, null);
	const rows = index(state, event, row, null);
	return rows.length + react(state, event, row).length;
}

function outboxOf(device: number): string {
	return device.toString(16).padStart(32, "0");
}
