// The small change of HTTP that all media requests share: who asks, errors as JSON, headers of
// pages of other origins. Not here: what a request does.

import type { IncomingMessage, ServerResponse } from "node:http";
import { type Authenticate, type Identity, identify } from "../auth/identity.js";
import type { Clock } from "../base/clock.js";
import { BrokerError, describe } from "../base/errors.js";

/** Who asks, and whether he may ask at all. */
export interface Guard {
	readonly clock: Clock;
	readonly authenticate: Authenticate;
	/** Errors: AUTH_REVOKED; others when it cannot be told now. */
	admit(user: string, device: string, issuedAt: number): Promise<void>;
	/** The client's address as limits count it. */
	address(request: IncomingMessage): string;
	originAllowed(request: IncomingMessage): boolean;
}

const allowedHeaders =
	"authorization, colloquy-device, content-type, content-digest, range, if-range, if-none-match";
const exposedHeaders =
	"accept-ranges, content-disposition, content-range, etag, location, retry-after, " +
	"media-hash, media-size, media-type, media-ticket, media-expires, " +
	"media-width, media-height, media-thumbhash";
const retryAfterSeconds = 5;

/** Errors: AUTH_REJECTED, AUTH_EXPIRED, AUTH_REVOKED, UNAVAILABLE. */
export async function whoAsks(guard: Guard, request: IncomingMessage): Promise<Identity> {
	const { authorization, "colloquy-device": named } = request.headers;
	const token = /^Bearer +(\S+)$/i.exec(authorization ?? "")?.[1];
	if (token === undefined) throw new BrokerError("AUTH_REJECTED", "no bearer token");
	const device = typeof named === "string" ? named : "";
	const address = guard.address(request);
	const context = { address, device, client: "media", now: guard.clock.now() };
	const identity = await identify(guard.authenticate, token, context);
	await guard.admit(identity.user, device, identity.issuedAt);
	return identity;
}

/** Errors: ORIGIN. Pages of allowed origins may read the answer. */
export function minded(guard: Guard, request: IncomingMessage, response: ServerResponse): void {
	const { origin } = request.headers;
	if (origin === undefined) return;
	response.setHeader("vary", "Origin");
	if (!guard.originAllowed(request)) throw new BrokerError("ORIGIN", origin.slice(0, 200));
	response.setHeader("access-control-allow-origin", origin);
	response.setHeader("access-control-expose-headers", exposedHeaders);
}

/** The answer to a preflight. */
export function preflight(response: ServerResponse): void {
	response.setHeader("access-control-allow-methods", "GET, HEAD, POST");
	response.setHeader("access-control-allow-headers", allowedHeaders);
	response.setHeader("access-control-max-age", "7200");
	response.writeHead(204).end();
}

export function answerJson(response: ServerResponse, status: number, body: object): void {
	const bytes = Buffer.from(JSON.stringify(body));
	response.setHeader("cache-control", "no-store");
	response.setHeader("x-content-type-options", "nosniff");
	response
		.writeHead(status, { "content-type": "application/json", "content-length": bytes.length })
		.end(bytes);
}

/** What an error says to the client; what is ours alone it does not say. */
export function errorBody(error: unknown): { readonly status: number; readonly body: object } {
	const known = error instanceof BrokerError ? error : new BrokerError("INTERNAL");
	const { message, http = 500 } = describe(known.code);
	const { code, detail, retryable } = known;
	return { status: http, body: { code, message, detail, retryable } };
}

/** A request whose form is wrong in a way that HTTP has a status of its own for. */
export class BadForm extends BrokerError {
	constructor(
		readonly status: 405 | 411,
		detail: string,
		/** Header of the answer. */
		readonly allow = "",
	) {
		super("BAD_REQUEST", detail);
	}
}

/** So long the rest of a refused body is read and thrown away; then the connection is cut. */
const lingerMs = 2_000;

/**
 * Ends a request with an error. A connection that ends at once could take the answer with it: a
 * client that still sends would meet a reset before it reads.
 */
export function answerError(
	clock: Clock,
	request: IncomingMessage,
	response: ServerResponse,
	error: unknown,
): void {
	if (response.headersSent) {
		// Half an answer must not look like a whole one.
		response.destroy();
		return;
	}
	for (const name of response.getHeaderNames()) {
		if (!/^(?:vary|access-control-)/.test(name)) response.removeHeader(name);
	}
	const { body, status } = errorBody(error);
	if (error instanceof BadForm && error.allow !== "") response.setHeader("allow", error.allow);
	if (status === 401) response.setHeader("www-authenticate", "Bearer");
	if (status === 429 || status === 503) {
		response.setHeader("retry-after", retryAfterSeconds);
	}
	if (!request.complete) {
		request.resume();
		clock.after(lingerMs, () => {
			if (!request.complete) request.socket.destroy();
		});
	}
	answerJson(response, error instanceof BadForm ? error.status : status, body);
}
