// The marked list of a user: conversations where some device may be behind, each with the last
// position that concerns the user. Channels are never marked, so all of the user's are named too.

import type { MemberRow } from "../domain/index-row.js";
import { endPosition } from "../domain/visibility.js";
import { memberRow } from "./facts.js";
import { decodeMember } from "./index-rows.js";
import type { Journal, Row, View } from "./journal.js";
import { type Kind, ofId, parseKey } from "./keys.js";
import { lastPosition } from "./positions.js";
import { following, pages, type Span } from "./scan.js";

export interface Mark {
	readonly conversation: string;
	readonly position: number;
}

export interface MarksPage {
	readonly marks: readonly Mark[];
	/** Where the next page goes on; null: this was the last. */
	readonly cursor: string | null;
}

/**
 * Order:  channels, then the others.
 * Errors: JOURNAL_DAMAGED, JOURNAL_FORMAT, JOURNAL_IO, JOURNAL_CLOSED.
 */
export async function marks(
	journal: Journal,
	user: string,
	cursor: string | null,
	limit: number,
): Promise<MarksPage> {
	const view = journal.view();
	try {
		// The cursor is a row's key in hex; membership keys sort before those of marks.
		const from = cursor === null ? new Uint8Array() : following(Buffer.from(cursor, "hex"));
		const found: Mark[] = [];
		for (const kind of ["member", "pending"] as const) {
			for await (const rows of pages(view, spanFrom(kind, user, from))) {
				for (const row of rows) {
					const conversation = parseKey(row.key)?.ids[1] as string;
					const member = memberOf(view, kind, user, conversation, row);
					if (member === null) continue;
					found.push({ conversation, position: await lastFor(view, user, conversation, member) });
					if (found.length < limit) continue;
					return { marks: found, cursor: Buffer.from(row.key).toString("hex") };
				}
			}
		}
		return { marks: found, cursor: null };
	} finally {
		view.close();
	}
}

function spanFrom(kind: Kind, user: string, from: Uint8Array): Span {
	const { gte, lt } = ofId(kind, user);
	if (Buffer.compare(from, gte) <= 0) return { gte, lt };
	// Past the whole kind: an empty interval.
	return { gte: Buffer.compare(from, lt) < 0 ? from : lt, lt };
}

/** Null for a row that makes no mark: a membership that has its mark, or a channel's mark. */
function memberOf(
	view: View,
	kind: "member" | "pending",
	user: string,
	conversation: string,
	row: Row,
): MemberRow | null {
	const member =
		kind === "member" ? decodeMember(row.key, row.value) : memberRow(view, user, conversation);
	return member !== null && (member.kind === "channel") === (kind === "member") ? member : null;
}

async function lastFor(
	view: View,
	user: string,
	conversation: string,
	member: MemberRow,
): Promise<number> {
	return endPosition(member.intervals) ?? (await lastPosition(view, conversation, user, member));
}
