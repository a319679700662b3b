// Two explorers over one step function: seeded random walks, each run to quiescence at its end,
// and an exhaustive breadth-first search with state hashing. Both give a trace of what they find.

import { type Action, disturbances, progress, step } from "./actions.js";
import { broken, unsettled } from "./check.js";
import { cut } from "./client.js";
import type { Mutations, State } from "./state.js";

export interface Finding {
	rule: string;
	trace: Action[];
	seed?: number;
}

/** Steps that any state needs at most until nothing moves: past it, it is a livelock. */
const STEPS_MAX = 3000;

/** A small generator (mulberry32): the same seed is the same walk everywhere. */
export function random(seed: number): (below: number) => number {
	let a = seed >>> 0;
	return (below) => {
		a = (a + 0x6d2b79f5) >>> 0;
		let x = Math.imul(a ^ (a >>> 15), a | 1);
		x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
		return Math.floor((((x ^ (x >>> 14)) >>> 0) / 4294967296) * below);
	};
}

function checked(state: State, action: Action, m: Mutations): string | undefined {
	step(state, action, m);
	return broken(state);
}

/** Runs without disturbance until nothing moves; then everything must be in its place. */
export function quiesce(state: State, m: Mutations, trace: Action[] = []): string | undefined {
	for (let steps = 0; steps < STEPS_MAX; steps++) {
		const next = progress(state, m)[0];
		if (next === undefined) return unsettled(state);
		trace.push(next);
		const fault = checked(state, next, m);
		if (fault !== undefined) return fault;
	}
	return "livelock";
}

/** Quiescent as it is, and again after everyone reconnected: twice, so that marks may go. */
export function settle(state: State, m: Mutations, trace: Action[]): string | undefined {
	for (let round = 0; round < 3; round++) {
		const fault = quiesce(state, m, trace);
		if (fault !== undefined) return fault;
		for (const [index, device] of state.devices.entries()) {
			if (device.live === null) continue;
			trace.push(["cut", index]);
			cut(state, device);
		}
	}
	return remaining(state);
}

/** Everyone was level, twice: a mark that is still there would be paid for for ever. */
function remaining(state: State): string | undefined {
	const alive = new Set(state.devices.map((device) => device.disk.device));
	for (const [user, devices] of Object.entries(state.server.disk.users)) {
		if (Object.keys(devices).some((name) => !alive.has(name))) continue;
		for (const conversation of Object.values(state.server.disk.conversations)) {
			if (conversation.marks[user]) return "a mark never goes";
		}
	}
	return undefined;
}

export interface Walks {
	seeds: number;
	steps: number;
	first?: number;
	/** A disturbance happens once in so many steps. */
	odds?: number;
}

export function walks(make: () => State, m: Mutations, plan: Walks): Finding | undefined {
	const first = plan.first ?? 1;
	for (let seed = first; seed < first + plan.seeds; seed++) {
		const state = make();
		const pick = random(seed);
		const trace: Action[] = [];
		for (let i = 0; i < plan.steps; i++) {
			const own = progress(state, m);
			const others = disturbances(state);
			// Disturbances are many: without a bias nothing would get far enough to be worth disturbing.
			const from =
				own.length === 0 || (others.length > 0 && pick(plan.odds ?? 4) === 0) ? others : own;
			const action = from[pick(from.length)];
			if (action === undefined) break;
			trace.push(action);
			const rule = checked(state, action, m);
			if (rule !== undefined) return { rule, trace, seed };
		}
		const rule = settle(state, m, trace);
		if (rule !== undefined) return { rule, trace, seed };
	}
	return undefined;
}

export interface Bounds {
	depth: number;
	states: number;
}

export interface Searched {
	finding: Finding | undefined;
	states: number;
	complete: boolean;
}

interface Node {
	text: string;
	action: Action | undefined;
	parent: Node | undefined;
}

function path(node: Node | undefined): Action[] {
	const actions: Action[] = [];
	for (let at = node; at !== undefined; at = at.parent) if (at.action) actions.unshift(at.action);
	return actions;
}

/** Every state within the bounds, each checked, and each run to quiescence. */
export function search(start: State, m: Mutations, bounds: Bounds): Searched {
	let level: Node[] = [{ text: JSON.stringify(start), action: undefined, parent: undefined }];
	const seen = new Set<number>([hash(must(level[0]).text)]);
	for (let depth = 0; depth < bounds.depth && level.length > 0; depth++) {
		const next: Node[] = [];
		for (const node of level) {
			const state = JSON.parse(node.text) as State;
			const trace = path(node);
			const rule = settle(state, m, trace);
			if (rule !== undefined)
				return { finding: { rule, trace }, states: seen.size, complete: false };
			const finding = expand(node, m, seen, next);
			if (finding !== undefined) return { finding, states: seen.size, complete: false };
			if (seen.size > bounds.states) {
				return { finding: undefined, states: seen.size, complete: false };
			}
		}
		level = next;
	}
	return { finding: undefined, states: seen.size, complete: level.length === 0 };
}

function expand(node: Node, m: Mutations, seen: Set<number>, next: Node[]): Finding | undefined {
	const from = JSON.parse(node.text) as State;
	for (const action of [...progress(from, m), ...disturbances(from)]) {
		const state = JSON.parse(node.text) as State;
		const rule = checked(state, action, m);
		if (rule !== undefined) return { rule, trace: [...path(node), action] };
		const text = JSON.stringify(state);
		const key = hash(text);
		if (seen.has(key)) continue;
		seen.add(key);
		next.push({ text, action, parent: node });
	}
	return undefined;
}

function must(node: Node | undefined): Node {
	if (node === undefined) throw new Error("model: no state to start from");
	return node;
}

/** 53 bits of a string (cyrb53): a set of numbers costs a tenth of a set of states. */
function hash(text: string): number {
	let a = 0xdeadbeef;
	let b = 0x41c6ce57;
	for (let i = 0; i < text.length; i++) {
		const code = text.charCodeAt(i);
		a = Math.imul(a ^ code, 2654435761);
		b = Math.imul(b ^ code, 1597334677);
	}
	a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909);
	b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909);
	return 4294967296 * (2097151 & b) + (a >>> 0);
}
