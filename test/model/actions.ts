// Everything that can happen next, and its happening. An action is plain data: a trace is a list.
// `left` bounds each disturbance: without bounds nothing would ever be quiescent.

import { connect, cut, receive, sessionOf, tell } from "./client.js";
import * as conversation from "./conversation.js";
import { serve } from "./reads.js";
import { sendable, submit, transmit } from "./sender.js";
import { commit, crash, handle, named, type Outcome, restore } from "./server.js";
import { copy, type Device, MAIN, type Mutations, must, type State } from "./state.js";

export type Action = readonly [name: string, ...rest: (string | number)[]];

/** What the system does by itself. */
export function progress(state: State, m: Mutations): Action[] {
	const { server } = state;
	const actions: Action[] = [];
	for (const session of Object.values(server.sessions)) {
		if (session.up.length > 0 && !session.zombie) actions.push(["up", session.sid]);
		if (session.reads.length > 0) actions.push(["read", session.sid]);
		if (session.want !== "" || (session.lagging && !session.listing && session.down.length === 0)) {
			actions.push(["serve", session.sid]);
		}
	}
	if (server.dirty || server.outputs.length > 0) actions.push(["commit", "ok"]);
	if (server.levels.length > 0) actions.push(["level"]);
	for (const [index, device] of state.devices.entries()) {
		if (device.idle) continue;
		const session = sessionOf(state, device);
		if (device.live === null) actions.push(["connect", index]);
		else if (session === undefined || session.zombie) actions.push(["hangUp", index]);
		else if (session.down.length > 0) actions.push(["down", index]);
		if (sendable(device, m) !== undefined) actions.push(["transmit", index]);
	}
	return actions;
}

/** What the world does to it, as long as `left` allows; late frames may come or be lost at will. */
export function disturbances(state: State): Action[] {
	const { server } = state;
	const actions: Action[] = [];
	const may = (name: string) => (state.left[name] ?? 0) > 0;
	const add = (name: string, ...rest: (string | number)[]) => {
		if (may(name)) actions.push([name, ...rest]);
	};
	for (const session of Object.values(server.sessions)) {
		if (session.reads.length > 1 && session.reads[0]?.t === "history") {
			actions.push(["delay", session.sid]);
		}
		if (!session.zombie) continue;
		actions.push(["drop", session.sid]);
		if (session.up.length > 0) actions.push(["up", session.sid]);
	}
	if (server.dirty || server.outputs.length > 0) {
		for (const outcome of ["present", "absent", "lose"]) {
			if (may("fault")) actions.push(["commit", outcome]);
		}
	} else add("restart");
	for (const outcome of ["present", "absent"]) add("crash", outcome);
	for (const [index, device] of state.devices.entries()) {
		if (!device.idle) ofDevice(state, device, index, add);
	}
	environment(state, add);
	return actions;
}

type Add = (name: string, ...rest: (string | number)[]) => void;

function ofDevice(state: State, device: Device, index: number, add: Add) {
	if (device.live !== null) add("cut", index);
	if (device.live?.phase === "live" && device.disk.views[MAIN]) add("history", index);
	add("submit", index);
	if (must(state.server.mem.conversations[MAIN]).rows.length > 0) add("edit", index);
	add("backup", index);
	if (device.backup !== null) add("restore", index);
	const spare = state.devices.findIndex((d) => d.idle && d.user === device.user);
	const unsent = device.disk.queue.length > 0 || device.disk.fork !== null;
	if (spare >= 0 && !unsent) add("clone", index, spare);
	const named = device.disk.device;
	const seen = Object.values(state.server.sessions).some((s) => s.device === named);
	const quiet = !state.server.dirty && state.server.outputs.length === 0;
	// A backup from before the first connection cannot be told from a fresh device: out of scope.
	const fresh = device.backup?.used === 0;
	if (!seen && quiet && !fresh && state.server.disk.users[device.user]?.[named]) {
		add("forget", index);
	}
}

function environment(state: State, add: Add) {
	const { server } = state;
	add("snapshot");
	if (server.backup !== null) add("rewind");
	for (const [c, value] of Object.entries(server.mem.conversations)) {
		add("otherSends", c);
		for (const seq of new Set([1, value.rows.length])) {
			if (value.rows.length > 0) add("otherEdits", c, seq);
		}
		const { floor, pos } = must(server.disk.conversations[c]);
		if (floor < pos) add("trim", c);
		for (const user of new Set(state.devices.map((device) => device.user))) {
			if (conversation.present(value.members[user])) add("remove", c, user);
			else add("join", c, user);
		}
	}
}

const free = new Set([
	"drop",
	"hangUp",
	"up",
	"serve",
	"level",
	"read",
	"delay",
	"connect",
	"down",
	"transmit",
]);

export function step(state: State, action: Action, m: Mutations) {
	const [name, first, second] = action;
	const spent = name === "commit" ? (first === "ok" ? "" : "fault") : name;
	if (spent !== "" && !free.has(spent)) state.left[spent] = (state.left[spent] ?? 0) - 1;
	const { server } = state;
	if (name in onDevice) {
		return onDevice[name]?.(state, must(state.devices[Number(first)]), m, Number(second));
	}
	const session = server.sessions[Number(first)];
	switch (name) {
		case "up":
			handle(server, must(session), m);
			if (session?.zombie && session.up.length === 0) delete server.sessions[session.sid];
			return;
		case "serve":
			return serve(server, must(session), m);
		case "read":
			must(session).down.push(must(must(session).reads.shift()));
			return;
		case "delay":
			must(session).reads.push(must(must(session).reads.shift()));
			return;
		case "drop":
			delete server.sessions[must(session).sid];
			return;
		case "commit":
			return commit(server, first as Outcome, m);
		case "level": {
			const { c, user, pos } = must(server.levels.shift());
			return conversation.level(server, c, user, pos, m);
		}
		case "crash":
			return crash(server, first as "present" | "absent");
		case "restart":
			server.through = {};
			if (m.S5_forgottenByRestart) server.newest = {};
			return;
		default:
			return outside(state, action, m);
	}
}

function outside(state: State, action: Action, m: Mutations) {
	const { server } = state;
	const [name, c, second] = action as [string, string, string | number];
	switch (name) {
		case "snapshot":
			server.backup = copy(server.disk);
			return;
		case "rewind":
			return restore(state);
		case "otherSends": {
			const id = `e${state.ids++}`;
			conversation.append(server, c, { by: "env", outbox: "env", n: 0, id }, m);
			return;
		}
		case "otherEdits":
			return conversation.edit(server, c, Number(second), `e${state.ids++}`, m);
		case "trim": {
			const floor = must(server.disk.conversations[c]).pos;
			must(server.disk.conversations[c]).floor = floor;
			must(server.mem.conversations[c]).floor = floor;
			return;
		}
		case "remove":
			return conversation.remove(server, c, String(second), m);
		case "join":
			return conversation.join(server, c, String(second), m);
		default:
			throw new Error(`model: no action ${name}`);
	}
}

type OnDevice = (state: State, device: Device, m: Mutations, other: number) => void;

const onDevice: Record<string, OnDevice> = {
	connect: (state, device) => connect(state, device),
	cut: (state, device) => cut(state, device),
	hangUp: (state, device) => cut(state, device),
	down: (state, device, m) => {
		receive(state, device, must(must(sessionOf(state, device)).down.shift()), m);
	},
	submit: (state, device) => submit(state, device, 0),
	edit: (state, device) => submit(state, device, 1),
	history: (state, device) => tell(state, device, { t: "history", c: MAIN }),
	transmit,
	backup: (_, device) => {
		device.backup = copy(device.disk);
	},
	restore: restoreDevice,
	clone: (state, device, _, other) => {
		const spare = must(state.devices[other]);
		spare.disk = copy(device.disk);
		spare.idle = false;
	},
	forget,
};

/** The device is what its backup was. What its lost life alone knew, it was never told. */
function restoreDevice(state: State, device: Device) {
	const sid = device.sid;
	cut(state, device);
	device.disk = copy(must(device.backup));
	const { disk } = device;
	const waiting = [...disk.queue, ...(disk.fork ?? [])];
	for (const q of waiting) if (!q.final) delete state.told[q.id];
	// Late frames under an outbox that the backup cannot name are assumed dead by then.
	const ghost = state.server.sessions[sid];
	if (ghost !== undefined)
		ghost.up = ghost.up.filter((f) => f.t !== "send" || f.outbox === disk.outbox);
	if (ghost?.up.length === 0) delete state.server.sessions[sid];
}

/** Unseen for long: the user drops the device, the conversation an outbox that no other one has. */
function forget(state: State, device: Device) {
	for (const world of [state.server.disk, state.server.mem]) {
		const outbox = world.users[device.user]?.[device.disk.device]?.outbox ?? "";
		delete world.users[device.user]?.[device.disk.device];
		if (named(world, device.user, outbox)) continue;
		delete must(world.conversations[MAIN]).outboxes[outbox];
	}
}
