// Where exploration begins: who takes part, and how often each disturbance may happen.

import { cut, freshStorage } from "./client.js";
import * as conversation from "./conversation.js";
import { quiesce } from "./explore.js";
import { commit } from "./server.js";
import type { Conversation, Device, Server, State, World } from "./state.js";

export interface Plan {
	/** One entry a device, its user; `+user` is a spare slot for a copy. */
	devices: string[];
	conversations: string[];
	/** Nobody is a member of these at the start. */
	later?: string[];
	/** So many devices are connected and level at the start: no mark is left. */
	warm?: number;
	left: Record<string, number>;
}

/** Small casts for one question each; `everything` is all of it at once. */
export const plans = {
	/** Sends, refusals, unknown commits and lost answers, from a cold start. */
	sends: {
		devices: ["a"],
		conversations: ["c1"],
		left: { fault: 2, restart: 2, crash: 1, cut: 3, submit: 4, edit: 1, remove: 1, join: 1 },
	},
	/** A late copy of a send whose refusal is final. */
	late: {
		devices: ["a"],
		conversations: ["c1"],
		warm: 1,
		left: { restart: 1, cut: 1, submit: 1, remove: 1, join: 1 },
	},
	/** A device is restored from its backup, in the middle of its sends. */
	lives: {
		devices: ["a"],
		conversations: ["c1"],
		warm: 1,
		left: { fault: 1, restart: 1, cut: 2, submit: 5, edit: 1, backup: 1, restore: 1, forget: 1 },
	},
	/** As `lives`, with refusals that the backup knows nothing of. */
	passed: {
		devices: ["a"],
		conversations: ["c1"],
		warm: 1,
		left: { submit: 2, backup: 1, restore: 1, remove: 1, join: 1 },
	},
	/** As `lives`, from a cold start. */
	forks: {
		devices: ["a"],
		conversations: ["c1"],
		left: {
			fault: 1,
			restart: 1,
			cut: 2,
			submit: 5,
			edit: 1,
			backup: 1,
			restore: 1,
			otherSends: 1,
		},
	},
	/** One device that is level: is a mark there whenever it can be behind? */
	marks: {
		devices: ["a"],
		conversations: ["c1"],
		warm: 1,
		left: { fault: 1, crash: 1, cut: 2, otherSends: 1, backup: 1, restore: 1 },
	},
	/** Two devices of one user, edits and a lagging session. */
	two: {
		devices: ["a", "a"],
		conversations: ["c1"],
		warm: 2,
		left: { fault: 1, cut: 2, otherSends: 2, otherEdits: 2, trim: 1, history: 1 },
	},
	/** A second device comes new to conversations that are level. */
	fresh: {
		devices: ["a", "a"],
		conversations: ["c0", "c1"],
		warm: 1,
		left: { cut: 2, otherSends: 2, otherEdits: 1, trim: 1, backup: 1, restore: 1 },
	},
	/** A conversation appears while the list is being read. */
	joins: {
		devices: ["a"],
		conversations: ["c0", "c1", "c2"],
		later: ["c0"],
		left: { cut: 1, join: 1, otherSends: 1 },
	},
	/** Removed while a device is level, and perhaps away. */
	leaves: {
		devices: ["a", "a"],
		conversations: ["c1"],
		warm: 1,
		left: { cut: 1, fault: 1, otherSends: 2, otherEdits: 1, remove: 1, trim: 1 },
	},
	/** Removed, and added again, with edits in between. */
	members: {
		devices: ["a", "a"],
		conversations: ["c1"],
		left: { cut: 2, fault: 1, otherSends: 2, otherEdits: 2, remove: 1, join: 1 },
	},
	/** Rows change while a device pulls them, page by page. */
	pages: {
		devices: ["a"],
		conversations: ["c1"],
		left: { otherSends: 2, otherEdits: 2, history: 1, trim: 1, cut: 1 },
	},
	/** A copy runs beside its original, and neither sends. */
	twins: {
		devices: ["a", "+a"],
		conversations: ["c1"],
		left: { fault: 1, cut: 2, otherSends: 2, clone: 1 },
	},
	/** A copy runs beside its original, and both send. */
	copies: {
		devices: ["a", "+a"],
		conversations: ["c1"],
		left: { fault: 1, cut: 2, otherSends: 2, submit: 2, clone: 1 },
	},
	/** The server itself goes back to its backup, and positions are trimmed. */
	epochs: {
		devices: ["a", "a"],
		conversations: ["c1"],
		left: { cut: 2, submit: 2, otherSends: 3, otherEdits: 1, trim: 1, snapshot: 1, rewind: 1 },
	},
	everything: {
		devices: ["a", "a", "b", "+a"],
		conversations: ["c0", "c1"],
		later: ["c0"],
		left: {
			...{ fault: 2, restart: 2, crash: 1, cut: 3, submit: 3, edit: 1, backup: 1, restore: 1 },
			...{ otherSends: 3, otherEdits: 2, remove: 1, join: 2, trim: 1, forget: 1 },
			...{ snapshot: 1, rewind: 1, clone: 1, history: 1 },
		},
	},
} satisfies Record<string, Plan>;

function device(user: string, name: string, idle = false): Device {
	return { user, sid: 0, idle, disk: freshStorage(name), live: null, backup: null };
}

function empty(): Conversation {
	return {
		pos: 0,
		floor: 0,
		rows: [],
		members: {},
		receipts: {},
		outboxes: {},
		marks: {},
		edits: [],
	};
}

export function scenario(plan: Plan): State {
	const conversations = Object.fromEntries(plan.conversations.map((c) => [c, empty()]));
	const world: World = { epoch: 1, conversations, users: {} };
	const server: Server = {
		disk: world,
		mem: JSON.parse(JSON.stringify(world)) as World,
		outputs: [],
		dirty: false,
		sessions: {},
		newest: {},
		through: {},
		refusals: {},
		levels: [],
		backup: null,
		next: 1,
	};
	const devices = plan.devices.map((user, i) =>
		device(user.replace("+", ""), `d${i}`, user[0] === "+"),
	);
	for (const c of plan.conversations) {
		if (plan.later?.includes(c)) continue;
		for (const user of new Set(devices.map((d) => d.user))) conversation.join(server, c, user, {});
	}
	commit(server, "ok", {});
	const state: State = { server, devices, left: {}, told: {}, gone: {}, ids: 100 };
	if (plan.warm !== undefined) warm(state, plan.warm);
	state.left = { ...plan.left };
	return state;
}

/** Twice connected: the second generation confirms what the first one pulled. */
function warm(state: State, count: number) {
	const others = state.devices.slice(count).filter((d) => !d.idle);
	for (const other of others) other.idle = true;
	for (let round = 0; round < 3; round++) {
		for (const d of state.devices) if (d.live !== null) cut(state, d);
		quiesce(state, {});
	}
	for (const other of others) other.idle = false;
}
