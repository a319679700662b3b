// The admin channel of a running server: HTTP over a socket file in a folder that only its owner
// can enter. It looks and changes nothing. Not on the network, so it needs no token.

import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { BrokerError } from "../base/errors.js";
import { toFailure } from "./exit.js";

/** A question's parameters; the answer is plain data. Errors: BrokerError. */
export type AdminRoute = (parameters: URLSearchParams) => Promise<unknown>;

export interface AdminServer {
	readonly socket: string;
	close(): void;
}

/** The kernel takes 107 bytes for a socket's path; the random part and the name need 30. */
const folderBytesMax = 70;
const folderPrefix = "colloquy-admin-";

export type AdminRoutes = Readonly<Record<string, AdminRoute>>;

/** `routes` are loaded when the first question comes. */
export async function startAdminServer(
	routes: () => AdminRoutes | Promise<AdminRoutes>,
): Promise<AdminServer> {
	const folder = mkdtempSync(join(socketRoot(), folderPrefix));
	const socket = join(folder, "socket");
	const server = createServer((request, response) => {
		void respond(routes, request, response);
	});
	server.on("connection", (connection) => connection.unref());
	await new Promise<void>((resolve, reject) => {
		server.once("error", reject);
		server.listen(socket, resolve);
	});
	// The channel must not keep a drained server alive.
	server.unref();
	return {
		socket,
		close() {
			server.close();
			server.closeAllConnections();
			rmSync(folder, { recursive: true, force: true });
		},
	};
}

/** Removes what a killed server left; only a folder that is named as ours. */
export function removeSocketOf(socket: string): void {
	const folder = dirname(socket);
	if (dirname(folder) !== socketRoot() || !folder.includes(`/${folderPrefix}`)) return;
	rmSync(folder, { recursive: true, force: true });
}

function socketRoot(): string {
	const root = tmpdir();
	return Buffer.byteLength(root) <= folderBytesMax ? root : "/tmp";
}

async function respond(
	load: () => AdminRoutes | Promise<AdminRoutes>,
	request: IncomingMessage,
	response: ServerResponse,
): Promise<void> {
	const url = new URL(request.url ?? "/", "http://admin");
	try {
		const routes = await load();
		const route = Object.hasOwn(routes, url.pathname) ? routes[url.pathname] : undefined;
		if (request.method !== "GET" || route === undefined) {
			throw new BrokerError("OP_UNKNOWN", `${request.method} ${url.pathname}`);
		}
		send(response, 200, await route(url.searchParams));
	} catch (error) {
		const { code, message, action } = toFailure(error);
		send(response, code === "FAULT" ? 500 : 400, { error: { code, message, action } });
	}
}

function send(response: ServerResponse, status: number, body: unknown): void {
	response.writeHead(status, { "content-type": "application/json" });
	response.end(JSON.stringify(body));
}
