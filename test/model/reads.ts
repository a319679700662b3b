// What the server reads from the store for a session (Y3, Y4, Y7, Y8). A read shows what is
// committed, never what is only decided, and takes its time: pushes may overtake its answer.

import * as conversation from "./conversation.js";
import {
	copy,
	type Down,
	type Mutations,
	must,
	PAGE_ROWS,
	type Pull,
	type Server,
	type Session,
} from "./state.js";

export function reply(session: Session, frame: Down) {
	if (!session.zombie) session.down.push(frame);
}

/** A read takes its own time: it shows the store as it is now, and leaves some time later. */
function read(session: Session, frame: Down) {
	if (!session.zombie) session.reads.push(frame);
}

/** What a just connected session gets once it is attached (Y3, Y4). */
export function serve(server: Server, session: Session, m: Mutations) {
	if (session.want === "attach") {
		session.attached = true;
		session.want = "";
		return;
	}
	const items = Object.entries(server.disk.conversations).flatMap(([c, value]) =>
		value.marks[session.user]
			? [[c, must(value.members[session.user]).last] as [string, number]]
			: [],
	);
	session.want = m.Y3_readBeforeAttach && !session.attached ? "attach" : "";
	session.lagging = false;
	read(session, { t: "marks", items });
}

export function list(server: Server, session: Session, after: string, m: Mutations) {
	const names = Object.keys(server.disk.conversations).sort();
	const mine = names.filter(
		(c) => server.disk.conversations[c]?.members[session.user] !== undefined && c > after,
	);
	const items = mine.slice(0, 1).map((c): [string, number, number] => {
		const { start, pos } = entry(server, session, c, m);
		return [c, start, pos];
	});
	read(session, { t: "entries", items, done: mine.length <= 1 });
}

/** A new device takes the rows after `delivered`, and what changes from now on (Y3, Y8). */
function entry(server: Server, session: Session, c: string, m: Mutations) {
	const value = must(server.disk.conversations[c]);
	const start = value.receipts[session.user]?.delivered ?? 0;
	const row = value.rows[start - 1];
	if (m.Y8_startByPosition) return { start, pos: row?.pos ?? 0 };
	if (m.Y3_startAtChanged) return { start, pos: row?.changed ?? 0 };
	return { start, pos: conversation.end(value, must(value.members[session.user]), m) };
}

export function pull(server: Server, session: Session, c: string, asked: Pull, m: Mutations) {
	const value = must(server.disk.conversations[c]);
	const member = must(value.members[session.user]);
	const everything = asked.fill === 0;
	const now = conversation.end(value, member, m);
	// At its end a removed member has missed nothing, wherever the kept positions begin.
	const kept = m.Y8_cutNotKept ? value.floor : Math.min(value.floor, now);
	if (!everything && asked.from < kept && !m.Y8_partial) {
		return read(session, { t: "reset", c, id: asked.id, ...entry(server, session, c, m) });
	}
	const first = asked.until < 0;
	const until = first || m.Y4_lastPage ? now : asked.until;
	const from = m.Y8_partial ? Math.max(asked.from, value.floor) : asked.from;
	const fill = m.Y8_startByPosition || m.Y3_startAtChanged ? -1 : asked.fill;
	const matching = value.rows.filter(
		(row) => row.seq > asked.cursor && (row.changed > from || (fill >= 0 && row.seq > fill)),
	);
	const rows = matching
		.slice(0, PAGE_ROWS)
		.map((row) => conversation.shown(row, value, session.user, m));
	const receipts = Object.fromEntries(
		Object.entries(value.receipts).filter(([, r]) => first && r.changed <= now),
	);
	read(session, {
		t: "page",
		c,
		id: asked.id,
		rows,
		receipts: copy(receipts),
		until,
		cursor: rows.at(-1)?.seq ?? asked.cursor,
		done: matching.length <= PAGE_ROWS,
	});
}

export function history(server: Server, session: Session, c: string, m: Mutations) {
	const value = must(server.disk.conversations[c]);
	const at = conversation.end(value, must(value.members[session.user]), m);
	const rows = value.rows.slice(0, 1).map((row) => conversation.shown(row, value, session.user, m));
	read(session, { t: "history", c, at, rows });
}
