// A device of the model, sending side: the outbox, go back N, and the fork (S1–S4, S6, S7).

import { startPull, viewOf } from "./reader.js";
import {
	type Device,
	type Down,
	MAIN,
	type Mutations,
	must,
	type Queued,
	type State,
	type View,
	WINDOW,
} from "./state.js";

/** S1: numbered durably when queued. While a fork is open a send waits, unnumbered, behind it. */
export function submit(state: State, device: Device, edit: number) {
	const { disk } = device;
	const id = `m${state.ids++}`;
	if (edit === 0) disk.made.push(id);
	if (disk.fork !== null) disk.fork.push({ n: 0, id, edit, final: false });
	else disk.queue.push({ n: disk.next++, id, edit, final: false });
}

/** The next send that may go out now, if any. */
export function sendable(device: Device, m: Mutations): Queued | undefined {
	const { live, disk } = device;
	if (live?.phase !== "live" || disk.fork !== null || live.back) return undefined;
	const limit = m.S4_unbounded ? Number.POSITIVE_INFINITY : disk.answered + WINDOW;
	return disk.queue.find((q) => q.n > live.sent && q.n <= limit && !q.final);
}

export function transmit(state: State, device: Device, m: Mutations) {
	const live = must(device.live);
	const { n, id, edit } = must(sendable(device, m));
	const { outbox, answered } = device.disk;
	live.sent = n;
	live.flying++;
	const said = m.S2_answeredEarly ? n - 1 : answered;
	const frame = { t: "send", outbox, n, answered: said, id, edit } as const;
	state.server.sessions[device.sid]?.up.push(frame);
}

type Answer = Extract<Down, { t: "answer" }>;

export function applySend(state: State, device: Device, frame: Answer, m: Mutations) {
	const live = must(device.live);
	const { disk } = device;
	live.flying--;
	if (frame.outbox !== disk.outbox || disk.fork !== null) return;
	switch (frame.result) {
		case "stored":
		case "refused":
			settle(state, device, frame, m);
			break;
		case "gap":
		case "window":
		case "io":
			live.back = true;
			break;
		case "stale":
		case "conflict":
			startFork(state, device);
			startPull(state, device, MAIN);
			break;
		default:
			frame.result satisfies never;
	}
	// Once per round: going back at every gap would send every send behind it again each time.
	if (live.back && (live.flying === 0 || m.S4_backAtOnce)) {
		live.sent = disk.answered;
		live.back = false;
	}
}

/** The outcome and `answered` are stored together, before `answered` is said (S2). */
function settle(state: State, device: Device, frame: Answer, m: Mutations) {
	const { disk } = device;
	const sent = disk.queue.find((q) => q.n === frame.n);
	if (sent === undefined || sent.final) return;
	sent.final = true;
	state.told[sent.id] = frame.result === "stored" ? "stored" : "refused";
	if (frame.result === "refused" && m.S1_renumber) {
		disk.queue = disk.queue.filter((q) => q !== sent);
		for (const later of disk.queue) if (later.n > frame.n) later.n--;
		disk.next--;
		must(device.live).sent = Math.min(must(device.live).sent, frame.n - 1);
		return;
	}
	while (disk.queue[0]?.final) disk.answered = must(disk.queue.shift()).n;
}

/**
 * Nothing more goes out under this outbox; a new one waits until history was searched. Whoever was
 * told so has just spoken under it: frames of older sessions are not decided any more (S5).
 */
export function startFork(state: State, device: Device) {
	const { disk } = device;
	const waiting = [...disk.queue.filter((q) => !q.final), ...(disk.fork ?? [])];
	// From here on none of them is known to be unsent: another life may have moved it already.
	disk.fork = waiting.map((q) => ({ ...q, n: Math.max(q.n, 1) }));
	if (disk.used !== 0) disk.forked = true;
	disk.outbox = `o${state.ids++}`;
	disk.next = 1;
	disk.answered = 0;
	disk.queue = [];
	look(device);
}

/** A pull of every row, begun from here on: own sends may stand below `delivered`. */
export function look(device: Device) {
	const view = viewOf(device.disk, MAIN);
	view.todo = true;
	view.fill = 0;
	if (device.live !== null) delete device.live.pulls[MAIN];
}

/** After the search: what was stored is final, so is all before it; the rest moves, in order. */
export function submitted(state: State, device: Device, view: View, m: Mutations) {
	const { disk } = device;
	const { fork } = disk;
	if (fork === null) return;
	const rows = Object.values(view.rows);
	const found = (q: Queued) =>
		rows.some((row) => (m.S3_foundByNumber ? row.n === q.n : row.id === q.id));
	const last = fork.findLastIndex(found);
	fork.forEach((q, index) => {
		if (found(q)) state.told[q.id] = "stored";
		else if (q.edit > 0 && q.n > 0 && !m.S6_forkRepeatsEdits) {
			// No row carries an edit, so nobody can know any more: the application decides.
			state.told[q.id] = "unknown";
		} else if (index < last && !m.S3_movesRefused) state.told[q.id] = "refused";
		else disk.queue.push({ ...q, n: disk.next++ });
	});
	disk.fork = null;
	must(device.live).sent = 0;
}
