// Who a token says that somebody is, and the hook that finds out. The hook is the embedder's, so
// whatever comes back is checked before anybody believes it.

import { BrokerError } from "../base/errors.js";
import { deviceId, userId } from "../base/ids.js";

/** Units: ms since 1970. */
export interface Identity {
	/** In normal form. */
	readonly user: string;
	readonly expiresAt: number;
	/** When the token was made; tokens made before a revocation are void. 0: always before. */
	readonly issuedAt: number;
	/** The only device that the token is good for; null: any. */
	readonly device: string | null;
}

/** What an embedder's hook may return: the same, with less to fill in. */
export interface ClaimedIdentity {
	readonly user: string;
	readonly expiresAt?: number | undefined;
	readonly issuedAt?: number | undefined;
	readonly device?: string | null | undefined;
}

/** What is known about the asker besides the token. */
export interface AuthContext {
	readonly address: string;
	readonly device: string;
	/** What the client calls itself. Not to be trusted. */
	readonly client: string;
	/** Time of the broker's clock, ms. */
	readonly now: number;
}

/**
 * Judges a token.
 *
 * Shape:  `expiresAt` left out: the session lives for `sessionMsMax`.
 * Errors: a refusal is a null result, or `refuse(…)` thrown; the client gets AUTH_REJECTED or
 *         AUTH_EXPIRED and does not come back with the same token. Anything else that is thrown or
 *         returned, and an answer that takes too long, is a fault of the hook: the client gets
 *         UNAVAILABLE and comes back, and the fault is logged.
 */
export type Authenticate = (
	token: string,
	context: AuthContext,
) => ClaimedIdentity | null | Promise<ClaimedIdentity | null>;

/** A session whose hook names no end. */
export const sessionMsMax = 24 * 3_600_000;

/** The refusal of a token, to be thrown by a hook. The detail reaches the client. */
export function refuse(
	code: "AUTH_REJECTED" | "AUTH_EXPIRED" | "AUTH_REVOKED" = "AUTH_REJECTED",
	detail = "",
): BrokerError {
	return new BrokerError(code, detail);
}

const refusals = new Set(["AUTH_REJECTED", "AUTH_EXPIRED", "AUTH_REVOKED", "RATE_LIMITED"]);

/**
 * Calls the hook and believes only what is well formed.
 *
 * Errors: BrokerError AUTH_REJECTED, AUTH_EXPIRED, AUTH_REVOKED, RATE_LIMITED; UNAVAILABLE with the
 *         fault as its cause and nothing of it in its detail.
 */
export async function identify(
	authenticate: Authenticate,
	token: string,
	context: AuthContext,
): Promise<Identity> {
	let claimed: unknown;
	try {
		claimed = await authenticate(token, context);
	} catch (error) {
		if (error instanceof BrokerError && refusals.has(error.code)) throw error;
		throw new BrokerError("UNAVAILABLE", "", { cause: error });
	}
	if (claimed === null || claimed === undefined || claimed === false) throw refuse();
	const identity = check(claimed, context.now);
	if (identity.expiresAt <= context.now) throw refuse("AUTH_EXPIRED");
	if (identity.device !== null && identity.device !== context.device) {
		throw refuse("AUTH_REJECTED", "the token is for another device");
	}
	return identity;
}

function check(claimed: unknown, now: number): Identity {
	const fault = (what: string) =>
		new BrokerError("UNAVAILABLE", "", { cause: new TypeError(`authenticate returned ${what}`) });
	if (typeof claimed !== "object" || claimed === null) throw fault(typeof claimed);
	const {
		user,
		expiresAt = now + sessionMsMax,
		issuedAt = 0,
		device = null,
	} = claimed as Partial<ClaimedIdentity>;
	if (typeof user !== "string") throw fault("no user");
	if (typeof expiresAt !== "number" || !(Math.abs(expiresAt) <= Number.MAX_SAFE_INTEGER)) {
		throw fault("an expiry that is no time");
	}
	if (typeof issuedAt !== "number" || Number.isNaN(issuedAt)) {
		throw fault("an issue time that is no time");
	}
	if (device !== null && typeof device !== "string") throw fault("a device that is no text");
	const normal = userId(user);
	// The id comes from whoever makes the tokens, so this is a refusal and says why.
	if (normal === null) throw refuse("AUTH_REJECTED", "the user id breaks the rule for ids");
	const bound = device === null ? null : deviceId(device);
	if (device !== null && bound === null) throw refuse("AUTH_REJECTED", "bad device id");
	return { user: normal, expiresAt: Math.floor(expiresAt), issuedAt, device: bound };
}
