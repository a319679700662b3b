// Random steps: small numbers that are read against the world as it is when they are taken, so that
// most of them mean something and every prefix and subset of a history is one, too.

import fc from "fast-check";
import type { ConversationCommand } from "../../src/domain/conversation-command.js";
import type { Role, Write } from "../../src/domain/event.js";
import { text } from "./words.js";
import type { World } from "./world.js";

export interface Step {
	readonly do: string;
	readonly who: number;
	readonly whom: number;
	readonly n: number;
}

const users = ["ann", "bob", "cat", "dan"];
const roles: readonly Role[] = ["owner", "admin", "member"];

/** How often each is tried, against one another. */
const weights: Readonly<Record<string, number>> = {
	send: 8,
	sendSeen: 3,
	sendExpiring: 2,
	edit: 2,
	delete: 1,
	hide: 1,
	react: 2,
	add: 3,
	remove: 2,
	leave: 1,
	join: 1,
	link: 1,
	role: 2,
	describe: 1,
	mute: 2,
	block: 3,
	receipts: 8,
	receiptsOfTwo: 3,
	expire: 1,
	level: 5,
	again: 3,
	crash: 3,
	snapshot: 1,
	twin: 1,
};

const step: fc.Arbitrary<Step> = fc.record({
	do: fc.oneof(
		...Object.entries(weights).map(([name, weight]) => ({
			arbitrary: fc.constant(name),
			weight,
		})),
	),
	who: fc.nat({ max: users.length - 1 }),
	whom: fc.nat({ max: users.length - 1 }),
	n: fc.nat({ max: 11 }),
});

export function steps(most: number): fc.Arbitrary<Step[]> {
	return fc.array(step, { minLength: most / 2, maxLength: most, size: "max" });
}

/** The first step of each kind of history. */
export function begin(world: World, kind: "direct" | "group" | "channel"): void {
	if (kind === "direct") {
		world.decide({ type: "open", at: 1, by: "ann", members: ["ann", "bob"] });
		return;
	}
	const wish = { type: "create" as const, at: 1, by: "ann", kind, title: kind };
	world.write("ann", (write) => ({ ...wish, write, members: ["bob", "cat"], unknown: [] }));
}

type Act = (world: World, step: Step, at: number, by: string, other: string) => void;

const acts: Readonly<Record<string, Act>> = {
	crash: (world) => world.crash(),
	snapshot: (world) => world.snapshot(),
	twin: (world) => world.restoreTwin(),
	again: (world, { n, whom }, _at, by) => world.again(by, n, whom === 0),
	receipts: (world, { n, whom }, at, by) => say(world, at, [[by, n, whom]]),
	receiptsOfTwo: (world, { n, who, whom }, at, by, other) =>
		say(world, at, [
			[by, n, whom],
			[other, n, who],
		]),
	// Where a device may stand: mostly at the end, sometimes behind.
	level(world, { n }, at, by) {
		const position = (world.told.get(by) ?? 0) - Math.max(0, n - 6);
		world.decide({ type: "level", at, user: by, position });
	},
	expire(world, { n, whom }, at) {
		const seq = 1 + (n % Math.max(1, world.state.head));
		const row = world.store.messages.get(seq) ?? null;
		world.decide({ type: "expire", at: at + 10 * whom, seq, row });
	},
};

export function take(world: World, step: Step, at: number): void {
	// Strangers to a direct conversation only learn that it is unknown: not worth half the steps.
	const direct = world.state.kind === "direct" && step.n > 0;
	const by = users[direct ? step.who % 2 : step.who] as string;
	const other = users[direct ? step.whom % 2 : step.whom] as string;
	const act = acts[step.do];
	if (act !== undefined) act(world, step, at, by, other);
	else world.write(by, (write) => wish(world, step, { at, by, write }, other), step.n % 3);
}

type Base = { readonly at: number; readonly by: string; readonly write: Write };

function wish(world: World, step: Step, base: Base, other: string): ConversationCommand {
	const { head } = world.state;
	const seq = Math.max(1, head - (step.n % 4));
	const row = world.store.messages.get(seq) ?? null;
	const message = text(`at ${base.at}`);
	switch (step.do) {
		case "sendSeen":
			return { ...base, type: "send", message, seenUpTo: Math.max(0, head - step.whom) };
		case "sendExpiring": {
			const expiring = { ...message, expiresAt: base.at + 5 + step.n };
			return { ...base, type: "send", message: expiring, seenUpTo: null };
		}
		case "edit":
			return { ...base, type: "edit", seq, message, row };
		case "delete":
		case "hide":
			return { ...base, type: step.do, seq, row };
		case "react": {
			const had = world.store.reactions.has(`${seq}/${base.by}`);
			return { ...base, type: "react", seq, emoji: step.whom === 0 ? null : "+", had, row };
		}
		case "add":
			return { ...base, type: "add", users: [other, "bob"].slice(step.n % 2), unknown: [] };
		case "remove":
			return { ...base, type: "remove", users: [other] };
		case "leave":
			return { ...base, type: "leave" };
		case "join":
			return { ...base, type: "join", link: "link" };
		case "link":
			return { ...base, type: "link", link: step.n === 0 ? null : "link" };
		case "role":
			return { ...base, type: "role", user: other, role: roles[step.n % 3] as Role };
		case "describe":
			return { ...base, type: "describe", title: "new", picture: null, description: null };
		case "mute":
			return { ...base, type: "mute", until: step.n };
		case "block":
			return { ...base, type: "block", on: step.n % 2 === 0 };
		default:
			return { ...base, type: "send", message, seenUpTo: null };
	}
}

/** What the gathered receipts say: delivered some way back from the end, seen somewhere near. */
function say(world: World, at: number, all: readonly [string, number, number][]): void {
	const said = new Map<string, { delivered: number; seen: number }>();
	for (const [user, n, which] of all) {
		const seq = world.state.head - (n % 4);
		if (world.rules.checkReceipt(world.state, user, seq).type === "rejected") continue;
		const delivered = which === 3 ? 0 : seq;
		said.set(user, { delivered, seen: which > 0 ? seq : 0 });
	}
	world.decide({ type: "receipts", at, said });
}
