// Every bound of the gateway: unit in the name, default, reason, and the error that is met at it.
// A plain value, so that the composition root can override any of it.

const KiB = 1_024;
const MiB = 1_024 * KiB;

export const gatewayLimits = {
	// -- Before anybody has said who they are ----------------------------------------------------

	/** A handshake with a token takes milliseconds; a silent socket is a cost. HANDSHAKE_TIMEOUT */
	helloDeadlineMs: 5_000,
	/** A token of 8 kB and the rest of a hello fit twice. The socket is cut. */
	earlyBytesMax: 16 * KiB,
	/** Sockets without hello. At the bound the oldest silent one is cut, so that people get in. */
	earlyMax: 4_096,
	/** The same for one address (IPv6: one /64). Generous, as a proxy is one address. */
	earlyPerAddressMax: 1_024,
	/** How long the hook that judges a token, or the user's actor, may take. UNAVAILABLE */
	authDeadlineMs: 5_000,
	/** Hellos a second that get to the hook; more are told when to come back. OVERLOADED */
	helloPerSecond: 4_000,
	/** How far hellos may run ahead of that rate before they are turned away. OVERLOADED */
	helloBurst: 4_000,
	/** Longest hint to those turned away. */
	helloRetryMsMax: 30_000,
	/** Sockets of this node, below the usual 20,000 open files. HTTP 503, TOO_MANY_CONNECTIONS */
	connectionsMax: 18_000,
	/** Sessions of one user here: 16 devices, and a moment of overlap. TOO_MANY_CONNECTIONS */
	sessionsPerUserMax: 32,
	/** Takeovers of one device within the window below that are borne. TAKEOVER_LIMIT */
	takeoversMax: 3,
	takeoverWindowMs: 10_000,

	// -- What a client may send ------------------------------------------------------------------

	/** One WebSocket message: a large text with room. FRAME_TOO_LARGE, close code 1009 */
	frameBytesMax: 256 * KiB,
	/** Told to clients in welcome; the domain enforces it. MESSAGE_TOO_LARGE */
	contentBytesMax: 64 * KiB,
	/** Fragments of one message: each costs a buffer. Close code 1008 */
	fragmentsMax: 64,
	/** Pieces in which an unfinished frame may lie in memory. Close code 1008 */
	chunksMax: 1_024,
	/** A message seen to be under way must end within this. Close code 1008 */
	unfinishedMs: 30_000,
	/** Unanswered numbered operations of a session; past it the socket is not read. */
	window: 256,
	/** Operations a second without a number (receipts, pulses, typing); past it: not read. */
	unnumberedPerSecond: 20_000,
	/** Transport pings and pongs a second from a peer. The socket is cut. */
	controlPerSecond: 50,
	/** Transport pings whose answers wait because the peer does not read. The socket is cut. */
	pendingPongsMax: 16,
	/** Told to clients in welcome. BAD_REQUEST */
	pageItemsMax: 200,
	/** How often an active client pulses when it has nothing else to say. */
	pulseMs: 5_000,

	// -- What goes out ---------------------------------------------------------------------------

	/** Waiting for one session; past it pushes are dropped and the session lags. */
	outboxBytesMax: 1 * MiB,
	/** Answers included. SLOW_READER */
	outboxBytesHard: 8 * MiB,
	/** Operations gathered into one WebSocket message, unless one alone is larger. */
	gatherBytesMax: 64 * KiB,
	/** A larger message travels in fragments of this size, each waiting for the last to leave. */
	fragmentBytes: 64 * KiB,
	/** A session that took nothing for so long (less than 64 KiB in it) is closed. SLOW_READER */
	stallMs: 30_000,
	/** Sessions written to in one turn of the loop: about 2 ms. */
	sendsPerTurn: 200,
	/** A round of large fan-outs starts no sooner after the last: what gathers goes out together. */
	fanOutGatherMs: 10,

	// -- Dead peers and ends ---------------------------------------------------------------------

	/** The one sweep; the grain of every deadline here. */
	sweepMs: 250,
	/** Silence after which a ping is sent; two unanswered: the socket is cut. PING_TIMEOUT */
	pingMs: 20_000,
	/** How long a polite close may take before the socket is cut. */
	closeMs: 1_000,

	// -- Presence --------------------------------------------------------------------------------

	presenceSweepMs: 1_000,
	/** Silence that makes away: above the 60 s to which browsers throttle a hidden tab's timers. */
	awayAfterMs: 70_000,
	/** A user whose sessions are gone stays online for so long: a reload is not a departure. */
	offlineAfterMs: 3_000,
	lastSeenFlushMs: 10_000,
	/** Last seen of absent users kept in memory until written; more are written at once. */
	lastSeenPendingMax: 10_000,
	/** Users that one session may watch. BAD_REQUEST */
	watchesPerSessionMax: 1_000,
} as const;

export type GatewayLimits = { readonly [K in keyof typeof gatewayLimits]: number };

/** Bounds of guessing; the rate is an option, the memory is not. */
export const failureLimits = {
	/** Refused tokens an address may present, after a burst of the same. RATE_LIMITED */
	failuresPerMinute: 120,
	failureBurst: 120,
	/** Addresses with refused tokens that are remembered; the oldest is forgotten. */
	failureAddressesMax: 10_000,
} as const;

export type FailureLimits = { readonly [K in keyof typeof failureLimits]: number };

/** Told in welcome unless the composition root says otherwise: unanswered sends of one stream. */
export const sendWindowDefault = 64;
