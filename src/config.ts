// Every option and limit of the broker: name (with its unit), default, reason, and the error met at
// it. docs/operations.md lists the same rows and a test compares. Reading values from flags,
// environment and file is `config/load.ts`; this file is data.

import { admission, incoming, outgoing, presence } from "./config/gateway-options.js";
import { media } from "./config/media-options.js";
import { choice, count, duration, list, type Option, size, text } from "./config/option.js";
import { groupLimits } from "./journal/limits.js";

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;
const KiB = 1_024;
const MiB = 1_024 * KiB;

/** Where the broker listens, what it keeps, whom it believes. */
const server = {
	host: text("127.0.0.1", "nobody outside can connect until somebody decides that they may"),
	port: count(7070, "free on common systems; 0 takes any free one", { min: 0, max: 65_535 }),
	data: text("./data", "one folder holds everything that survives", { error: "DATA_LOCKED" }),
	durability: choice(
		["fsync", "os"],
		"fsync",
		"an acknowledged message survives a power cut; `os` survives only the end of the process",
	),
	allowedOrigins: list([], "pages of which origins may connect; empty: loopback pages only"),
	trustedProxyHops: count(
		0,
		"X-Forwarded-For is ignored unless this many proxies of ours stand in front",
		{ min: 0, max: 16 },
	),
	drainMs: duration(8 * second, "a clean end within the ten seconds that supervisors grant", {
		min: 0,
		max: 9_500,
		error: "DRAINING",
	}),
	logLevel: choice(["debug", "info", "warn", "error"], "info", "what an operator acts upon"),
};

const auth = {
	authSecretFile: text("", "file with a shared secret (HS256); set: no development mode"),
	authJwksUrl: text("", "address of public keys (JWKS); set: no development mode"),
	authIssuer: text("", "the `iss` that tokens must carry; empty: not checked"),
	authAudience: text("", "the `aud` that tokens must carry; empty: not checked"),
	tokenTtlMs: duration(day, "life of a token minted by the command line", {
		min: second,
		max: 3_650 * day,
		error: "AUTH_EXPIRED",
	}),
};

const people = {
	groupMembersMax: count(1_024, "each member's receipts are kept and told one by one", {
		max: 10_000,
		error: "MEMBER_LIMIT",
	}),
	channelMembersMax: count(100_000, "one row a member, and counts instead of receipts", {
		max: 1_000_000,
		error: "MEMBER_LIMIT",
	}),
	reactionsPerMessageMax: count(1_024, "whoever reads a message gets all of them", {
		max: 4_096,
		error: "REACTION_LIMIT",
	}),
	devicesPerUserMax: count(16, "a user's state holds every device", {
		max: 64,
		error: "DEVICE_LIMIT",
	}),
	deviceForgottenAfterMs: duration(30 * day, "a device unseen so long starts afresh", {
		min: minute,
		error: "DEVICE_FORGOTTEN",
	}),
	heldPerDeviceMax: count(10_000, "answers to marks kept for one device of a user"),
	sendWindow: count(64, "answers kept for repeats, so state per outbox is bounded", {
		max: 1_024,
		error: "SEND_WINDOW",
	}),
	receiptGatherMs: duration(200, "receipts of a group become one event and one status frame", {
		min: 0,
		max: 10 * second,
	}),
};

const actors = {
	mailboxMax: count(10_000, "messages waiting for one actor; more means that it cannot follow", {
		min: 16,
		error: "OVERLOADED",
	}),
	actorsMax: count(200_000, "users and conversations in memory; idle ones leave first", {
		min: 100,
		error: "OVERLOADED",
	}),
	restartsMax: count(10, "crashes of an actor borne within the window; one more is quarantine", {
		max: 100,
		error: "UNAVAILABLE",
	}),
	restartWindowMs: duration(minute, "the time within which crashes are counted", { min: second }),
	quarantineMs: duration(30 * second, "first quarantine of an actor; each further one is doubled", {
		min: second,
		error: "UNAVAILABLE",
	}),
	quarantineMaxMs: duration(10 * minute, "longest quarantine: then it is tried again", {
		min: second,
		error: "UNAVAILABLE",
	}),
	passivateAfterMs: duration(5 * minute, "an idle conversation leaves memory", { min: second }),
	passivateBudget: count(2_000, "actors that one sweep looks at: a millisecond or two"),
	sweepMs: duration(1_000, "how often idle actors and expired messages are looked for", {
		min: 10,
	}),
	expireBudget: count(1_000, "messages that expire in one sweep; more wait for the next"),
	directMembersMax: count(
		32,
		"up to here a push passes each member's actor; above, it is encoded once for the whole node",
	),
	readsAtOnce: count(4, "reads share the pool of threads with the commit, which must find room"),
	readsWaitingMax: count(10_000, "requests that wait for a read", { error: "OVERLOADED" }),
	pageBytesMax: size(512 * KiB, "rows in one page, below what clients must take; one at least", {
		min: KiB,
		max: 768 * KiB,
	}),
	marksPerPage: count(1_000, "marked conversations in one operation"),
	snapshotEvery: count(1_000, "events between snapshots: bounds what a recovery replays"),
	keptPositions: count(10_000, "older events are trimmed; a cursor below starts over", {
		min: 10,
		error: "RESET",
	}),
	keptCommits: count(100_000, "older commit rows are trimmed; followers must have read them", {
		min: 1_000,
	}),
};

const journal = {
	groupBytesMax: size(groupLimits.groupBytesMax, "one commit's rows; more is the next group", {
		min: 64 * KiB,
	}),
	groupEntriesMax: count(groupLimits.groupEntriesMax, "building a batch holds the thread so long"),
	markEveryMs: duration(groupLimits.markEveryMs, "the side file's last commit is this old at most"),
	reopenFirstMs: duration(groupLimits.reopenFirstMs, "first wait before a failed store is opened"),
	reopenMaxMs: duration(groupLimits.reopenMaxMs, "longest wait, doubled up to here"),
	writeBufferBytes: size(32 * MiB, "4 MiB stalls up to 1.5 s under load, 64 MiB opens in 2 s", {
		min: MiB,
		max: 256 * MiB,
	}),
	cacheBytes: size(32 * MiB, "history of active conversations stays in memory", { min: MiB }),
};

/** All of it, in the order of docs/operations.md. */
export const optionGroups = {
	server,
	auth,
	people,
	admission,
	incoming,
	outgoing,
	presence,
	actors,
	journal,
	media,
} as const;

export const options = {
	...server,
	...auth,
	...people,
	...admission,
	...incoming,
	...outgoing,
	...presence,
	...actors,
	...journal,
	...media,
} as const;

export type OptionName = keyof typeof options;

/** The values a broker runs with. Durations in ms, sizes in bytes. */
export type Config = {
	readonly [K in OptionName]: (typeof options)[K] extends Option<infer T> ? T : never;
};

export const optionNames = Object.keys(options) as readonly OptionName[];

export const defaultConfig: Config = Object.fromEntries(
	optionNames.map((name) => [name, options[name].default]),
) as Config;

/** Without a secret or keys of the operator's own, whoever is on the machine may be anybody. */
export function developmentMode(config: Config): boolean {
	return config.authSecretFile === "" && config.authJwksUrl === "";
}
