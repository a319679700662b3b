// What stands in the place of a message that its reader may not see, or of which no more is known
// than where it stands.

import type { WireMessage } from "./frames.js";

export function hollow(seq: number, position: number, changed: number): WireMessage {
	return {
		seq,
		position,
		changed,
		at: 0,
		sender: "",
		state: "skip",
		body: null,
		editedAt: null,
		expiresAt: null,
		clientTime: null,
		frozen: null,
		outbox: null,
		n: null,
		reactions: [],
		id: null,
	};
}
