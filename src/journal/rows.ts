// The rows of the store in one list: what actors append to a write set, what readers decode. Keys
// are in `keys.ts`, each value's bytes in the file named after it.

import type { ConversationEvent, UserEvent } from "../domain/event.js";
import type { IndexRow } from "../domain/index-row.js";
import { appendEvent } from "./event-row.js";
import { appendIndexRow } from "./index-rows.js";
import type { RowsOut } from "./message-row.js";

export { appendEvent, decodeEvent, hasEventRow } from "./event-row.js";
export * from "./index-rows.js";
export type { EntityKind } from "./keys.js";
export {
	appendMessage,
	decodeMessage,
	decodeMessageHeader,
	type MessageHeader,
	type RowsOut,
} from "./message-row.js";

/** Appends all rows of one conversation event: its own, if its type has one, and its index rows. */
export function encodeConversationRows(
	out: RowsOut,
	conversation: string,
	position: number,
	event: ConversationEvent,
	indexRows: readonly IndexRow[],
): void {
	appendEvent(out, "conversation", conversation, position, event);
	for (const row of indexRows) appendIndexRow(out, row);
}

/** Appends all rows of one user event. */
export function encodeUserRows(
	out: RowsOut,
	user: string,
	position: number,
	event: UserEvent,
	indexRows: readonly IndexRow[],
): void {
	appendEvent(out, "user", user, position, event);
	for (const row of indexRows) appendIndexRow(out, row);
}
