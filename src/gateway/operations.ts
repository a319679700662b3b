// What the operations of a frame mean to the gateway: which it answers itself, which it counts, and
// which go to the actors, in one batch a frame.

import type { RoutedOp, SessionInfo } from "../../actors/port.js";
import { BrokerError } from "../base/errors.js";
import type { DecodedOp, InvalidOp } from "../protocol/codec.js";
import type { ClientOp, WriteOp } from "../protocol/frames.js";
import { hello, judge, type Reception, ready } from "./handshake.js";
import type { Presence } from "./presence.js";
import { hold, type Session } from "./session.js";

export interface Desk extends Reception {
	readonly presence: Presence;
}

/** One frame's operations, in order, for the phase that the session is in. */
export function operate(at: Desk, session: Session, ops: readonly DecodedOp[]): void {
	const { name } = session.phase;
	if (name === "ready" || name === "lagging") {
		serve(at, session, session.phase.info, ops);
		return;
	}
	const first = ops[0];
	if (name === "handshake" && first?.type === "hello" && ops.length === 1) {
		hello(at, session, first);
		return;
	}
	if (name === "welcomed" && first?.type === "ready") {
		ready(at, session, first.generation);
		// The client need not wait for an answer to ready: there is none.
		if (ops.length > 1) operate(at, session, ops.slice(1));
		return;
	}
	if (session.over) return;
	if (first?.type === "invalid") {
		session.end(first.answer.code, first.answer.detail);
		return;
	}
	session.end("PROTOCOL", `${first?.type ?? "an empty frame"} is not expected now (${name})`);
}

function serve(at: Desk, session: Session, info: SessionInfo, ops: readonly DecodedOp[]): void {
	// Nearly every frame goes to the actors as it came; only a mixed one is sorted.
	let routed: RoutedOp[] | null = null;
	let personal = false;
	for (let index = 0; index < ops.length; index += 1) {
		const op = ops[index] as DecodedOp;
		if (isRouted(op)) {
			personal ||= op.type === "write" || op.type === "seen" || op.type === "typing";
			if (op.type === "write") {
				session.asked();
				if (changesPrivacy(op)) session.privacy = { conversation: op.conversation, n: op.n };
			} else if ("request" in op) session.asked();
			else session.unnumbered += 1;
			routed?.push(op);
			continue;
		}
		routed ??= ops.slice(0, index) as RoutedOp[];
		if (op.type === "pulse") personal ||= op.active;
		else if (op.type === "hello" || op.type === "ready") {
			session.end("PROTOCOL", `one ${op.type} a connection`);
			return;
		}
		session.unnumbered += 1;
		if (op.type === "invalid") notDone(session, op);
		else own(at, session, info, op);
	}
	at.presence.heard(session, at.clock.now(), personal);
	if (session.unnumbered > (at.limits.unnumberedPerSecond * at.limits.sweepMs) / 1_000) {
		session.hold(hold.rate);
	}
	const batch = routed ?? (ops as readonly RoutedOp[]);
	if (batch.length > 0 && !session.over) at.router.route(info, batch);
}

/** The decoder has found that it cannot be done, and what to say. */
function notDone(session: Session, { answer }: InvalidOp): void {
	if (answer.type === "refused" || answer.request !== null) session.asked();
	session.say(answer);
}

/** Whether the write may change who is told of whose presence. */
function changesPrivacy({ command: { type } }: WriteOp): boolean {
	return type === "privacy" || type === "block" || type === "unblock";
}

/** What may go to the actors from a session that is ready. */
type Passed = Exclude<RoutedOp, { type: "ready" }>;

function isRouted(op: DecodedOp): op is Passed {
	switch (op.type) {
		case "invalid":
		case "hello":
		case "ready":
		case "refresh":
		case "ping":
		case "watch":
		case "unwatch":
		case "pulse":
			return false;
		default:
			return true;
	}
}

function own(
	at: Desk,
	session: Session,
	info: SessionInfo,
	op: Exclude<ClientOp, Passed | { type: "hello" | "ready" }>,
): void {
	switch (op.type) {
		case "pulse":
			session.idle = !op.active;
			return;
		case "ping":
			session.asked();
			session.say({
				type: "result",
				request: op.request,
				result: { type: "ping", now: at.clock.now() },
			});
			return;
		case "watch":
			at.presence.watch(session, info, op.users);
			return;
		case "unwatch":
			at.presence.unwatch(session, op.users);
			return;
		case "refresh":
			refresh(at, session, info, op.request, op.token);
			return;
		default: {
			const never: never = op;
			throw new TypeError(`no such operation: ${String(never)}`);
		}
	}
}

/** Judged as at a hello, which changes nothing. Errors: the code of the refusal. */
async function renewed(
	at: Desk,
	session: Session,
	info: SessionInfo,
	token: string,
): Promise<number> {
	const { user, issuedAt, expiresAt } = await judge(at, session, token, info.device, "");
	if (user !== info.user) throw new BrokerError("AUTH_REJECTED", "the token is another user's");
	const { device, outbox, current: accepted, generation: offered } = info;
	const outcome = await at.router.hello({ user, device, outbox, accepted, offered, issuedAt });
	if (!outcome.ok) throw new BrokerError(outcome.code, outcome.detail);
	return expiresAt;
}

/** A fresh token on the live socket: nothing but the expiry changes. */
function refresh(
	at: Desk,
	session: Session,
	info: SessionInfo,
	request: number,
	token: string,
): void {
	session.asked();
	if (session.refresh !== null) {
		session.say({ type: "error", request, code: "OVERLOADED", detail: "one refresh at a time" });
		return;
	}
	const underWay = { request, since: at.clock.monotonic() };
	session.refresh = underWay;
	session.dueAt = 0;
	renewed(at, session, info, token).then(
		(expiresAt) => {
			// The sweep may have answered for a hook that took too long.
			if (session.refresh !== underWay || session.over) return;
			session.refresh = null;
			session.expiresAt = expiresAt;
			session.say({ type: "result", request, result: { type: "refresh", expiresAt } });
		},
		(error: unknown) => {
			if (session.refresh !== underWay) return;
			session.refresh = null;
			const known = error instanceof BrokerError ? error : new BrokerError("UNAVAILABLE");
			if (known.code === "UNAVAILABLE") {
				at.log("error", "authenticate.fault", { error: String(known.cause ?? error) });
			}
			session.say({ type: "error", request, code: known.code, detail: known.detail });
		},
	);
}
