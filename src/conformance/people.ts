// The users that a run may be: made up freshly where tokens can be made, else those whose tokens
// were given.

export interface Person {
	readonly user: string;
	readonly token: string;
}

/** Where tokens come from. */
export type Tokens =
	/** Tokens of any user, and of any life. */
	| { readonly type: "made"; readonly make: (user: string, ttlMs?: number) => Promise<string> }
	/** A few users, who may have a past. */
	| { readonly type: "given"; readonly people: readonly Person[] };
