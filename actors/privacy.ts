// Who may know where a user is: both ones' privacy, who shares a direct conversation, and blocks.
// Point reads of committed rows; nothing is kept.

import { directId } from "../src/base/ids.js";
import type { Journal } from "../src/journal/journal.js";
import { blockedKey, infoKey, userKey } from "../src/journal/keys.js";
import { decodeUser } from "../src/journal/rows.js";

/** Whether `watcher` may be told the presence of `user`. Nobody learns whether a user exists. */
export function mayKnow(journal: Journal, watcher: string, user: string): boolean {
	if (watcher === user) return true;
	const theirs = visibilityOf(journal, user);
	// Who hides may not look: otherwise hiding would be free.
	if (theirs === null || theirs === "nobody" || visibilityOf(journal, watcher) === "nobody") {
		return false;
	}
	if (blocks(journal, user, watcher) || blocks(journal, watcher, user)) return false;
	return theirs === "everyone" || journal.get(infoKey(directId(watcher, user))) !== undefined;
}

function visibilityOf(journal: Journal, user: string): "everyone" | "contacts" | "nobody" | null {
	const key = userKey(user);
	const value = journal.get(key);
	return value === undefined ? null : decodeUser(key, value).presence;
}

function blocks(journal: Journal, user: string, other: string): boolean {
	return journal.get(blockedKey(user, other)) !== undefined;
}
