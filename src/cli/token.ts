// `colloquy token`: a token for one user, signed with the secret that the server on this folder
// uses. It needs no running server, and it reads no more than the secret's file.

import { loadOrCreateSecret, mintToken, readSecret } from "../auth.js";
import { systemClock } from "../base/clock.js";
import { deviceId, userId } from "../base/ids.js";
import { parseDuration } from "../config/units.js";
import { type Config, developmentMode, options } from "../config.js";
import { CliError } from "./exit.js";
import { print, printJson } from "./output.js";

export async function token(
	rawUser: string,
	flags: Readonly<Record<string, unknown>>,
	config: Config,
	json: boolean,
): Promise<void> {
	const user = userId(rawUser);
	if (user === null) throw badId(`${JSON.stringify(rawUser)} is no user id`);
	const device = deviceOf(flags.device);
	const ttlMs = flags.ttl === undefined ? config.tokenTtlMs : ttlOf(String(flags.ttl));
	const secret = await secretOf(config);
	const { authIssuer: issuer, authAudience: audience } = config;
	const bound = device === null ? {} : { device };
	const made = await mintToken(secret, user, { ttlMs, issuer, audience, ...bound }, systemClock);
	if (json) printJson({ token: made, user, device, ttlMs });
	else print(made);
}

/** The secret that tokens are signed with. Errors: none here, as keys are elsewhere. */
export async function secretOf(config: Config): Promise<Uint8Array> {
	if (developmentMode(config)) return loadOrCreateSecret(config.data, systemClock);
	if (config.authSecretFile !== "") return readSecret(config.authSecretFile);
	const action = "ask whoever holds the private key of authJwksUrl";
	throw new CliError("config", "tokens are signed elsewhere, with a key that is not here", action);
}

function deviceOf(raw: unknown): string | null {
	if (raw === undefined) return null;
	const device = deviceId(String(raw));
	if (device === null) throw badId(`${JSON.stringify(raw)} is no device id`);
	return device;
}

function badId(message: string): CliError {
	const action = "ids have 1–100 bytes without blanks, controls and ~";
	return new CliError("usage", message, action);
}

function ttlOf(text: string): number {
	const { min, max } = options.tokenTtlMs;
	const ttlMs = parseDuration(text);
	if (ttlMs !== null && ttlMs >= min && ttlMs <= max) return ttlMs;
	throw new CliError("usage", `--ttl ${text} is no life of a token`, "say 30s, 24h or 7d");
}
