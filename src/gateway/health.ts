// What orchestrators ask: does the process live, should it get clients. Readiness goes first when
// the server drains, so that nobody is sent to a closing door.

import type { IncomingMessage, ServerResponse } from "node:http";
import type { Gateway } from "./gateway.js";

/** Why the server should get no clients now; null: it should. */
export type Health = () => string | null;

/** Answers /livez, /readyz and /healthz; false: the request is for somebody else. */
export function answerHealth(
	request: IncomingMessage,
	response: ServerResponse,
	gateway: Gateway,
	health: Health = () => null,
): boolean {
	const url = request.url ?? "";
	const query = url.indexOf("?");
	const path = query < 0 ? url : url.slice(0, query);
	if (path !== "/livez" && path !== "/readyz" && path !== "/healthz") return false;
	if (request.method !== "GET" && request.method !== "HEAD") {
		response.writeHead(405, { allow: "GET, HEAD" }).end();
		return true;
	}
	const reason = path === "/livez" ? null : reasonAgainst(gateway, health);
	response.writeHead(reason === null ? 200 : 503, {
		"content-type": "text/plain; charset=utf-8",
		"cache-control": "no-store",
	});
	response.end(reason ?? "ok");
	return true;
}

function reasonAgainst(gateway: Gateway, health: Health): string | null {
	if (!gateway.open) return "draining";
	try {
		return health();
	} catch {
		// A check that fails is no health.
		return "health check failed";
	}
}
