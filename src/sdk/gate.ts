// What a device says rests on what it has stored: a number of its outbox, a position, a generation.
// So nothing leaves before all that was stored until then is durable.

import type { DeviceOptions } from "../client/device.js";
import type { Transport } from "../client/transport.js";

/** Connections through the gate. */
export function gated(connect: DeviceOptions["connect"], durable: () => Promise<void>) {
	return async (url: string | null) => gate(await connect(url), durable);
}

/** Sends in order, each message when what was stored before it is durable; closes after them. */
function gate(inner: Transport, durable: () => Promise<void>): Transport {
	let held = 0;
	let last: Promise<void> = Promise.resolve();
	const outer: Transport = {
		get buffered() {
			return inner.buffered + held;
		},
		send(bytes) {
			held += bytes.length;
			const stored = durable();
			last = last
				.then(() => stored)
				.then(() => {
					held -= bytes.length;
					inner.send(bytes);
				});
		},
		pause: () => inner.pause(),
		resume: () => inner.resume(),
		close(code, reason) {
			void last.then(() => inner.close(code, reason));
		},
		onMessage: () => {},
		onClose: () => {},
	};
	inner.onMessage = (bytes) => outer.onMessage(bytes);
	inner.onClose = (code, reason) => outer.onClose(code, reason);
	return outer;
}
