// Requests whose bytes are on their way, in both directions: how many there may be, and one sweep
// that cuts those in which nothing moves. A sweep, because a timer for each would be many.

import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Clock, Timer } from "../base/clock.js";
import { BrokerError } from "../base/errors.js";

export interface TransferLimits {
	readonly mediaTransfersAtOnce: number;
	readonly mediaIdleMs: number;
}

interface Transfer {
	readonly socket: Socket;
	moved: number;
	/** Monotonic ms of the last look at which something had moved. */
	at: number;
}

/** Looks within one idle time: a transfer is cut that much later at most. */
const looks = 4;

export class Transfers {
	private readonly all = new Map<IncomingMessage, Transfer>();
	private readonly timer: Timer;

	constructor(
		private readonly clock: Clock,
		private readonly limits: TransferLimits,
	) {
		this.timer = clock.every(Math.ceil(limits.mediaIdleMs / looks), () => this.look());
	}

	/** Counts the request until its answer is out or its connection ends. Errors: OVERLOADED. */
	add(request: IncomingMessage, response: ServerResponse): void {
		if (this.all.size >= this.limits.mediaTransfersAtOnce) {
			throw new BrokerError("OVERLOADED", "transfers");
		}
		const { socket } = request;
		this.all.set(request, { socket, moved: bytesOf(socket), at: this.clock.monotonic() });
		response.once("close", () => this.all.delete(request));
	}

	/** Cuts everything. */
	close(): void {
		this.timer.cancel();
		for (const { socket } of this.all.values()) socket.destroy();
	}

	private look(): void {
		const now = this.clock.monotonic();
		for (const transfer of this.all.values()) {
			const moved = bytesOf(transfer.socket);
			if (moved !== transfer.moved) {
				transfer.moved = moved;
				transfer.at = now;
			} else if (now - transfer.at >= this.limits.mediaIdleMs) {
				transfer.socket.destroy();
			}
		}
	}
}

function bytesOf(socket: Socket): number {
	return socket.bytesRead + socket.bytesWritten;
}
