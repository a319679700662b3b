// From hello to ready: version, token, takeover limit, the user's actor, welcome; then the device
// has stored its generation, says ready and becomes the one live session of that device.

import type { HelloOutcome, SessionInfo } from "../../actors/port.js";
import { type Authenticate, type Identity, identify } from "../auth/identity.js";
import { BrokerError } from "../base/errors.js";
import { deviceId } from "../base/ids.js";
import { type ClientOp, protocolVersion, type ServerOp } from "../protocol/frames.js";
import type { EarlySockets, Failures, HelloRate } from "./admission.js";
import type { Audience } from "./audience.js";
import { sendWindowDefault } from "./limits.js";
import type { Hub, Phase, Session } from "./session.js";
import type { Takeovers } from "./takeovers.js";
import type { Threshold } from "./threshold.js";

type Hello = Extract<ClientOp, { type: "hello" }>;
type Welcome = Extract<ServerOp, { type: "welcome" }>;

/** What welcome says about this server. The epoch may change while it runs. */
export interface ServerFacts {
	readonly epoch: string;
	readonly ack: Welcome["ack"];
	readonly node: string;
	/** Unanswered sends of one stream; left out: the default. */
	readonly sendWindow?: number;
}

/** What the handshake needs beside what every session has. */
export interface Reception extends Hub {
	readonly authenticate: Authenticate;
	readonly facts: () => ServerFacts;
	readonly early: EarlySockets<Session>;
	readonly rate: HelloRate;
	readonly failures: Failures;
	/** Whether anybody is let in at all. */
	readonly open: boolean;
	readonly takeovers: Takeovers;
	readonly audience: Audience;
	/** Sessions between welcome and ready. */
	readonly welcomed: Threshold;
	/** A ready session joins presence. */
	joined(session: Session, info: SessionInfo): void;
}

/** The first frame. The work goes on while the phase stays the one set here. */
export function hello(at: Reception, session: Session, op: Hello): void {
	at.early.remove(session);
	const since = at.clock.monotonic();
	if (!at.open) {
		session.end("DRAINING");
		return;
	}
	// First, or the hellos of one who guesses tokens would eat the rate of all.
	const failedMs = at.failures.waitMs(session.transport.address, since);
	if (failedMs > 0) {
		session.end("RATE_LIMITED", "too many refused tokens from this address", failedMs);
		return;
	}
	const waitMs = at.rate.waitMs(since, at.clock.random());
	if (waitMs > 0) {
		session.end("OVERLOADED", "too many sign in at once", waitMs);
		return;
	}
	if (op.version !== protocolVersion) {
		session.end("VERSION", String(protocolVersion));
		return;
	}
	const device = deviceId(op.device);
	if (device === null) {
		session.end("ID_INVALID", "device");
		return;
	}
	const phase: Phase = { name: "authenticating", since };
	session.phase = phase;
	session.dueAt = 0;
	admit(at, session, { ...op, device }, phase).catch((error: unknown) => {
		if (error instanceof BrokerError && error.code === "AUTH_REJECTED") {
			at.failures.note(session.transport.address, at.clock.monotonic());
		}
		if (session.phase !== phase) return;
		if (error instanceof BrokerError) {
			if (error.cause !== undefined) {
				at.log("error", "authenticate.fault", { error: String(error.cause) });
			}
			session.end(error.code, error.detail);
		} else session.broken(error);
	});
}

async function admit(at: Reception, session: Session, op: Hello, phase: Phase): Promise<void> {
	const identity = await judge(at, session, op.token, op.device, op.client);
	// Whatever ended the session while we waited has said so to the client.
	if (session.phase !== phase) return;
	const { user } = identity;
	const waitMs = at.takeovers.waitMs(user, op.device, at.clock.monotonic());
	if (waitMs > 0) {
		session.end("TAKEOVER_LIMIT", "", waitMs);
		return;
	}
	const outcome = await at.router.hello({
		user,
		device: op.device,
		accepted: op.accepted,
		offered: op.offered,
		outbox: op.outbox,
		issuedAt: identity.issuedAt,
	});
	if (session.phase !== phase) return;
	if (!outcome.ok) {
		session.end(outcome.code, outcome.detail);
		return;
	}
	session.expiresAt = identity.expiresAt;
	session.transport.receivedMax = Number.POSITIVE_INFINITY;
	const info: SessionInfo = {
		serial: session.serial,
		user,
		device: op.device,
		outbox: op.outbox,
		current: outcome.current,
		generation: outcome.generation,
		issuedAt: identity.issuedAt,
	};
	session.phase = { name: "welcomed", since: at.clock.monotonic(), info };
	at.welcomed.add(session, info)?.end("REPLACED");
	session.say(welcome(at, session, info, outcome));
}

/** Asks the hook. What it cannot know, revocations, the user's actor judges. */
export function judge(
	at: Reception,
	session: Session,
	token: string,
	device: string,
	client: string,
): Promise<Identity> {
	return identify(at.authenticate, token, {
		address: session.transport.address,
		device,
		client,
		now: at.clock.now(),
	});
}

function welcome(
	at: Reception,
	session: Session,
	info: SessionInfo,
	outcome: Extract<HelloOutcome, { ok: true }>,
): Welcome {
	const { limits } = at;
	const { epoch, ack, node, sendWindow = sendWindowDefault } = at.facts();
	return {
		type: "welcome",
		version: protocolVersion,
		user: info.user,
		epoch,
		session: `${node}/${info.serial}`,
		current: outcome.current,
		generation: outcome.generation,
		fresh: outcome.fresh,
		ack,
		pid: outcome.pid,
		node,
		now: at.clock.now(),
		expiresAt: session.expiresAt,
		limits: {
			frameBytes: limits.frameBytesMax,
			contentBytes: limits.contentBytesMax,
			window: sendWindow,
			pageItems: limits.pageItemsMax,
			pulseMs: limits.pulseMs,
		},
		name: outcome.name,
		picture: outcome.picture,
		presence: outcome.presence,
	};
}

/** The device has stored its generation: from here on it is the session of this device. */
export function ready(at: Reception, session: Session, generation: number): void {
	if (session.phase.name !== "welcomed" || generation !== session.phase.info.generation) {
		session.end("PROTOCOL", "ready must name the generation that welcome offered");
		return;
	}
	const { info } = session.phase;
	at.welcomed.delete(session);
	const older = at.audience.of(info.user).filter((one) => one.live?.device === info.device);
	if (older.length > 0) {
		const now = at.clock.monotonic();
		const waitMs = at.takeovers.waitMs(info.user, info.device, now);
		if (waitMs > 0) {
			session.end("TAKEOVER_LIMIT", "", waitMs);
			return;
		}
		at.takeovers.note(info.user, info.device, now);
		for (const one of older) one.end("REPLACED");
	}
	if (at.audience.of(info.user).length >= at.limits.sessionsPerUserMax) {
		session.end("TOO_MANY_CONNECTIONS", "too many sessions of this user");
		return;
	}
	session.phase = { name: "ready", info };
	session.dueAt = 0;
	// In the table before the actors hear of it, so that nothing they push meanwhile is lost.
	at.audience.add(session, info);
	at.joined(session, info);
	at.router.route(info, [{ type: "ready", generation }]);
}
