// A real broker for a host's own tests: a folder of its own, a port on the loopback, a clock that
// can be moved, a disk and a network that can fail, and crashes. Everything is as in production but
// for what a test asks for; nothing is a stand-in.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Authenticate, loadOrCreateSecret, mintToken, readSecret } from "../auth.js";
import { BrokerError } from "../base/errors.js";
import { conversationId, userId } from "../base/ids.js";
import type { Log } from "../base/log.js";
import type { Broker } from "../broker.js";
import {
	type ConversationFacts,
	conversationFacts,
	find,
	type MessageFacts,
	messages,
	type UserFacts,
	userFacts,
} from "../cli/inspect-read.js";
import { type Config, defaultConfig } from "../config.js";
import type { Journal } from "../journal/journal.js";
import type { BlobStore } from "../media/store.js";
import { type TestClock, testClock } from "./clock.js";
import { begin, type Life } from "./life.js";
import { type Network, startNetwork } from "./network.js";

export interface TestBrokerOptions {
	/** Any option of the broker. `port` is the one that clients use; `data` is kept at the end. */
	readonly config?: Partial<Config>;
	/** Judges tokens; left out: `token(user)` makes them. */
	readonly authenticate?: Authenticate;
	/** Users that exist from the start. */
	readonly users?: readonly string[];
	/** Default: one that runs from now on. */
	readonly clock?: TestClock;
	readonly log?: Log;
	/** Where files go; default: a folder below the data folder. */
	readonly mediaStore?: BlobStore;
}

/** What the disk does to the broker's commits. All of it ends with the broker's life. */
export interface Disk {
	/** Commits wait; nothing is acknowledged until `proceed`. A crash meanwhile loses them. */
	hold(): void;
	proceed(): void;
	/** The next commit fails, and is found after reopening or is not: clients cannot know. */
	failNext(how: "present" | "absent"): void;
	/** So many attempts to open the failed store again fail too. */
	failReopen(times: number): void;
}

export interface TestBroker extends AsyncDisposable {
	/** `http://127.0.0.1:<port>`, for `connect`. The same for all its lives. */
	readonly url: string;
	readonly data: string;
	readonly clock: TestClock;
	/** Between all clients of `url` and the broker. */
	readonly network: Network;
	/** Of the present life. Errors: UNAVAILABLE while it is down. */
	readonly disk: Disk;
	/** What an embedder has, of the present life. Errors: UNAVAILABLE while it is down. */
	readonly broker: Broker;
	/**
	 * A token for the broker's own secret; good for ten years unless said otherwise, so that a test
	 * that moves the clock signs nobody out by accident.
	 */
	token(
		user: string,
		options?: { readonly ttlMs?: number; readonly device?: string },
	): Promise<string>;
	/** Makes users exist who have not signed in. Errors: those of `Broker.provision`. */
	provision(...users: readonly string[]): Promise<void>;
	/** Another network to the same broker, so that one client's can break alone. */
	addNetwork(): Promise<Network>;
	/**
	 * All messages of a conversation as the server has them on disk, oldest first; of a direct one
	 * by both names (`ann~bob`, in any order). The fields are those of `colloquy inspect --json`.
	 */
	history(conversation: string): Promise<readonly MessageFacts[]>;
	/** Null: there is none. */
	conversation(conversation: string): Promise<ConversationFacts | null>;
	/** Null: there is none. */
	user(user: string): Promise<UserFacts | null>;
	/** As `kill -9`: at once, unsynced work is lost, and clients find nobody there until `start`. */
	crash(): Promise<void>;
	/** The orderly end, as on SIGTERM. */
	stop(options?: { readonly graceMs?: number }): Promise<void>;
	/** The next life: same folder, same address. Nothing happens when it is up. */
	start(): Promise<void>;
	/** The end of everything; removes the folder unless it was given. */
	close(): Promise<void>;
}

const tokenMs = 3_650 * 24 * 3_600_000;
/** Long enough for answers that are under way, short enough for a test. */
const graceMsDefault = 200;

/** Errors: those of `createBroker`; EADDRINUSE when a port is given and taken. */
export async function startBroker(options: TestBrokerOptions = {}): Promise<TestBroker> {
	const broker = await Stage.open(options);
	try {
		await broker.start();
		await broker.provision(...(options.users ?? []));
	} catch (error) {
		await broker.close();
		throw error;
	}
	return broker;
}

class Stage implements TestBroker {
	private life: Life | null = null;
	private readonly networks: Network[] = [];

	private constructor(
		private readonly options: TestBrokerOptions,
		readonly clock: TestClock,
		readonly data: string,
		readonly network: Network,
	) {}

	static async open(options: TestBrokerOptions): Promise<Stage> {
		const { config = {}, clock = testClock() } = options;
		let stage: Stage | null = null;
		const port = () => stage?.life?.port ?? null;
		const network = await startNetwork(port, config.port);
		const data = config.data ?? mkdtempSync(join(tmpdir(), "colloquy-test-"));
		stage = new Stage(options, clock, data, network);
		return stage;
	}

	get url(): string {
		return this.network.url;
	}

	get broker(): Broker {
		return this.present.broker;
	}

	get disk(): Disk {
		return this.present.disk;
	}

	async token(user: string, options: { ttlMs?: number; device?: string } = {}): Promise<string> {
		const { authSecretFile, authJwksUrl, authIssuer, authAudience } = this.config;
		if (this.options.authenticate !== undefined || authJwksUrl !== "") {
			throw new TypeError("tokens are yours here: `authenticate` or `authJwksUrl` judges them");
		}
		const secret =
			authSecretFile === ""
				? await loadOrCreateSecret(this.data, this.clock)
				: await readSecret(authSecretFile);
		const claims = { ttlMs: tokenMs, issuer: authIssuer, audience: authAudience, ...options };
		return mintToken(secret, user, claims, this.clock);
	}

	async provision(...users: readonly string[]): Promise<void> {
		await Promise.all(users.map((user) => this.broker.provision(user)));
	}

	async addNetwork(): Promise<Network> {
		const network = await startNetwork(() => this.life?.port ?? null);
		this.networks.push(network);
		return network;
	}

	async history(conversation: string): Promise<readonly MessageFacts[]> {
		const id = this.known(conversationId(conversation), "conversation");
		return id === null ? [] : messages(this.journal, id, 1, Number.POSITIVE_INFINITY);
	}

	async conversation(conversation: string): Promise<ConversationFacts | null> {
		const id = this.known(conversationId(conversation), "conversation");
		return id === null ? null : conversationFacts(this.journal, id, true);
	}

	async user(user: string): Promise<UserFacts | null> {
		const id = this.known(userId(user), "user");
		return id === null ? null : userFacts(this.journal, id, true);
	}

	async crash(): Promise<void> {
		await this.leave((life) => life.crash());
	}

	async stop({ graceMs = graceMsDefault }: { readonly graceMs?: number } = {}): Promise<void> {
		// An orderly end waits for others, and waiting takes time.
		const stood = !this.clock.running;
		this.clock.run();
		await this.leave((life) => life.end(graceMs));
		if (stood) this.clock.stop();
	}

	async start(): Promise<void> {
		if (this.life !== null) return;
		const { clock, data } = this;
		const { authenticate, log, mediaStore } = this.options;
		this.life = await begin(
			{ ...this.options.config, data },
			{
				clock,
				...(authenticate === undefined ? {} : { authenticate }),
				...(log === undefined ? {} : { log }),
				...(mediaStore === undefined ? {} : { mediaStore }),
			},
		);
	}

	async close(): Promise<void> {
		await this.stop({ graceMs: 0 });
		await Promise.all([this.network, ...this.networks].map((network) => network.close()));
		if (this.options.config?.data === undefined) {
			rmSync(this.data, { recursive: true, force: true });
		}
	}

	[Symbol.asyncDispose](): Promise<void> {
		return this.close();
	}

	private get config(): Config {
		return { ...defaultConfig, ...this.options.config };
	}

	private get present(): Life {
		if (this.life === null) throw new BrokerError("UNAVAILABLE", "the broker under test is down");
		return this.life;
	}

	private get journal(): Journal {
		return this.present.broker.admin.journal;
	}

	private known(id: string | null, kind: "user" | "conversation"): string | null {
		return id !== null && find(this.journal, id).includes(kind) ? id : null;
	}

	/** Nobody new is sent there while it ends. */
	private async leave(end: (life: Life) => Promise<void>): Promise<void> {
		const { life } = this;
		if (life === null) return;
		this.life = null;
		await end(life);
	}
}
