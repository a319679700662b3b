// Refusals of an upgrade: a plain HTTP answer on the raw socket, which is gone at once. A polite
// end would let whoever was refused hold the socket.

import { STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import type { Clock } from "../base/clock.js";

export interface Refusal {
	readonly status: number;
	/** More header lines, each ended. */
	readonly headers?: string;
	readonly clock: Clock;
	/** A peer that does not even take the answer is cut after this. */
	readonly closeMs: number;
}

/** Errors: none; the socket must have an error listener. */
export function refuseUpgrade(socket: Duplex, refusal: Refusal): void {
	const { status, headers = "", clock, closeMs } = refusal;
	const text = STATUS_CODES[status] ?? "";
	const late = clock.after(closeMs, () => socket.destroy());
	socket.end(
		`HTTP/1.1 ${status} ${text}\r\nConnection: close\r\nContent-Type: text/plain\r\n` +
			`Content-Length: ${text.length}\r\n${headers}\r\n${text}`,
		() => {
			late.cancel();
			socket.destroy();
		},
	);
}
