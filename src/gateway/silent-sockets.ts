// TCP connections that have sent no request yet. They cost a file each, so they have the budget of
// early sockets: the oldest silent one makes room.

import type { Socket } from "node:net";
import { EarlySockets } from "./admission.js";
import type { GatewayLimits } from "./limits.js";

export class SilentSockets {
	private readonly sockets: EarlySockets<Socket>;
	private readonly closed: (this: Socket) => void;

	constructor(limits: GatewayLimits) {
		const sockets = new EarlySockets<Socket>(limits, (socket) => socket.destroy());
		this.sockets = sockets;
		this.closed = function closed() {
			sockets.remove(this);
		};
	}

	add(socket: Socket): void {
		socket.on("close", this.closed);
		// By the address of the peer itself: no header has been read.
		this.sockets.add(socket, socket.remoteAddress ?? "unknown");
	}

	/** It has sent a request. */
	remove(socket: Socket): void {
		socket.off("close", this.closed);
		this.sockets.remove(socket);
	}
}
