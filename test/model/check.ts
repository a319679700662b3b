// What must hold in every state, and what must hold once nothing moves any more.

import { present, shown } from "./conversation.js";
import { ids } from "./server.js";
import {
	type Device,
	MAIN,
	must,
	type Row,
	type State,
	type Storage,
	type View,
	WINDOW,
} from "./state.js";

/** The first broken rule in this state, by name, or nothing. */
export function broken(state: State): string | undefined {
	return sends(state) ?? needless(state) ?? bounds(state) ?? devices(state);
}

function applied(state: State): string[] {
	const main = must(state.server.disk.conversations[MAIN]);
	return [...main.rows.map((row) => row.id), ...main.edits];
}

function sends(state: State): string | undefined {
	const all = applied(state);
	const once = new Set(all);
	if (once.size < all.length) return "a send is stored twice";
	for (const [id, told] of Object.entries(state.told)) {
		if (told === "stored" && !once.has(id) && !state.gone[id]) return "told stored, is not there";
		if (told === "refused" && once.has(id)) return "told refused, is there";
		if (told === "refused" && !state.server.refusals[id]) return "told refused, was not";
	}
	for (const { disk } of state.devices) {
		const order = all.map((id) => disk.made.indexOf(id)).filter((index) => index >= 0);
		if (order.some((index, i) => i > 0 && index < must(order[i - 1]))) return "order is broken";
	}
	return undefined;
}

/** Without a copy, a restored backup or a lost device nobody has a reason to fork. */
function needless(state: State): string | undefined {
	if (["restore", "clone", "forget", "rewind"].some((name) => name in state.left)) return undefined;
	return state.devices.some((d) => d.disk.forked) ? "a device forks for nothing" : undefined;
}

function bounds(state: State): string | undefined {
	const { outboxes } = must(state.server.mem.conversations[MAIN]);
	for (const outbox of Object.values(outboxes)) {
		if (outbox.kept.length > WINDOW) return "kept answers are not bounded";
	}
	for (const session of Object.values(state.server.sessions)) {
		if (session.up.filter((frame) => frame.t === "send").length > WINDOW) {
			return "frames in flight are not bounded";
		}
	}
	return undefined;
}

function devices(state: State): string | undefined {
	for (const device of state.devices) {
		if (device.disk.epoch !== state.server.disk.epoch) continue;
		for (const [c, view] of Object.entries(device.disk.views)) {
			const fault = leaked(state, device, c, view) ?? invented(state, c, view);
			if (fault !== undefined) return fault;
		}
		const lost = unmarked(state, device);
		if (lost !== undefined) return lost;
	}
	return undefined;
}

function leaked(state: State, device: Device, c: string, view: View): string | undefined {
	const member = must(state.server.disk.conversations[c]?.members[device.user]);
	const cut = member.intervals.at(-1)?.cut ?? Number.POSITIVE_INFINITY;
	for (const row of Object.values(view.rows)) {
		if (row.skip) continue;
		const inside = member.intervals.some((i) => row.seq > i.from && row.seq <= (i.to ?? row.seq));
		if (!inside || row.changed > cut) return "a removed member reads on";
	}
	return undefined;
}

function invented(state: State, c: string, view: View): string | undefined {
	const { rows } = must(state.server.disk.conversations[c]);
	for (const row of Object.values(view.rows)) {
		const own = rows[row.seq - 1];
		if (view.aged) return "a row became older";
		const same = own !== undefined && (row.id === own.id || row.skip) && row.pos === own.pos;
		if (!same || row.changed > own.changed) return "a device was shown what is not there";
	}
	return undefined;
}

/** The device is what the user has registered, and a restored one could not be told from it. */
function current(state: State, disk: Storage, user: string): boolean {
	const record = state.server.disk.users[user]?.[disk.device];
	return record !== undefined && [disk.used, disk.offered].includes(record.generation);
}

function unmarked(state: State, device: Device): string | undefined {
	const { disk, user } = device;
	if (device.idle || !disk.listed || !current(state, disk, user)) return undefined;
	for (const [c, conversation] of Object.entries(state.server.disk.conversations)) {
		const member = conversation.members[user];
		const view = disk.views[c];
		if (member === undefined || conversation.marks[user] || view?.todo) continue;
		if ((view?.pos ?? 0) < member.last) return "behind without a mark";
	}
	return undefined;
}

/** Once quiescent: every send has one outcome, every device holds exactly what it may see. */
export function unsettled(state: State): string | undefined {
	const there = ids(state.server.disk);
	for (const device of state.devices) {
		if (device.idle) continue;
		const { disk } = device;
		if (disk.queue.length > 0 || disk.fork !== null) return "an outbox never empties";
		for (const id of disk.made) {
			const told = state.told[id];
			if (!there.has(id) && told !== "refused" && !state.gone[id]) return "a send is lost";
		}
		if (!disk.listed) return "a device never gets its list";
		for (const c of Object.keys(state.server.disk.conversations)) {
			const fault = differs(state, device, c);
			if (fault !== undefined) return fault;
		}
	}
	return undefined;
}

function differs(state: State, device: Device, c: string): string | undefined {
	const conversation = must(state.server.disk.conversations[c]);
	const member = conversation.members[device.user];
	const view = device.disk.views[c];
	if (member === undefined) return undefined;
	if (view === undefined) return member.last > 0 ? "a device misses a conversation" : undefined;
	if (view.todo) return "a device never stops pulling";
	for (const row of conversation.rows) {
		const due = shown(row, conversation, device.user, {});
		const held = view.rows[row.seq];
		// What a removed member may no longer read, it may still hold as it was before the cut.
		if (due.skip || (held === undefined && row.seq <= view.start)) continue;
		if (held === undefined || !alike(held, due)) return "a device misses a change";
	}
	if (!present(member)) return undefined;
	for (const [user, receipt] of Object.entries(conversation.receipts)) {
		if (view.receipts[user]?.changed !== receipt.changed) return "a device misses a receipt";
	}
	return undefined;
}

function alike(held: Row, due: Row): boolean {
	return !held.skip && held.changed === due.changed && held.id === due.id;
}
