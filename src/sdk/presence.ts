// Who is online: watched as long as somebody looks, over reconnects too.

import type { PresenceEntry } from "../client/events.js";
import type { Home } from "./engine.js";
import { Live } from "./hub.js";
import type { Presence } from "./types.js";

const unknown: Presence = { type: "offline", lastSeen: null };

export class Presences {
	private readonly home: Home;
	private readonly known = new Map<string, Presence>();
	private readonly stores = new Map<string, Live<Presence>>();

	constructor(home: Home) {
		this.home = home;
	}

	of(user: string): Live<Presence> {
		const before = this.stores.get(user);
		if (before !== undefined) return before;
		const store = new Live<Presence>(
			this.home.hub,
			unknown,
			() => this.known.get(user) ?? unknown,
			(watched) => {
				this.home.opened((engine) => (watched ? engine.watch([user]) : engine.unwatch([user])));
				if (!watched) this.forget(user);
			},
		);
		this.stores.set(user, store);
		return store;
	}

	heard(users: readonly PresenceEntry[]): void {
		for (const { user, state, lastSeen } of users) {
			this.known.set(user, { type: state, lastSeen: lastSeen === 0 ? "never" : lastSeen });
			this.stores.get(user)?.touch();
		}
	}

	/** Without a connection nothing is known of anybody. */
	lost(): void {
		for (const user of [...this.known.keys()]) this.forget(user);
	}

	private forget(user: string): void {
		this.known.delete(user);
		this.stores.get(user)?.touch();
	}
}
