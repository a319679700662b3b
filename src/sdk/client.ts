// What applications call: a shell over the core, which has all the state.

import { BrokerError } from "../base/errors.js";
import { conversationId, directId, userId } from "../base/ids.js";
import { hex } from "../client/names.js";
import type { WriteCommand } from "../protocol/frames.js";
import { Core } from "./core.js";
import { quiet } from "./hub.js";
import type { Platform } from "./platform.js";
import type { Client, ClientEvents, ConnectOptions, Conversation, Profile } from "./types.js";

/** Starts at once and returns; everything can be called from then on, in any state. */
export function clientOf(options: ConnectOptions, platform: Platform): Client {
	return new Shell(new Core(options, platform));
}

class Shell implements Client {
	/** For `media.ts`: other entries have no other way in. */
	readonly core: Core;
	readonly state: Client["state"];
	readonly storage: Client["storage"];
	readonly conversations: Client["conversations"];
	readonly listed: Client["listed"];
	readonly profile: Client["profile"];
	readonly blocked: Client["blocked"];

	constructor(core: Core) {
		this.core = core;
		this.state = core.connection.state;
		this.storage = core.storage;
		this.conversations = core.conversations;
		this.listed = core.listed;
		this.profile = core.profile;
		this.blocked = core.blocked;
	}

	get user(): string | null {
		return this.core.user;
	}

	conversation(id: string): Conversation {
		const talk = this.core.talk(checked(conversationId(id), id), null);
		talk.use();
		return talk;
	}

	open(user: string): Promise<Conversation> {
		const opened = this.core.ask({ type: "open", user });
		return quiet(opened.then(({ conversation }) => this.conversation(conversation)));
	}

	create(options: Parameters<Client["create"]>[0]): Promise<Conversation> {
		const { title, members = [], kind = "group" } = options;
		// 128 random bits: an id that nobody else has.
		const id = hex(this.core.clock.randomBytes(16));
		return this.done(id, { type: "create", kind, title, members }, () => this.conversation(id));
	}

	join(link: string): Promise<Conversation> {
		const at = link.lastIndexOf("/");
		const id = at < 1 ? null : conversationId(link.slice(0, at));
		if (id === null) {
			return quiet(Promise.reject(new BrokerError("LINK_INVALID", "it names no conversation")));
		}
		const command = { type: "join", link: link.slice(at + 1) } as const;
		return this.done(id, command, () => this.conversation(id));
	}

	profiles(users: readonly string[]) {
		const asked = this.core.ask({ type: "profiles", users });
		return quiet(asked.then(({ profiles }) => profiles));
	}

	setProfile(profile: { readonly name?: string; readonly picture?: string }): Promise<void> {
		const { name, picture } = { ...this.profile.snapshot(), ...profile };
		return this.done(null, { type: "profile", name, picture }, () =>
			this.core.remember({ ...this.profile.snapshot(), name, picture }),
		);
	}

	setPrivacy(presence: NonNullable<Profile["presence"]>): Promise<void> {
		return this.done(null, { type: "privacy", presence }, () =>
			this.core.remember({ ...this.profile.snapshot(), presence }),
		);
	}

	/** A conversation that was never opened cannot be written to, and a block is a write. */
	block(user: string): Promise<void> {
		const { core } = this;
		const block = ({ id }: Conversation) =>
			this.done(id, { type: "block" }, () => core.block(checked(userId(user), user), true));
		return quiet(this.open(user).then(block));
	}

	unblock(user: string): Promise<void> {
		const other = checked(userId(user), user);
		const id = directId(this.user ?? "", other);
		return this.done(id, { type: "unblock" }, () => this.core.block(other, false));
	}

	private done<T>(conversation: string | null, command: WriteCommand, result: () => T): Promise<T> {
		return quiet(this.core.done(conversation, command).then(result));
	}

	presence(user: string) {
		return this.core.presences.of(checked(userId(user), user));
	}

	active(active: boolean): void {
		this.core.connection.active(active);
	}

	retry(): void {
		this.core.connection.retry();
	}

	on<K extends keyof ClientEvents>(
		event: K,
		callback: (...args: ClientEvents[K]) => void,
	): () => void {
		const off = this.core.hub.on(event, callback);
		if (event === "message") this.core.listening();
		return off;
	}

	close(): Promise<void> {
		return this.core.close();
	}

	[Symbol.asyncDispose](): Promise<void> {
		return this.close();
	}
}

function checked(id: string | null, given: string): string {
	if (id === null) throw new BrokerError("ID_INVALID", given);
	return id;
}
