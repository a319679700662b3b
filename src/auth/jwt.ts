// The default judge of tokens: JSON Web Tokens with a shared secret, with public keys, or with a
// set of keys behind an address. Which algorithms are believed follows from the keys, never from
// the token.

import { createPublicKey, type KeyObject, subtle } from "node:crypto";
import { createLocalJWKSet, createRemoteJWKSet, errors, type JWTPayload, jwtVerify } from "jose";
import { Believed } from "./believed.js";
import { type AuthContext, type Authenticate, type ClaimedIdentity, refuse } from "./identity.js";

/** Where the keys come from. Exactly one. */
export type JwtKeys =
	/** Shared secret, HS256. As the token's maker has it: 32 bytes at least. */
	| { readonly secret: Uint8Array }
	/** A public key: PEM, a JWK, or a JWK set, as text. EdDSA or RS256. */
	| { readonly publicKey: string }
	/** Address of a JWK set, fetched when needed and again when a token names another key. */
	| { readonly jwksUrl: string };

export type JwtOptions = JwtKeys & {
	/** What `iss` and `aud` must be; left out: not looked at. */
	readonly issuer?: string;
	readonly audience?: string;
	/** How far clocks may be apart. */
	readonly toleranceMs?: number;
};

type Verify = (token: string, now: number) => Promise<JWTPayload>;

const toleranceMsDefault = 5_000;
const jwksTimeoutMs = 3_000;

/**
 * A hook that judges JWTs: `sub` is the user, `exp` and `iat` bound the session, `device` (ours)
 * binds the token to one device.
 *
 * Errors: TypeError for keys that are none. The hook refuses with AUTH_EXPIRED or AUTH_REJECTED;
 *         what was wrong with a token is not told, because only its maker has use for it. A key set
 *         that cannot be fetched is a fault (UNAVAILABLE).
 */
export function jwtAuthenticate(options: JwtOptions): Authenticate {
	const verify = verifier(options);
	const believed = new Believed();
	return async (token: string, { now }: AuthContext): Promise<ClaimedIdentity> => {
		const known = believed.get(token, now);
		if (known !== null) return known;
		let claims: JWTPayload;
		try {
			claims = await verify(token, now);
		} catch (error) {
			if (error instanceof errors.JWTExpired) throw refuse("AUTH_EXPIRED");
			if (isFault(error)) throw error;
			throw refuse("AUTH_REJECTED");
		}
		const claimed = identityOf(claims);
		believed.add(token, claimed, now);
		return claimed;
	};
}

/** Not the token's fault: the key set could not be had. */
function isFault(error: unknown): boolean {
	if (!(error instanceof errors.JOSEError)) return true;
	return (
		error instanceof errors.JWKSTimeout ||
		error instanceof errors.JWKSInvalid ||
		error.code === "ERR_JOSE_GENERIC"
	);
}

function identityOf(claims: JWTPayload): ClaimedIdentity {
	const { sub, exp, iat, device } = claims;
	if (typeof sub !== "string" || typeof exp !== "number") throw refuse("AUTH_REJECTED");
	if (!Number.isSafeInteger(Math.floor(exp * 1_000))) throw refuse("AUTH_REJECTED");
	if (device !== undefined && typeof device !== "string") throw refuse("AUTH_REJECTED");
	return {
		user: sub,
		expiresAt: exp * 1_000,
		// Without it a revocation, whenever it was, covers the token: the safe reading.
		issuedAt: typeof iat === "number" ? iat * 1_000 : 0,
		device: device ?? null,
	};
}

function verifier(options: JwtOptions): Verify {
	const { issuer, audience, toleranceMs = toleranceMsDefault } = options;
	const common = {
		requiredClaims: ["sub", "exp"],
		clockTolerance: toleranceMs / 1_000,
		...(issuer === undefined || issuer === "" ? {} : { issuer }),
		...(audience === undefined || audience === "" ? {} : { audience }),
	};
	const at = (now: number) => ({ ...common, currentDate: new Date(now) });
	if ("secret" in options) {
		if (options.secret.length < 32) throw new TypeError("a secret has 32 bytes or more");
		const algorithms = ["HS256"];
		// As bytes, or as a KeyObject, it would be made a key again for every token.
		const hmac = { name: "HMAC", hash: "SHA-256" };
		const key = subtle.importKey("raw", options.secret, hmac, false, ["verify"]);
		return async (token, now) =>
			(await jwtVerify(token, await key, { ...at(now), algorithms })).payload;
	}
	if ("jwksUrl" in options) {
		const keys = createRemoteJWKSet(new URL(options.jwksUrl), { timeoutDuration: jwksTimeoutMs });
		const algorithms = ["EdDSA", "RS256"];
		return async (token, now) => (await jwtVerify(token, keys, { ...at(now), algorithms })).payload;
	}
	return publicVerifier(options.publicKey.trim(), at);
}

function publicVerifier(
	text: string,
	at: (now: number) => { readonly requiredClaims: string[]; readonly currentDate: Date },
): Verify {
	if (text.startsWith("{")) {
		const jwk: unknown = JSON.parse(text);
		if (typeof jwk === "object" && jwk !== null && "keys" in jwk) {
			const keys = createLocalJWKSet(jwk as Parameters<typeof createLocalJWKSet>[0]);
			const algorithms = ["EdDSA", "RS256"];
			return async (token, now) =>
				(await jwtVerify(token, keys, { ...at(now), algorithms })).payload;
		}
		return one(createPublicKey({ key: jwk as never, format: "jwk" }), at);
	}
	return one(createPublicKey(text), at);
}

function one(
	key: KeyObject,
	at: (now: number) => { readonly requiredClaims: string[]; readonly currentDate: Date },
): Verify {
	const type = key.asymmetricKeyType;
	if (type !== "ed25519" && type !== "rsa")
		throw new TypeError(`keys of type ${type} are not used`);
	const algorithms = [type === "rsa" ? "RS256" : "EdDSA"];
	return async (token, now) => (await jwtVerify(token, key, { ...at(now), algorithms })).payload;
}
