// Sessions between welcome and ready, one of each device. Who comes later stands in for who came
// before: a device gives up one connection before it opens another, so what the older one still has
// to say is late, and would make current a generation that the device has replaced since.

import type { SessionInfo } from "../../actors/port.js";
import type { Session } from "./session.js";
import { deviceKey } from "./takeovers.js";

export class Threshold {
	private readonly byDevice = new Map<string, Session>();
	private readonly keys = new Map<Session, string>();

	/** Gives the older session of this device, whose turn is over. */
	add(session: Session, info: SessionInfo): Session | null {
		const key = deviceKey(info.user, info.device);
		const older = this.byDevice.get(key) ?? null;
		if (older !== null) this.delete(older);
		this.byDevice.set(key, session);
		this.keys.set(session, key);
		return older;
	}

	delete(session: Session): void {
		const key = this.keys.get(session);
		if (key === undefined) return;
		this.keys.delete(session);
		this.byDevice.delete(key);
	}

	[Symbol.iterator](): IterableIterator<Session> {
		return this.keys.keys();
	}
}
