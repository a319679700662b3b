// The composition root: everything that names an adapter or opens something stands here, built in
// order and closed in reverse. What is wired inside is `core.ts`.

import { readFile } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Tickets } from "../actors/port.js";
import type { PsLimits, PsSnapshot } from "../actors/root.js";
import { type Authenticate, jwtAuthenticate, loadOrCreateSecret, readSecret } from "./auth.js";
import { type Clock, systemClock } from "./base/clock.js";
import { BrokerError } from "./base/errors.js";
import { userId } from "./base/ids.js";
import { type Log, silentLog } from "./base/log.js";
import { type Config, defaultConfig } from "./config.js";
import { type Core, createCore } from "./core.js";
import type { GatewayCounts } from "./gateway/gateway.js";
import { type Listener, listen } from "./gateway/listener.js";
import { clientAddress, originAllowed } from "./gateway/peer.js";
import { Door } from "./gateway/server.js";
import type { Journal } from "./journal/journal.js";
import { openLevel } from "./journal/leveldb.js";
import type { Guard } from "./media/http.js";
import { type MediaParts, MediaServer } from "./media/media-server.js";
import { openStore } from "./media/open-store.js";
import type { BlobStore } from "./media/store.js";
import { makeTicket, ticketHolds } from "./media/ticket.js";

export interface BrokerOptions {
	readonly log?: Log;
	readonly clock?: Clock;
	/** First part of every pid. */
	readonly node?: string;
	/**
	 * The folder was put back from a backup, so devices may hold more than it does: a new epoch
	 * begins, under which they start from their list. Commits missing at the end are accepted.
	 */
	readonly restored?: boolean;
	/** Judges tokens; left out: JWTs by the configuration, or the data folder's own secret. */
	readonly authenticate?: Authenticate;
	/** Where files lie in the end; left out: where the configuration says. Closed by the broker. */
	readonly mediaStore?: BlobStore;
}

/** What a running broker says of itself. Its size does not grow with the actors. */
export interface PsReport {
	readonly actors: PsSnapshot;
	readonly commit: {
		readonly state: "ok" | "failed";
		readonly since: number;
		/** Number of the last durable commit. */
		readonly number: number;
		/** Why the store takes no writes, and how often it was tried again. */
		readonly lastError: string | null;
		readonly attempts: number;
	};
	readonly gateway: GatewayCounts;
}

export interface Broker {
	/** Binds the port of the configuration. Errors: those of `net`, EADDRINUSE first of all. */
	listen(): Promise<{ readonly host: string; readonly port: number }>;
	/** The door for a server of the host's own: `door.attach(server)`. */
	readonly door: Door;
	/**
	 * Requests for media, for a server of the host's own; true: it answers.
	 *
	 * Shape: paths below `/media`; the path is not rewritten.
	 */
	media(request: IncomingMessage, response: ServerResponse): boolean;
	/**
	 * Makes a user exist who has not signed in yet.
	 *
	 * Errors: ID_INVALID, JOURNAL_IO, OVERLOADED, UNAVAILABLE.
	 */
	provision(user: string): Promise<void>;
	/** Voids the user's tokens made so far (`device` null), or forgets one device; ends sessions. */
	revoke(user: string, device?: string | null): Promise<void>;
	/**
	 * Announces, drains, commits and closes; resolves soon after the grace at the latest.
	 *
	 * Units: ms. Touches no signal and ends no process.
	 */
	close(options?: { readonly graceMs?: number }): Promise<void>;
	readonly admin: {
		readonly node: string;
		/** For looking; the broker closes it. */
		readonly journal: Journal;
		ps(limits?: Partial<PsLimits>): Promise<PsReport>;
	};
}

/**
 * Clients are asked to come back over this time after a drain, so that they do not come at once.
 */
const comeBackWithinMs = 5_000;

/** Errors: DATA_LOCKED, JOURNAL_DAMAGED, JOURNAL_FORMAT, JOURNAL_IO, CONFIG_INVALID. */
export function createBroker(
	given: Partial<Config> = {},
	options: BrokerOptions = {},
): Promise<Broker> {
	return openBroker(given, options, (store) => store);
}

/** What the test kit gets beside: an end that is no orderly one. */
export interface MortalBroker extends Broker {
	/**
	 * Ends as a kill would: sockets are cut, nothing is announced, answered or written. What still
	 * waits for the store waits for ever, so the clock and the store given must stand still first.
	 */
	abandon(): Promise<void>;
}

/** The same broker; `seen` may stand between it and its store. */
export async function openBroker(
	given: Partial<Config>,
	options: BrokerOptions,
	seen: (store: Journal) => Journal,
): Promise<MortalBroker> {
	const config: Config = { ...defaultConfig, ...given };
	const { log = silentLog, clock = systemClock, node = "n1", restored = false } = options;
	const { data: folder, durability, writeBufferBytes, cacheBytes } = config;
	const authenticate = options.authenticate ?? (await authenticateBy(config, clock));
	const store = await openLevel({
		folder,
		durability,
		clock,
		log,
		newEpoch: restored,
		writeBufferBytes,
		cacheBytes,
	});
	const journal = seen(store);
	let started: Core | undefined;
	let media: MediaServer;
	try {
		const key = await loadOrCreateSecret(folder, clock, "media-key");
		const tickets = ticketsOf(key, config, clock);
		started = await createCore({ clock, log, journal, config, node, authenticate, tickets });
		const { store, ...opened } = await openStore(config);
		const parts = { ...opened, clock, log, key, authenticate, store: options.mediaStore ?? store };
		media = await openMedia(started, config, parts);
	} catch (error) {
		await started?.stop();
		await store.close();
		throw error;
	}
	const core = started;
	const { gateway, root } = core;
	const door = new Door(gateway, {
		allowedOrigins: config.allowedOrigins,
		trustedHops: config.trustedProxyHops,
	});
	let listener: Listener | null = null;
	let closing: Promise<void> | null = null;

	async function abandon(): Promise<void> {
		// Cuts at once; what it then waits for does not come any more.
		gateway.close().catch(() => {});
		await listener?.close();
		await store.abandon();
	}

	async function close(graceMs: number): Promise<void> {
		await gateway.drain({ graceMs, spreadMs: comeBackWithinMs });
		await gateway.close();
		await media.close();
		await listener?.close();
		await core.stop();
		await journal.close();
	}

	return {
		door,
		async listen() {
			const { host, port } = config;
			listener = await listen(gateway, door, {
				host,
				port,
				health: () => healthOf(core),
				request: (request, response) => media.handle(request, response),
			});
			return { host: listener.host, port: listener.port };
		},
		media: (request, response) => media.handle(request, response),
		provision: (user) => core.provision(known(user)),
		revoke: (user, device = null) => core.revoke(known(user), device),
		close({ graceMs = config.drainMs } = {}) {
			closing ??= close(graceMs);
			return closing;
		},
		abandon() {
			closing ??= abandon();
			return closing;
		},
		admin: {
			node,
			journal,
			ps: async (limits) => ({
				actors: root.ps(limits),
				commit: commitOf(core),
				gateway: gateway.counts(),
			}),
		},
	};
}

function ticketsOf(key: Uint8Array, { mediaTicketMs }: Config, clock: Clock): Tickets {
	return {
		hold: (user, { ticket, ...granted }, now) => ticketHolds(key, user, granted, ticket, now),
		make: (user, granted) => makeTicket(key, user, granted, clock.now() + mediaTicketMs),
	};
}

async function openMedia(
	core: Core,
	config: Config,
	parts: Omit<MediaParts, keyof Guard | "index" | "limits" | "baseUrl"> &
		Pick<Guard, "clock" | "authenticate">,
): Promise<MediaServer> {
	const { allowedOrigins, trustedProxyHops } = config;
	return MediaServer.open({
		...parts,
		index: core.media,
		limits: config,
		baseUrl: config.mediaUrl.replace(/\/+$/, ""),
		admit: (user, device, issuedAt) => core.admit(user, device, issuedAt),
		address: ({ socket, headers }) =>
			clientAddress(socket.remoteAddress, headers["x-forwarded-for"], trustedProxyHops),
		originAllowed: ({ headers }) => originAllowed(headers.origin, headers.host, allowedOrigins),
	});
}

function commitOf({ pipeline }: Core): PsReport["commit"] {
	const { health, number } = pipeline;
	const { state, since } = health;
	return health.state === "ok"
		? { state, since, number, lastError: null, attempts: 0 }
		: { state, since, number, lastError: health.lastError.message, attempts: health.attempts };
}

function healthOf({ pipeline }: Core): string | null {
	const { health } = pipeline;
	return health.state === "ok" ? null : `the journal takes no writes: ${health.lastError.message}`;
}

function known(user: string): string {
	const id = userId(user);
	if (id === null) throw new BrokerError("ID_INVALID", JSON.stringify(user));
	return id;
}

/** The operator's keys where there are some, else the data folder's own secret. */
async function authenticateBy(config: Config, clock: Clock): Promise<Authenticate> {
	const { authSecretFile, authJwksUrl, authIssuer, authAudience, data } = config;
	const claims = {
		...(authIssuer === "" ? {} : { issuer: authIssuer }),
		...(authAudience === "" ? {} : { audience: authAudience }),
	};
	if (authJwksUrl !== "") return jwtAuthenticate({ ...claims, jwksUrl: authJwksUrl });
	if (authSecretFile === "") {
		return jwtAuthenticate({ ...claims, secret: await loadOrCreateSecret(data, clock) });
	}
	const text = await readFile(authSecretFile, "utf8");
	// A file that begins like PEM or JSON holds public keys; anything else is a shared secret.
	return /^\s*(-----BEGIN|\{)/.test(text)
		? jwtAuthenticate({ ...claims, publicKey: text })
		: jwtAuthenticate({ ...claims, secret: await readSecret(authSecretFile) });
}
