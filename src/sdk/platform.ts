// What differs between a browser and Node: sockets, storage, and how one hears that the network or
// the person is back.

import type { Clock, Timer } from "../base/clock.js";
import type { DeviceOptions } from "../client/device.js";
import type { ClientStore } from "../client/store.js";
import type { Core } from "./core.js";
import type { Engine } from "./engine.js";
import type { Files } from "./hub.js";
import type { KeptOptions } from "./kept-store.js";

/** A storage that is open. */
export interface Opened {
	readonly store: Pick<ClientStore, "note" | "keep">;
	/** Resolves when all changes so far are durable; null: they never are, or are at once. */
	readonly durable: (() => Promise<void>) | null;
	/** The device on this storage; what it says leaves only after what it rests on is durable. */
	engine(options: Omit<DeviceOptions, "store">): Engine;
	close(): Promise<void>;
}

/** What a client stands on: the session layer with its store and its connections. */
export interface Foundation {
	/** `redirect`: where the server said to go instead. */
	connect(url: string): DeviceOptions["connect"];
	/** On a store that needs no opening; null: one of its own in memory. */
	memory(store: ClientStore | null, clock: Clock): Opened;
	/** The files of this client's messages. */
	files(core: Core): Files;
}

/** Errors: DATA_LOCKED; anything else means that memory is used instead. */
export type OpenStorage = (name: string, options: KeptOptions) => Promise<Opened>;

export interface Platform {
	readonly clock: Clock;
	/** Pieces of their own in a browser. Rejects when they cannot be had; may be asked again. */
	load(): Promise<Foundation>;
	loadStorage(): Promise<OpenStorage>;
	/** `wake`: the network is back, or the page is looked at again. Returns how to stop. */
	listen(wake: () => void): () => void;
	/** False: there is no network for sure. */
	online(): boolean;
	/** Until cancelled the process goes on, connected or not. */
	alive(): Timer;
}

export interface Pieces {
	readonly foundation: Foundation;
	/** Null: nothing is kept. */
	readonly openStorage: OpenStorage | null;
}

/** Asked for at the same time. Errors: one of them cannot be had. */
export async function piecesOf(platform: Platform, kept: boolean): Promise<Pieces> {
	const storage = kept ? platform.loadStorage() : null;
	const [foundation, openStorage] = await Promise.all([platform.load(), storage]);
	return { foundation, openStorage };
}
