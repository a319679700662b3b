// The conversation of the model: decides sends (S2–S6), membership (Y7), receipts, marks (Y1, Y2).
// It works on the state as decided so far and leaves everything it says in `outputs`.

import {
	type Conversation,
	MAIN,
	type Member,
	type Mutations,
	must,
	type Outbox,
	type Receipt,
	type Result,
	type Row,
	type Send,
	type Server,
	type Session,
	WINDOW,
} from "./state.js";

/** Still a member: its last interval is open. */
export function present(member: Member | undefined): boolean {
	return member?.intervals.at(-1)?.to === null;
}

/** Where the conversation ends for this member: its head, or the cut (Y7). */
export function end(conversation: Conversation, member: Member, m: Mutations): number {
	const cut = member.intervals.at(-1)?.cut ?? null;
	return cut === null || m.Y7_seqOnly ? conversation.pos : cut;
}

export function visible(row: Row, conversation: Conversation, member: Member, m: Mutations) {
	const inside = member.intervals.some((i) => row.seq > i.from && (i.to ?? row.seq) >= row.seq);
	return inside && row.changed <= end(conversation, member, m);
}

/** The row as this member may have it. A skip of one's own send keeps its id (S3 looks for it). */
export function shown(row: Row, conversation: Conversation, user: string, m: Mutations): Row {
	const member = must(conversation.members[user]);
	if (visible(row, conversation, member, m)) return { ...row };
	const own = row.by === user;
	return { ...row, changed: 0, skip: true, id: own ? row.id : "", by: own ? row.by : "" };
}

interface Change {
	row?: Row;
	receipt?: Receipt & { user: string };
	joined?: string;
	removed?: string;
}

/** One event: a position, a mark for whoever falls behind by it, a push to the same. */
export function emit(server: Server, c: string, change: Change, m: Mutations) {
	const conversation = must(server.mem.conversations[c]);
	const pos = conversation.pos;
	server.dirty = true;
	for (const [user, member] of Object.entries(conversation.members)) {
		const cut = user === change.removed;
		if (!present(member) && !cut) continue;
		// Joining makes a device pull: rows may have changed between its cut and here.
		const from = user === change.joined && !m.Y7_joinContinues ? pos - 1 : member.last;
		member.last = pos;
		if (m.Y1_afterCommit) server.outputs.push({ t: "mark", user, c });
		else if (!(cut && m.Y1_removalUnmarked)) conversation.marks[user] = true;
		const row = change.row === undefined ? null : shown(change.row, conversation, user, m);
		const receipt = change.receipt ?? null;
		server.outputs.push({ t: "push", user, frame: { t: "push", c, from, pos, row, receipt } });
	}
}

type Author = Pick<Row, "by" | "outbox" | "n" | "id">;

export function append(server: Server, c: string, author: Author, m: Mutations): number {
	const conversation = must(server.mem.conversations[c]);
	const pos = ++conversation.pos;
	const seq = conversation.rows.length + 1;
	const row: Row = { seq, pos, changed: pos, skip: false, ...author };
	conversation.rows.push(row);
	emit(server, c, { row }, m);
	return seq;
}

export function edit(server: Server, c: string, seq: number, id: string, m: Mutations) {
	const conversation = must(server.mem.conversations[c]);
	const row = must(conversation.rows[seq - 1]);
	row.changed = ++conversation.pos;
	conversation.edits.push(id);
	emit(server, c, { row }, m);
}

export function join(server: Server, c: string, user: string, m: Mutations) {
	const conversation = must(server.mem.conversations[c]);
	const open: Member = { intervals: [], last: 0 };
	const member = conversation.members[user] ?? open;
	conversation.members[user] = member;
	if (present(member)) return;
	conversation.pos++;
	member.intervals.push({ from: conversation.rows.length, to: null, cut: null });
	emit(server, c, { joined: user }, m);
}

export function remove(server: Server, c: string, user: string, m: Mutations) {
	const conversation = must(server.mem.conversations[c]);
	const interval = conversation.members[user]?.intervals.at(-1);
	if (interval?.to !== null) return;
	interval.cut = ++conversation.pos;
	interval.to = conversation.rows.length;
	emit(server, c, { removed: user }, m);
}

export function confirm(server: Server, c: string, user: string, seq: number, m: Mutations) {
	const conversation = must(server.mem.conversations[c]);
	const before = conversation.receipts[user]?.delivered ?? 0;
	if (!present(conversation.members[user]) || seq <= before) return;
	const delivered = Math.min(seq, conversation.rows.length);
	const receipt = { delivered, changed: ++conversation.pos };
	conversation.receipts[user] = receipt;
	emit(server, c, { receipt: { ...receipt, user } }, m);
}

/** Every device held `pos` when its generation began: nothing since, then nobody is behind. */
export function level(server: Server, c: string, user: string, pos: number, m: Mutations) {
	const conversation = must(server.mem.conversations[c]);
	const member = conversation.members[user];
	if (!conversation.marks[user] || member === undefined) return;
	if (pos < member.last && !m.Y2_anyPosition) return;
	delete conversation.marks[user];
	server.dirty = true;
}

function known(server: Server, outbox: string): Outbox {
	const fresh: Outbox = { last: 0, answered: 0, kept: [] };
	const { outboxes } = must(server.mem.conversations[MAIN]);
	const box = outboxes[outbox] ?? fresh;
	outboxes[outbox] = box;
	return box;
}

function answer(server: Server, session: Session, send: Send, result: Result, seq = 0) {
	const { outbox, n, id } = send;
	const frame = { t: "answer", outbox, n, id, seq, result } as const;
	server.outputs.push({ t: "frame", sid: session.sid, frame });
}

export function decideSend(server: Server, session: Session, send: Send, m: Mutations) {
	const newest = server.newest[send.outbox] ?? 0;
	if (session.sid < newest && !m.S5_none) {
		// Late frames have nobody to hear this; a copy that lives must learn that it is one.
		return m.S5_silent ? undefined : answer(server, session, send, "stale");
	}
	if (session.sid > newest) delete server.through[send.outbox];
	server.newest[send.outbox] = Math.max(newest, session.sid);
	const box = known(server, send.outbox);
	const kept = box.kept.find((k) => k.n === send.n);
	const outside = m.S6_editsOutside && send.edit > 0;
	if (kept !== undefined && !outside) {
		if (kept.id !== send.id && !m.S3_noHash) return answer(server, session, send, "conflict");
		server.through[send.outbox] = send.n;
		return answer(server, session, send, "stored", kept.seq);
	}
	const floor = Math.max(box.last, box.answered);
	if (send.n <= floor && !outside) {
		return answer(server, session, send, m.S3_staleIsGap ? "gap" : "stale");
	}
	if (send.n > send.answered + WINDOW && !m.S4_unbounded) {
		return answer(server, session, send, "window");
	}
	const expected = Math.max(floor, send.answered) + 1;
	const next = m.S2_gap || (send.n === expected && (m.S3_overtakes || follows(server, send)));
	if (!next && !outside) return answer(server, session, send, "gap");
	store(server, session, send, box, m);
	server.through[send.outbox] = send.n;
}

/** `last` may come of another life: all before it must have had an outcome in this one. */
function follows(server: Server, send: Send): boolean {
	return send.n === send.answered + 1 || (server.through[send.outbox] ?? 0) >= send.n - 1;
}

/** A refusal appends nothing: `answered` passes over it later. */
function store(server: Server, session: Session, send: Send, box: Outbox, m: Mutations) {
	const conversation = must(server.mem.conversations[MAIN]);
	const { user } = session;
	const { outbox, n, id } = send;
	const missing = send.edit > conversation.rows.length;
	if (!present(conversation.members[user]) || missing) {
		server.refusals[id] = true;
		return answer(server, session, send, "refused");
	}
	let seq = send.edit;
	if (send.edit > 0) edit(server, MAIN, send.edit, id, m);
	else seq = append(server, MAIN, { by: user, outbox, n, id }, m);
	box.last = Math.max(box.last, n);
	box.answered = Math.max(box.answered, send.answered);
	box.kept = box.kept.filter((k) => k.n > box.answered);
	box.kept.push({ n, id, seq });
	answer(server, session, send, "stored", seq);
}
