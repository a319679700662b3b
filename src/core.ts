// The broker without a door: journal, pipeline, actors and gateway, wired. `broker.ts` opens the
// data folder and a port around it; the simulation gives it a seeded clock and sockets of its own.

import {
	ConversationActor,
	type ConversationContext,
	type ConversationMessage,
} from "../actors/conversation.js";
import { Perform } from "../actors/perform.js";
import type { Tickets } from "../actors/port.js";
import { mayKnow } from "../actors/privacy.js";
import { Reads } from "../actors/reads.js";
import { createRegistry } from "../actors/registry.js";
import { createRoot, type Root } from "../actors/root.js";
import { Router, refusals } from "../actors/router.js";
import type { Directory } from "../actors/shard.js";
import { Sweeps } from "../actors/sweeps.js";
import { UserActor, type UserContext, type UserMessage } from "../actors/user.js";
import type { Authenticate } from "./auth/identity.js";
import type { Clock } from "./base/clock.js";
import { BrokerError } from "./base/errors.js";
import type { Log } from "./base/log.js";
import { gatewayLimitsOf } from "./config/gateway-options.js";
import type { Config } from "./config.js";
import { Gateway } from "./gateway/gateway.js";
import { GroupCommit } from "./journal/group-commit.js";
import type { Journal } from "./journal/journal.js";
import type { EntityKind } from "./journal/keys.js";
import { lastSeenRows } from "./journal/last-seen.js";
import { MediaRows } from "./journal/media-rows.js";
import { Trimmer } from "./journal/trim.js";

export interface CoreParts {
	readonly clock: Clock;
	readonly log: Log;
	readonly journal: Journal;
	readonly config: Config;
	readonly node: string;
	readonly authenticate: Authenticate;
	readonly tickets: Tickets;
}

export interface Core {
	readonly pipeline: GroupCommit;
	readonly root: Root;
	readonly gateway: Gateway;
	readonly users: Directory<UserMessage>;
	readonly conversations: Directory<ConversationMessage>;
	/** Rows of media. */
	readonly media: MediaRows;
	/** Makes a user exist who has not signed in yet. Errors: JOURNAL_IO, OVERLOADED, UNAVAILABLE. */
	provision(user: string): Promise<void>;
	/** Voids all tokens of a user up to now, or forgets one device, and ends the sessions. */
	revoke(user: string, device: string | null): Promise<void>;
	/** Whether a token made then lets this device of the user in. Errors: AUTH_REVOKED, as above. */
	admit(user: string, device: string, issuedAt: number): Promise<void>;
	/** Everything decided is committed, everything running stops. The journal stays open. */
	stop(): Promise<void>;
}

export async function createCore(parts: CoreParts): Promise<Core> {
	const { clock, log, journal, config, node, tickets } = parts;
	const { sendWindow } = config;
	const pipeline = await GroupCommit.start({ journal, clock, log, limits: config });
	const gateway = new Gateway({
		clock,
		log,
		authenticate: parts.authenticate,
		limits: gatewayLimitsOf(config),
		failureLimits: {
			failuresPerMinute: config.failuresPerMinute,
			failureBurst: config.failureBurst,
		},
		facts: () => ({ epoch: journal.epoch, ack: journal.durability, node, sendWindow }),
		mayWatch: (pairs) => pairs.map(({ watcher, user }) => mayKnow(journal, watcher, user)),
		lastSeen: lastSeenRows(journal, pipeline),
	});
	const root = createRoot({ node, boot: journal.boot, clock, log });
	const registry = createRegistry(pipeline, clock);
	const limitsOfReads = readLimits(config);
	const reads = new Reads({ journal, sessions: gateway, log, limits: limitsOfReads, tickets });
	const { keptPositions, keptCommits } = config;
	const trimmer = new Trimmer({ journal, pipeline, log, keptPositions, keptCommits });
	const lost = new Set<string>();
	const shared = {
		clock,
		journal,
		pipeline,
		release: (outputs: Parameters<Perform["release"]>[0]) => perform.release(outputs),
		snapshotted: (entity: EntityKind, id: string, position: number) =>
			trimmer.snapshotted(entity, id, position),
		snapshotEvery: config.snapshotEvery,
		passivateAfterMs: config.passivateAfterMs,
		window: sendWindow,
		sessions: gateway,
	};
	// One object for all actors of a kind: each keeps a reference, a hundred thousand times.
	const conversationContext: ConversationContext = {
		...shared,
		caps: config,
		tickets,
		directMembersMax: config.directMembersMax,
		userExists: (user) => reads.userExists(user),
		gatherLater: (conversation) => sweeps.gatherLater(conversation),
	};
	const userContext: UserContext = {
		...shared,
		caps: config,
		marks: (session) => reads.marks(session),
		takeLost: (user) => lost.delete(user),
	};
	// The store is away: waited for as long as it takes. Any other failure counts.
	const transient = (error: unknown) => error instanceof BrokerError && error.code === "JOURNAL_IO";
	const limits = { mailboxMax: config.mailboxMax };
	const policy = {
		restartsMax: config.restartsMax,
		windowMs: config.restartWindowMs,
		quarantineMs: config.quarantineMs,
		quarantineMaxMs: config.quarantineMaxMs,
	};
	const directoryLimits = { actorsMax: config.actorsMax };
	// Conversations first: they end first, and what they still push finds the users.
	const conversations = root.directory<ConversationMessage>(
		{
			name: "conversations",
			limits,
			policy,
			isTransient: transient,
			create: (id, self) => new ConversationActor(id, self, conversationContext),
			onActivated: (id, pid) => registry.activated("conversation", id, pid),
			onStopped: (id) => registry.stopped("conversation", id),
			onPoison: (message) => router.refused(message, "INTERNAL"),
			onRefused: (message) => router.refused(message, "UNAVAILABLE"),
		},
		directoryLimits,
	);
	const users = root.directory<UserMessage>(
		{
			name: "users",
			limits,
			policy,
			isTransient: transient,
			create: (id, self) => new UserActor(id, self, userContext),
			onActivated: (id, pid) => registry.activated("user", id, pid),
			onStopped: (id) => registry.stopped("user", id),
			onPoison: (message) => router.refused(message, "INTERNAL"),
			onRefused: (message) => router.refused(message, "UNAVAILABLE"),
		},
		directoryLimits,
	);
	const perform = new Perform({
		sessions: gateway,
		users,
		conversations,
		marks: (session) => reads.marks(session),
		lost: (user) => lost.add(user),
		tickets,
	});
	const accepting = () => pipeline.accepting;
	const router = new Router({ users, conversations, sessions: gateway, reads, accepting });
	const options = {
		sweepMs: config.sweepMs,
		passivateBudget: config.passivateBudget,
		expireBudget: config.expireBudget,
		receiptGatherMs: config.receiptGatherMs,
		seenEveryMs: seenEveryMs(config),
	};
	const sessions = () => gateway.all();
	const sweeps = new Sweeps({
		clock,
		log,
		journal,
		users,
		conversations,
		trimmer,
		sessions,
		options,
	});
	gateway.start(router);

	type Call = Extract<UserMessage, { type: "provision" | "revoke" | "admit" }>;
	function ask(
		user: string,
		question: (ends: Pick<Call, "done" | "failed">) => Call,
	): Promise<void> {
		return new Promise((done, failed) => {
			const result = users.tell(user, question({ done, failed }));
			if (result !== "ok") failed(new BrokerError(refusals[result], user));
		});
	}

	return {
		pipeline,
		root,
		gateway,
		users,
		conversations,
		media: new MediaRows(journal, pipeline),
		provision: (user) => ask(user, (ends) => ({ type: "provision", device: null, ...ends })),
		revoke: (user, device) => ask(user, (ends) => ({ type: "revoke", device, ...ends })),
		async admit(user, device, issuedAt) {
			// An actor cannot be woken without the store: better said at once than waited for.
			if (!pipeline.accepting) throw new BrokerError("JOURNAL_IO");
			await ask(user, (ends) => ({ type: "admit", device, issuedAt, ...ends }));
		},
		async stop() {
			sweeps.stop();
			await root.close();
			await pipeline.stop();
		},
	};
}

/** Once a day; more often where devices are forgotten soon. */
function seenEveryMs({ deviceForgottenAfterMs }: Config): number {
	return Math.min(24 * 3_600_000, Math.ceil(deviceForgottenAfterMs / 30));
}

function readLimits(config: Config) {
	const { readsAtOnce, readsWaitingMax, pageItemsMax, pageBytesMax, marksPerPage } = config;
	return { readsAtOnce, readsWaitingMax, pageItemsMax, pageBytesMax, marksPerPage };
}
