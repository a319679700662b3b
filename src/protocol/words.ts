// Closed sets of words and the small integers that stand for them on the wire [P-2.9]. A number is
// never given again to another word. Operation and command codes are in `frames.ts`.

export const kinds = ["direct", "group", "channel"] as const;
export const roles = ["member", "admin", "owner"] as const;
export const entryRoles = ["member", "admin", "owner", "removed"] as const;
export const states = ["live", "deleted", "expired", "skip"] as const;
export const statuses = ["sent", "delivered", "seen"] as const;
export const visibilities = ["everyone", "contacts", "nobody"] as const;
export const presences = ["offline", "away", "online"] as const;
export const acks = ["memory", "os", "fsync", "replicated+fsync"] as const;

/** First element of a change [P-10.3]. */
export const changeCode = {
	created: 1,
	row: 2,
	hidden: 3,
	reacted: 4,
	added: 5,
	removed: 6,
	role: 7,
	described: 8,
	link: 9,
	muted: 10,
	blocked: 11,
} as const;

/** First element of an item of a pull [P-10.4]. */
export const itemCode = { message: 1, change: 2, status: 3 } as const;
