// A server of our own: WebSocket on its path, health, and whatever else the composition root hangs
// on it. A host's server gets `Door.attach` instead and serves its own health.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import type { Gateway } from "./gateway.js";
import { answerHealth, type Health } from "./health.js";
import type { Door } from "./server.js";
import { SilentSockets } from "./silent-sockets.js";

export interface ListenOptions {
	readonly host: string;
	readonly port: number;
	readonly health?: Health;
	/** Other requests (media, observer); true: it answers. */
	readonly request?: (request: IncomingMessage, response: ServerResponse) => boolean;
}

export interface Listener {
	readonly server: Server;
	readonly host: string;
	readonly port: number;
	/** Accepts nothing more; open sockets of HTTP are cut, sessions are the gateway's. */
	close(): Promise<void>;
}

/** A request that needs longer than this to say what it wants is no request. */
const headersMs = 5_000;
/** The slowest upload that is one request; whoever takes the request cuts idle ones. */
const requestMs = 3_600_000;
/** Connections beside sessions: health checks, uploads, the page. */
const otherConnections = 1_024;

function hasBody({ headers }: IncomingMessage): boolean {
	return headers["content-length"] !== undefined || headers["transfer-encoding"] !== undefined;
}

/** Errors: rejects as `net.Server` does (EADDRINUSE and the like). */
export async function listen(
	gateway: Gateway,
	door: Door,
	options: ListenOptions,
): Promise<Listener> {
	const server = createServer(
		{
			noDelay: true,
			headersTimeout: headersMs,
			requestTimeout: requestMs,
			connectionsCheckingInterval: 1_000,
			maxHeaderSize: 16 * 1_024,
		},
		(request, response) => {
			if (options.request?.(request, response) === true) return;
			// A body that nobody reads has no hour: the connection goes with the answer.
			if (hasBody(request)) response.shouldKeepAlive = false;
			if (answerHealth(request, response, gateway, options.health)) return;
			response.writeHead(404, { "content-type": "text/plain" }).end("Not Found");
		},
	);
	server.maxConnections = gateway.limits.connectionsMax + otherConnections;
	const silent = new SilentSockets(gateway.limits);
	server.on("connection", (socket) => silent.add(socket));
	server.on("request", (request: IncomingMessage) => silent.remove(request.socket));
	server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
		silent.remove(request.socket);
		door.upgrade(request, socket, head);
	});
	server.on("clientError", (_error, socket) => {
		if (socket.writable) socket.write("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n");
		socket.destroy();
	});
	await new Promise<void>((resolve, reject) => {
		server.once("error", reject);
		const { host, port } = options;
		// The kernel's own queue must not be the shorter one: what is over it is dropped without a
		// word and tried again after 1, 2, 4 … seconds: a crowd that comes back is away for a minute.
		server.listen({ host, port, backlog: gateway.limits.earlyMax }, () => {
			server.off("error", reject);
			resolve();
		});
	});
	// After listening, an error is one of accepting: the next connection may do better.
	server.on("error", (error) => gateway.log("warn", "listener.error", { error: String(error) }));
	const { address: host, port } = server.address() as AddressInfo;
	return {
		server,
		host,
		port,
		close: () =>
			new Promise<void>((resolve) => {
				server.close(() => resolve());
				server.closeAllConnections();
			}),
	};
}
