// The options of connections, sessions and presence: bounds from `gateway/limits.ts`, whose values
// are the defaults here, with reason and error for whoever configures them.

import {
	failureLimits as failures,
	type GatewayLimits,
	gatewayLimits as limits,
} from "../gateway/limits.js";
import * as protocol from "../protocol/limits.js";
import { count, duration, size } from "./option.js";

/** What a socket may cost before anybody has said who they are. */
export const admission = {
	helloDeadlineMs: duration(limits.helloDeadlineMs, "a hello takes milliseconds", {
		error: "HANDSHAKE_TIMEOUT",
	}),
	earlyBytesMax: size(limits.earlyBytesMax, "a token and a hello fit twice", {
		error: "PROTOCOL",
	}),
	earlyMax: count(limits.earlyMax, "sockets without hello; the oldest silent one is cut", {
		error: "TOO_MANY_CONNECTIONS",
	}),
	earlyPerAddressMax: count(
		limits.earlyPerAddressMax,
		"the same for one address (IPv6: one /64); a proxy is one address",
		{ error: "TOO_MANY_CONNECTIONS" },
	),
	authDeadlineMs: duration(limits.authDeadlineMs, "longest judgement of a token", {
		error: "UNAVAILABLE",
	}),
	helloPerSecond: count(limits.helloPerSecond, "a herd that comes back is let in gradually", {
		error: "OVERLOADED",
	}),
	helloBurst: count(limits.helloBurst, "how far hellos may run ahead of that rate", {
		error: "OVERLOADED",
	}),
	helloRetryMsMax: duration(limits.helloRetryMsMax, "longest hint to those turned away"),
	failuresPerMinute: count(failures.failuresPerMinute, "refused tokens that an address may show", {
		error: "RATE_LIMITED",
	}),
	failureBurst: count(failures.failureBurst, "how far refused tokens may run ahead of that rate", {
		error: "RATE_LIMITED",
	}),
	connectionsMax: count(limits.connectionsMax, "below the usual 20,000 open files", {
		error: "TOO_MANY_CONNECTIONS",
	}),
	sessionsPerUserMax: count(limits.sessionsPerUserMax, "16 devices and a moment of overlap", {
		error: "TOO_MANY_CONNECTIONS",
	}),
	takeoversMax: count(limits.takeoversMax, "two clients with one device id fight; borne so often", {
		error: "TAKEOVER_LIMIT",
	}),
	takeoverWindowMs: duration(limits.takeoverWindowMs, "the time within which they are counted", {
		error: "TAKEOVER_LIMIT",
	}),
};

/** What a session may send. */
export const incoming = {
	frameBytesMax: size(limits.frameBytesMax, "a large text with room", {
		max: protocol.frameBytesMax,
		error: "FRAME_TOO_LARGE",
	}),
	contentBytesMax: size(limits.contentBytesMax, "larger content is media", {
		max: protocol.contentBytesMax,
		error: "MESSAGE_TOO_LARGE",
	}),
	fragmentsMax: count(limits.fragmentsMax, "each fragment of a message costs a buffer", {
		error: "PROTOCOL",
	}),
	chunksMax: count(limits.chunksMax, "pieces in which an unfinished frame may lie in memory", {
		error: "PROTOCOL",
	}),
	unfinishedMs: duration(limits.unfinishedMs, "a message begun must end", { error: "PROTOCOL" }),
	sessionWindow: count(limits.window, "unanswered operations; past it the socket is not read"),
	unnumberedPerSecond: count(
		limits.unnumberedPerSecond,
		"receipts, pulses and typing; past it the socket is not read",
	),
	controlPerSecond: count(limits.controlPerSecond, "transport pings and pongs of a peer", {
		error: "PROTOCOL",
	}),
	pendingPongsMax: count(limits.pendingPongsMax, "pings whose answers wait for the peer to read", {
		error: "PROTOCOL",
	}),
	pageItemsMax: count(limits.pageItemsMax, "one page of history, of a list or of a pull", {
		max: protocol.pageItemsMax,
		error: "BAD_REQUEST",
	}),
	watchesPerSessionMax: count(limits.watchesPerSessionMax, "users whose presence one may watch", {
		error: "BAD_REQUEST",
	}),
};

/** What waits for a session, and when a dead one is noticed. */
export const outgoing = {
	outboxBytesMax: size(limits.outboxBytesMax, "past it pushes are dropped and the session lags"),
	outboxBytesHard: size(limits.outboxBytesHard, "the same with answers, which are not dropped", {
		error: "SLOW_READER",
	}),
	gatherBytesMax: size(limits.gatherBytesMax, "operations gathered into one WebSocket message"),
	fragmentBytes: size(limits.fragmentBytes, "larger messages leave in pieces, one at a time"),
	stallMs: duration(limits.stallMs, "a session that took nothing for so long is closed", {
		error: "SLOW_READER",
	}),
	sendsPerTurn: count(limits.sendsPerTurn, "about 2 ms of one turn of the event loop"),
	fanOutGatherMs: duration(limits.fanOutGatherMs, "what a large group says meanwhile is one frame"),
	gatewaySweepMs: duration(limits.sweepMs, "the one sweep: the grain of every deadline here"),
	pingMs: duration(limits.pingMs, "silence before a ping; two unanswered end the connection", {
		error: "PING_TIMEOUT",
	}),
	closeMs: duration(limits.closeMs, "a polite close, before the socket is cut"),
};

export const presence = {
	pulseMs: duration(limits.pulseMs, "how often an active client says so"),
	presenceSweepMs: duration(limits.presenceSweepMs, "one sweep judges everybody"),
	awayAfterMs: duration(limits.awayAfterMs, "browsers throttle a hidden tab's timers to 60 s"),
	offlineAfterMs: duration(limits.offlineAfterMs, "a reload is not a departure"),
	lastSeenFlushMs: duration(limits.lastSeenFlushMs, "pulses never touch the disk"),
	lastSeenPendingMax: count(limits.lastSeenPendingMax, "more are written at once"),
};

const groups = { ...admission, ...incoming, ...outgoing, ...presence };

/** The gateway's own names for the values of a configuration, where all names are in one room. */
export function gatewayLimitsOf(
	config: { readonly [K in keyof typeof groups]: number },
): GatewayLimits {
	return { ...config, window: config.sessionWindow, sweepMs: config.gatewaySweepMs };
}
