// The secrets of a data folder, and the tokens that the command line makes with the shared one.
// Whoever reads the files can be anybody, so they are their owner's alone.

import { constants } from "node:fs";
import { link, mkdir, open, readFile, stat, unlink } from "node:fs/promises";
import { join } from "node:path";
import { SignJWT } from "jose";
import type { Clock } from "../base/clock.js";
import { BrokerError } from "../base/errors.js";

/** Shorter ones can be guessed offline from any one token (RFC 7518, 3.2). */
export const secretBytesMin = 32;

/** `secret` signs tokens, `media-key` seals tickets and addresses of media. */
export type SecretFile = "secret" | "media-key";

/**
 * A secret of a data folder, made at first use: 32 random bytes, as text so that other services
 * can be given it. The key is the text itself, as most JWT libraries take it.
 *
 * Order:  of two processes that start at once both get the same secret.
 * Errors: CONFIG_INVALID when the file is too short or others may read it.
 */
export async function loadOrCreateSecret(
	dataDir: string,
	clock: Clock,
	fileName: SecretFile = "secret",
): Promise<Uint8Array> {
	const path = join(dataDir, fileName);
	try {
		return await readSecret(path);
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
	}
	await mkdir(dataDir, { recursive: true });
	const hex = Buffer.from(clock.randomBytes(8)).toString("hex");
	const draft = join(dataDir, `.${fileName}-${hex}`);
	const { O_CREAT, O_EXCL, O_WRONLY } = constants;
	const file = await open(draft, O_CREAT | O_EXCL | O_WRONLY, 0o600);
	try {
		await file.writeFile(`${Buffer.from(clock.randomBytes(32)).toString("base64url")}\n`);
		await file.sync();
	} finally {
		await file.close();
	}
	try {
		// Unlike a rename, a link never replaces what another process was quicker to make.
		await link(draft, path);
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
	} finally {
		await unlink(draft);
	}
	return readSecret(path);
}

/** Errors: CONFIG_INVALID as above; ENOENT and the like as they come. */
export async function readSecret(path: string): Promise<Uint8Array> {
	const { mode } = await stat(path);
	if ((mode & 0o077) !== 0 && process.platform !== "win32") {
		throw new BrokerError("CONFIG_INVALID", `${path} can be read by others: chmod 600 it`);
	}
	const secret = new TextEncoder().encode((await readFile(path, "utf8")).trim());
	if (secret.length < secretBytesMin) {
		throw new BrokerError("CONFIG_INVALID", `${path} holds fewer than ${secretBytesMin} bytes`);
	}
	return secret;
}

export interface TokenOptions {
	readonly ttlMs: number;
	/** Binds the token to one device. */
	readonly device?: string;
	readonly issuer?: string;
	readonly audience?: string;
}

/** A token for a user, HS256. Times carry milliseconds, so that a revocation cuts exactly. */
export async function mintToken(
	secret: Uint8Array,
	user: string,
	options: TokenOptions,
	clock: Clock,
): Promise<string> {
	const now = clock.now();
	const { device, issuer, audience } = options;
	const claims = {
		sub: user,
		iat: now / 1_000,
		exp: (now + options.ttlMs) / 1_000,
		...(device === undefined ? {} : { device }),
	};
	const jwt = new SignJWT(claims).setProtectedHeader({ alg: "HS256", typ: "JWT" });
	if (issuer !== undefined && issuer !== "") jwt.setIssuer(issuer);
	if (audience !== undefined && audience !== "") jwt.setAudience(audience);
	return jwt.sign(secret);
}
