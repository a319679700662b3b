// Tokens that were found good a moment ago. A client shows the same one with every request, and to
// check its signature again costs as much as to send it a small file. Not here: whether a token has
// expired, is for this device or was revoked; that is looked at each time, by who asks.

import type { ClaimedIdentity } from "./identity.js";

interface Entry {
	readonly claimed: ClaimedIdentity;
	/** ms since 1970 */
	readonly since: number;
}

/** Far less than a set of keys is kept for: a withdrawn key is hardly believed longer for it. */
const believedMs = 60_000;
/** Only good ones, which nobody can make at will; the one checked longest ago goes. 0.6 MB. */
const believedMax = 1_000;

export class Believed {
	private readonly kept = new Map<string, Entry>();

	/** Null: its signature is to be checked. */
	get(token: string, now: number): ClaimedIdentity | null {
		const entry = this.kept.get(token);
		// A clock that was set back may be before the time that a token begins at.
		if (entry === undefined || now < entry.since || now - entry.since >= believedMs) return null;
		return entry.claimed;
	}

	add(token: string, claimed: ClaimedIdentity, now: number): void {
		this.kept.delete(token);
		this.kept.set(token, { claimed, since: now });
		const [oldest] = this.kept.keys();
		if (this.kept.size > believedMax && oldest !== undefined) this.kept.delete(oldest);
	}
}
