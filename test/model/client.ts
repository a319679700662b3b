// A device of the model: its durable storage, its session, and who it is (S7).
// Each frame is one step, whose storage writes are atomic; a cut or a crash forgets `live`.

import { entries, history, marks, page, push, renew, startPull } from "./reader.js";
import { applySend, look, startFork } from "./sender.js";
import {
	type Device,
	type Down,
	type Mutations,
	must,
	type Session,
	type State,
	type Storage,
	type Up,
} from "./state.js";

export function freshStorage(name: string): Storage {
	return {
		device: name,
		used: 0,
		offered: 0,
		epoch: 0,
		listed: false,
		views: {},
		outbox: `o-${name}`,
		next: 1,
		answered: 0,
		queue: [],
		fork: null,
		forked: false,
		made: [],
	};
}

export function sessionOf(state: State, device: Device): Session | undefined {
	return state.server.sessions[device.sid];
}

export function tell(state: State, device: Device, frame: Up) {
	sessionOf(state, device)?.up.push(frame);
}

export function connect(state: State, device: Device) {
	const sid = state.server.next++;
	const { user, disk } = device;
	device.sid = sid;
	device.live = {
		phase: "hello",
		began: {},
		sent: disk.answered,
		flying: 0,
		back: false,
		pulls: {},
		kept: {},
		again: {},
		confirmed: {},
	};
	state.server.sessions[sid] = {
		sid,
		user,
		device: disk.device,
		outbox: disk.outbox,
		current: 0,
		offer: 0,
		zombie: false,
		attached: false,
		listing: false,
		want: "",
		lagging: false,
		up: [],
		reads: [],
		down: [],
	};
	sayHello(state, device);
}

function sayHello(state: State, device: Device) {
	const { device: name, outbox, used, offered, epoch, listed } = device.disk;
	tell(state, device, { t: "hello", device: name, outbox, used, offered, epoch, listed });
}

/** The client is gone at once; what it had sent may still reach the server. */
export function cut(state: State, device: Device) {
	const session = sessionOf(state, device);
	if (session !== undefined) {
		session.zombie = true;
		session.attached = false;
		session.down = [];
		session.reads = [];
		if (session.up.length === 0) delete state.server.sessions[session.sid];
	}
	device.sid = 0;
	device.live = null;
}

export function receive(state: State, device: Device, frame: Down, m: Mutations) {
	const live = must(device.live);
	const { disk } = device;
	switch (frame.t) {
		case "welcome":
			return welcome(state, device, frame, m);
		case "forked":
			return forked(state, device, frame.forgotten, m);
		case "ok":
			disk.used = disk.offered;
			live.phase = "live";
			return begin(state, device, frame.list);
		case "entries":
			return entries(state, device, frame.items, frame.done, m);
		case "marks":
			return marks(state, device, frame.items, m);
		case "page":
			return page(state, device, frame, m);
		case "history":
			return history(device, frame, m);
		case "reset":
			if (live.pulls[frame.c]?.id !== frame.id) return;
			renew(disk, frame.c, frame.start, frame.pos);
			delete live.pulls[frame.c];
			return startPull(state, device, frame.c);
		case "push":
			return push(state, device, frame, m);
		case "answer":
			return applySend(state, device, frame, m);
		default:
			return frame satisfies never;
	}
}

type Welcome = Extract<Down, { t: "welcome" }>;

function welcome(state: State, device: Device, frame: Welcome, m: Mutations) {
	const { disk } = device;
	const live = must(device.live);
	if (disk.epoch !== frame.epoch && !(m.Y8_noReset && disk.epoch > 0)) {
		// Positions and numbers of another history say nothing here; the outbox stays.
		disk.views = {};
		disk.listed = false;
		if (disk.fork !== null) look(device);
	}
	disk.epoch = frame.epoch;
	// The one that the server accepted must outlive the new offer: that may never be used.
	if (!m.S7_acceptedForgotten) disk.used = frame.current;
	disk.offered = frame.offer;
	live.phase = "ready";
	for (const [c, view] of Object.entries(disk.views)) {
		live.began[c] = view.todo ? 0 : view.pos;
	}
	tell(state, device, { t: "ready", listed: disk.listed });
}

/**
 * A copy: another device from now on. What it holds stays true. It keeps its outbox, whose numbers
 * recognise what was sent: leaving it at once would let late frames be decided behind its back.
 */
function forked(state: State, device: Device, forgotten: boolean, m: Mutations) {
	const { disk } = device;
	if (disk.used !== 0) disk.forked = true;
	disk.device = `d${state.ids++}`;
	disk.used = 0;
	disk.offered = 0;
	disk.listed = false;
	if (forgotten || m.S7_leavesOutbox) startFork(state, device);
	sayHello(state, device);
}

function begin(state: State, device: Device, list: boolean) {
	const { disk } = device;
	if (list) tell(state, device, { t: "list", after: "" });
	for (const [c, view] of Object.entries(disk.views)) if (view.todo) startPull(state, device, c);
}
