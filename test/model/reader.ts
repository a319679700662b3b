// A device of the model, reading side: list, marks, pulls, pushes (Y3–Y6, Y8).
// Pages are stored as they come; the position moves only when the last one is there.

import { tell } from "./client.js";
import { submitted } from "./sender.js";
import {
	copy,
	type Device,
	type Down,
	KEPT_MAX,
	type Live,
	MAIN,
	type Mutations,
	must,
	type Page,
	type Push,
	type Row,
	type State,
	type Storage,
	type View,
} from "./state.js";

export function viewOf(disk: Storage, c: string): View {
	const empty = { pos: 0, base: 0, todo: false, fill: -1, start: 0, aged: false };
	const view = disk.views[c] ?? { ...empty, rows: {}, receipts: {} };
	disk.views[c] = view;
	return view;
}

/** From nothing: rows after `start`, and whatever changes after `pos`. A search stays a search. */
export function renew(disk: Storage, c: string, start: number, pos: number) {
	const old = disk.views[c];
	const fill = old?.fill === 0 ? 0 : start;
	const fresh = { pos, base: pos, todo: true, fill, start, aged: false };
	disk.views[c] = { ...fresh, rows: {}, receipts: {} };
}

export function entries(
	state: State,
	device: Device,
	items: [string, number, number][],
	done: boolean,
	m: Mutations,
) {
	const { disk } = device;
	for (const [c, start, pos] of items) {
		const view = disk.views[c];
		if (view === undefined) renew(disk, c, start, pos);
		else if (!m.Y3_keptNotPulled) view.todo = true;
		if (m.Y3_pullForgotten) must(disk.views[c]).todo = false;
	}
	if (m.Y3_newOnce) disk.listed = true;
	const last = items.at(-1);
	if (!done && last !== undefined) return tell(state, device, { t: "list", after: last[0] });
	disk.listed = true;
	tell(state, device, { t: "listed" });
	for (const c of Object.keys(disk.views)) startPull(state, device, c);
}

export function marks(state: State, device: Device, items: [string, number][], m: Mutations) {
	const live = must(device.live);
	for (const [c, last] of items) {
		const view = viewOf(device.disk, c);
		// What it held when this generation was stored: every copy of this generation holds as much.
		const pos = m.Y2_heldNow ? view.pos : (live.began[c] ?? 0);
		tell(state, device, { t: "held", c, pos });
		if (view.pos < last || view.todo) startPull(state, device, c);
	}
}

export function startPull(state: State, device: Device, c: string) {
	const live = must(device.live);
	if (live.pulls[c] !== undefined) {
		live.again[c] = true;
		return;
	}
	const view = must(device.disk.views[c]);
	const pull = { id: state.ids++, from: view.pos, until: -1, cursor: 0, fill: view.fill };
	live.pulls[c] = pull;
	delete live.again[c];
	tell(state, device, { t: "pull", c, ...pull });
}

export function page(state: State, device: Device, frame: Page, m: Mutations) {
	const live = must(device.live);
	const { c } = frame;
	const view = must(device.disk.views[c]);
	const pull = live.pulls[c];
	if (pull?.id !== frame.id) return;
	for (const row of frame.rows) applyRow(view, row, m);
	for (const [user, receipt] of Object.entries(frame.receipts)) {
		if (receipt.changed >= (view.receipts[user]?.changed ?? 0)) view.receipts[user] = receipt;
	}
	pull.until = m.Y4_lastPage || pull.until < 0 ? frame.until : pull.until;
	pull.cursor = frame.cursor;
	if (!frame.done) return tell(state, device, { t: "pull", c, ...pull });
	delete live.pulls[c];
	// A fill that was asked for meanwhile is another pull: this one did not do it.
	const filled = view.fill === pull.fill;
	view.pos = Math.max(view.pos, pull.until);
	if (filled) {
		const looked = view.fill >= 0;
		view.todo = false;
		view.fill = -1;
		if (looked && c === MAIN) submitted(state, device, view, m);
	}
	const kept = live.kept[c] ?? [];
	delete live.kept[c];
	const again = live.again[c] === true || !filled;
	for (const item of kept) push(state, device, item, m);
	if (again) startPull(state, device, c);
	if (m.Y2_live) tell(state, device, { t: "held", c, pos: view.pos });
	sayDelivered(state, device, c);
}

type History = Extract<Down, { t: "history" }>;

/** Older rows on demand. Read before this view began, they may miss what is not told again. */
export function history(device: Device, frame: History, m: Mutations) {
	const view = device.disk.views[frame.c];
	if (view === undefined || (frame.at < view.base && !m.Y5_oldHistory)) return;
	for (const row of frame.rows) applyRow(view, row, m);
}

/** Y5. A skip says only that there is nothing to wait for: it never takes a row away. */
export function applyRow(view: View, row: Row, m: Mutations) {
	const own = view.rows[row.seq];
	if (own !== undefined && row.skip && !own.skip) return;
	if (own !== undefined && row.changed < own.changed) {
		if (!m.Y5_anyRow) return;
		view.aged = true;
	}
	view.rows[row.seq] = { ...row };
}

export function push(state: State, device: Device, frame: Push, m: Mutations) {
	const live = must(device.live);
	const { c, from, pos, row, receipt } = frame;
	if (live.phase !== "live") return;
	// Before the list is complete nothing unknown is taken from pushes: marks follow the list.
	if (!device.disk.listed && device.disk.views[c] === undefined) return;
	if (live.pulls[c] !== undefined) return keep(live, frame);
	const view = viewOf(device.disk, c);
	// At or below the position everything is known; a row that is not held then was not wanted.
	if (pos <= view.pos && !m.Y6_oldPush) return;
	if (view.todo) {
		if (device.disk.listed) startPull(state, device, c);
		return;
	}
	if (from > view.pos && !m.Y6_anyPush) {
		keep(live, frame);
		return startPull(state, device, c);
	}
	if (row !== null) applyRow(view, row, m);
	if (receipt !== null && receipt.changed >= (view.receipts[receipt.user]?.changed ?? 0)) {
		view.receipts[receipt.user] = { changed: receipt.changed, delivered: receipt.delivered };
	}
	view.pos = Math.max(view.pos, pos);
	if (m.Y2_live) tell(state, device, { t: "held", c, pos: view.pos });
	sayDelivered(state, device, c);
}

function keep(live: Live, frame: Push) {
	const kept = live.kept[frame.c] ?? [];
	live.kept[frame.c] = kept;
	if (kept.length < KEPT_MAX) kept.push(copy(frame));
	else live.again[frame.c] = true;
}

/** Confirms without gaps: everything that stands at or below the position is held. */
function sayDelivered(state: State, device: Device, c: string) {
	const live = must(device.live);
	const view = must(device.disk.views[c]);
	if (view.todo) return;
	const held = Object.values(view.rows).filter((row) => row.pos <= view.pos);
	const top = Math.max(0, ...held.map((row) => row.seq));
	const said = Math.max(view.receipts[device.user]?.delivered ?? 0, live.confirmed[c] ?? 0);
	if (top <= said) return;
	live.confirmed[c] = top;
	tell(state, device, { t: "confirm", c, seq: top });
}
