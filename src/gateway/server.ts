// The front door: HTTP upgrade to WebSocket on one path, on a server of our own or on a host's. The
// 101 is written at once: who somebody is, the first frame says. The only importer of `ws` here.

import type { IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";
import { type Server as SocketServer, WebSocket, WebSocketServer } from "ws";
import { subprotocol } from "../protocol/frames.js";
import type { Gateway } from "./gateway.js";
import { clientAddress, originAllowed } from "./peer.js";
import { refuseUpgrade } from "./refusal.js";
import { SocketTransport } from "./socket-transport.js";

export interface DoorOptions {
	/** Of the WebSocket. */
	readonly path?: string;
	/** Origins of pages that may connect beside those of the same host; "*": any. */
	readonly allowedOrigins?: readonly string[];
	/** Proxies of ours in front, which write X-Forwarded-For. */
	readonly trustedHops?: number;
}

/**
 * A WebSocket whose events go straight to its transport: a table of listeners for each connection
 * would cost as much memory as the session itself.
 */
class Peer extends WebSocket {
	transport: SocketTransport | null = null;

	override emit(event: string | symbol, ...args: unknown[]): boolean {
		const { transport } = this;
		if (transport === null) return false;
		switch (event) {
			case "message":
				onMessage(transport, args[0], args[1] === true);
				return true;
			case "ping":
			case "pong":
				transport.control((args[0] as Buffer).length);
				return true;
			case "close":
				transport.handler.closed(args[0] as number);
				return true;
			default:
				// An error, whatever it was, ends in `close`, which is where it is dealt with.
				return false;
		}
	}
}

const transportOf = Symbol("transport");
type Carrier = Duplex & { [transportOf]?: SocketTransport };

const pathDefault = "/v1";

export class Door {
	private readonly gateway: Gateway;
	private readonly path: string;
	private readonly allowedOrigins: readonly string[];
	private readonly trustedHops: number;
	private readonly sockets: SocketServer<typeof Peer>;

	constructor(gateway: Gateway, options: DoorOptions = {}) {
		const { limits } = gateway;
		this.gateway = gateway;
		this.path = options.path ?? pathDefault;
		this.allowedOrigins = options.allowedOrigins ?? [];
		this.trustedHops = options.trustedHops ?? 0;
		// Newer than the published types: the close timeout and the bound of pongs that wait.
		const bounds = { closeTimeout: limits.closeMs, maxPendingAutoPongs: limits.pendingPongsMax };
		this.sockets = new WebSocketServer({
			...bounds,
			noServer: true,
			// The gateway has its own table.
			clientTracking: false,
			// A compressed bomb inflates before any limit, and each context costs memory.
			perMessageDeflate: false,
			maxPayload: limits.frameBytesMax,
			maxFragments: limits.fragmentsMax,
			maxBufferedChunks: limits.chunksMax,
			// Text is refused anyway.
			skipUTF8Validation: true,
			WebSocket: Peer,
			handleProtocols: () => subprotocol,
		});
	}

	/**
	 * Takes upgrades to our path from a host's server, and leaves everything else alone.
	 *
	 * Order: detach before closing the host's server; the sessions are the gateway's to end.
	 */
	attach(server: Server): { detach(): void } {
		const listener = (request: IncomingMessage, socket: Duplex, head: Buffer) => {
			// Our listener switched off Node's own refusal, so alone we answer in its place.
			const alone = server.listenerCount("upgrade") === 1;
			if (alone || pathOf(request) === this.path) this.upgrade(request, socket, head);
		};
		server.on("upgrade", listener);
		return { detach: () => void server.off("upgrade", listener) };
	}

	/** One request to upgrade. Never throws; answers before it returns. */
	upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
		// Before anything else: a reset here would end the process, which may be a host's.
		socket.on("error", ignore);
		const refusal = this.refusal(request);
		if (refusal !== null) {
			const { clock, limits } = this.gateway;
			refuseUpgrade(socket, { ...refusal, clock, closeMs: limits.closeMs });
			return;
		}
		try {
			this.sockets.handleUpgrade(request, socket, head, (peer) => {
				this.opened(peer, request, socket);
			});
		} catch {
			socket.destroy();
		}
	}

	private refusal(request: IncomingMessage): { status: number; headers?: string } | null {
		const { gateway } = this;
		const { headers } = request;
		if (pathOf(request) !== this.path) return { status: 404 };
		if (!originAllowed(headers.origin, headers.host, this.allowedOrigins)) return { status: 403 };
		const offered = headers["sec-websocket-protocol"];
		if (offered !== undefined && !offered.split(",").some((one) => one.trim() === subprotocol)) {
			return { status: 400 };
		}
		if (gateway.open && !gateway.full) return null;
		const seconds = 1 + Math.floor(gateway.clock.random() * 5);
		return { status: 503, headers: `Retry-After: ${seconds}\r\n` };
	}

	private opened(peer: Peer, request: IncomingMessage, socket: Duplex): void {
		const address = clientAddress(
			request.socket.remoteAddress,
			request.headers["x-forwarded-for"],
			this.trustedHops,
		);
		const transport = new SocketTransport(peer, socket, address, this.gateway.limits);
		peer.transport = transport;
		const carrier: Carrier = socket;
		carrier[transportOf] = transport;
		// Before the parser, so that a message is counted when it is handed on.
		socket.prependListener("data", onData);
		socket.on("drain", onDrain);
		transport.handler = this.gateway.accept(transport);
	}
}

// Shared by all connections: a closure each would cost more than the session.

function onMessage({ handler }: SocketTransport, data: unknown, isBinary: boolean): void {
	if (isBinary && data instanceof Uint8Array) handler.received(data);
	else handler.unreadable();
}

function onData(this: Carrier, chunk: Buffer): void {
	this[transportOf]?.arrived(chunk.length);
}

function onDrain(this: Carrier): void {
	this[transportOf]?.drained();
}

/** Whatever it was ends in `close`, which is where it is dealt with. */
function ignore(): void {}

function pathOf(request: IncomingMessage): string {
	const url = request.url ?? "";
	const query = url.indexOf("?");
	return query < 0 ? url : url.slice(0, query);
}
