// The rest of the server: sessions and generations (S7), the user's knowledge of its devices (Y2),
// and the commit pipeline with its unknown outcomes.

import * as conversation from "./conversation.js";
import { history, list, pull, reply } from "./reads.js";
import {
	copy,
	DOWN_MAX,
	type Hello,
	MAIN,
	type Mutations,
	must,
	type Output,
	type Server,
	type Session,
	type State,
	type World,
} from "./state.js";

/** One frame of a session: writes decide on `mem`, reads look at `disk`. */
export function handle(server: Server, session: Session, m: Mutations) {
	const frame = must(session.up.shift());
	const { user } = session;
	switch (frame.t) {
		case "hello":
			return hello(server, session, frame, m);
		case "ready":
			return ready(server, session, frame.listed, m);
		case "list":
			return list(server, session, frame.after, m);
		case "listed": {
			const record = server.mem.users[user]?.[session.device];
			if (record !== undefined) record.listed = true;
			server.dirty = true;
			session.listing = false;
			if (!m.Y3_noMarksAfterList) session.want = "marks";
			return;
		}
		case "held":
			return held(server, session, frame.c, frame.pos, m);
		case "pull":
			return pull(server, session, frame.c, frame, m);
		case "history":
			return history(server, session, frame.c, m);
		case "send":
			return conversation.decideSend(server, session, frame, m);
		case "confirm":
			return conversation.confirm(server, frame.c, user, frame.seq, m);
		default:
			return frame satisfies never;
	}
}

/** A registered device has this outbox: then its numbers are still known. */
export function named(world: World, user: string, outbox: string): boolean {
	return Object.values(world.users[user] ?? {}).some((record) => record.outbox === outbox);
}

/** Below current, never heard of, or already used in this epoch by another copy. */
function forked(server: Server, frame: Hello, user: string, m: Mutations): boolean {
	if (m.S7_none) return false;
	const record = server.mem.users[user]?.[frame.device];
	if (record === undefined) return frame.offered !== 0 && !m.S6_forgottenResends;
	if (frame.epoch !== server.mem.epoch && record.epoch !== server.mem.epoch) return false;
	if (m.S7_offerCurrent || m.S7_counterOnly) {
		return Math.max(frame.used, frame.offered) < record.generation;
	}
	return record.generation !== frame.used && record.generation !== frame.offered;
}

function hello(server: Server, session: Session, frame: Hello, m: Mutations) {
	session.device = frame.device;
	session.outbox = frame.outbox;
	const { sid, device } = session;
	if (forked(server, frame, session.user, m)) {
		const forgotten =
			!named(server.mem, session.user, frame.outbox) || m.S7_forkedIsForgotten === true;
		server.outputs.push({ t: "frame", sid, frame: { t: "forked", forgotten } });
		return;
	}
	const current = server.mem.users[session.user]?.[device]?.generation ?? 0;
	session.current = current;
	server.newest[device] = Math.max(server.newest[device] ?? 0, sid);
	session.offer = server.next++;
	if (m.S7_offerCurrent) session.offer = current + 1;
	if (m.S7_counterOnly) session.offer = Math.max(current, frame.used, frame.offered) + 1;
	const { offer } = session;
	const { epoch } = server.mem;
	server.outputs.push({ t: "frame", sid, frame: { t: "welcome", current, offer, epoch } });
}

/** The first use makes a generation current, unless a copy's came in between. */
function ready(server: Server, session: Session, listed: boolean, m: Mutations) {
	const devices = server.mem.users[session.user] ?? {};
	server.mem.users[session.user] = devices;
	const record = devices[session.device];
	const counters = m.S7_offerCurrent || m.S7_counterOnly;
	const current = record?.generation ?? 0;
	// A late one would make current what the device has already replaced by a newer offer.
	if (session.sid < (server.newest[session.device] ?? 0) && !m.S7_lateReady) {
		session.zombie = true;
		return;
	}
	const taken = counters ? current > session.offer : current !== session.current;
	if (taken && !m.S7_none) {
		server.outputs.push({ t: "frame", sid: session.sid, frame: { t: "forked", forgotten: false } });
		return;
	}
	devices[session.device] = {
		generation: session.offer,
		outbox: session.outbox,
		epoch: server.mem.epoch,
		listed: record?.listed ?? false,
		held: record?.epoch === server.mem.epoch ? record.held : {},
	};
	server.dirty = true;
	const told = m.Y3_newByServer ? must(devices[session.device]).listed : listed;
	server.outputs.push({ t: "attach", sid: session.sid, listed: told });
}

function held(server: Server, session: Session, c: string, pos: number, m: Mutations) {
	const devices = must(server.mem.users[session.user]);
	const record = devices[session.device];
	if (record === undefined) return;
	record.held[c] = Math.max(record.held[c] ?? 0, pos);
	server.dirty = true;
	const online = new Set(
		Object.values(server.sessions).flatMap((s) => (s.attached && !s.zombie ? [s.device] : [])),
	);
	const counted = Object.entries(devices).filter(([d]) => !m.Y2_onlineOnly || online.has(d));
	const least = Math.min(...counted.map(([, d]) => d.held[c] ?? 0));
	if (least > 0) server.outputs.push({ t: "level", user: session.user, c, pos: least });
}

function release(server: Server, output: Output, lost: boolean, m: Mutations) {
	if (output.t === "frame") {
		const session = server.sessions[output.sid];
		if (session !== undefined) reply(session, output.frame);
	} else if (output.t === "attach") {
		const session = server.sessions[output.sid];
		if (session === undefined) return;
		session.attached = !(m.Y3_readBeforeAttach && output.listed);
		session.listing = !output.listed;
		session.want = output.listed ? "marks" : "";
		reply(session, { t: "ok", list: !output.listed });
	} else if (output.t === "level") {
		server.levels.push({ user: output.user, c: output.c, pos: output.pos });
	} else if (output.t === "mark") {
		must(server.disk.conversations[output.c]).marks[output.user] = true;
		must(server.mem.conversations[output.c]).marks[output.user] = true;
	} else if (!lost) {
		for (const session of Object.values(server.sessions)) {
			if (!session.attached || session.user !== output.user || session.lagging) continue;
			if (session.down.length >= DOWN_MAX) session.lagging = true;
			else reply(session, copy(output.frame));
		}
	}
}

/** Pushes may have been lost: every attached session is as one just connected. */
function asConnected(server: Server, m: Mutations) {
	if (m.Y6_noListAfterLoss) return;
	for (const session of Object.values(server.sessions)) {
		if (session.attached && !session.listing) session.want = "marks";
	}
}

export type Outcome = "ok" | "lose" | "present" | "absent";

export function commit(server: Server, outcome: Outcome, m: Mutations) {
	const outputs = server.outputs;
	server.outputs = [];
	server.dirty = false;
	if (outcome === "ok" || outcome === "lose") {
		server.disk = copy(server.mem);
		for (const output of outputs) release(server, output, outcome === "lose", m);
		if (outcome === "lose") asConnected(server, m);
		return;
	}
	if (outcome === "present") server.disk = copy(server.mem);
	server.mem = copy(server.disk);
	server.through = {};
	asConnected(server, m);
	for (const output of outputs) unknown(server, output);
}

/** A failed commit is unknown: sends hear so, other questions die with their session. */
function unknown(server: Server, output: Output) {
	if (output.t !== "frame" && output.t !== "attach") return;
	const session = server.sessions[output.sid];
	if (session === undefined) return;
	if (output.t === "frame" && output.frame.t === "answer") {
		reply(session, { ...output.frame, result: "io" });
	} else session.zombie = true;
}

export function crash(server: Server, outcome: "present" | "absent") {
	if (outcome === "present") server.disk = copy(server.mem);
	boot(server, server.disk);
}

function boot(server: Server, world: World) {
	server.disk = copy(world);
	server.mem = copy(world);
	server.outputs = [];
	server.dirty = false;
	server.sessions = {};
	server.newest = {};
	server.through = {};
	server.levels = [];
}

/** The store goes back to its backup: another history, so another epoch. */
export function restore(state: State) {
	const { server } = state;
	const world = copy(must(server.backup));
	const kept = ids(world);
	for (const id of ids(server.disk)) if (!kept.has(id)) state.gone[id] = true;
	world.epoch = server.disk.epoch + 1;
	for (const devices of Object.values(world.users)) {
		for (const device of Object.values(devices)) device.held = {};
	}
	boot(server, world);
}

export function ids(world: World): Set<string> {
	const main = must(world.conversations[MAIN]);
	return new Set([...main.rows.map((row) => row.id), ...main.edits]);
}
