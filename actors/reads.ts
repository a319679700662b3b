// Answers that come from the store and never from a mailbox: history, pulls, the list, profiles and
// the marks. Each reads one moment of committed rows. A bounded number at a time, because the pool
// of threads that reads is the one that syncs.

import { BrokerError, type ErrorCode } from "../src/base/errors.js";
import type { Log } from "../src/base/log.js";
import { history } from "../src/journal/history.js";
import type { Journal } from "../src/journal/journal.js";
import { infoKey, userKey } from "../src/journal/keys.js";
import { list } from "../src/journal/list.js";
import { type MarksPage, marks } from "../src/journal/marks.js";
import { pull } from "../src/journal/pull.js";
import { decodeUser } from "../src/journal/rows.js";
import type { Result, ServerOp } from "../src/protocol/frames.js";
import type { RoutedOp, SessionInfo, SessionPort, Tickets } from "./port.js";
import { wireEntry, wireItem, wireRow } from "./wire.js";

export type ReadOp = RoutedOp & { readonly type: "history" | "list" | "pull" | "profiles" };

export interface ReadLimits {
	/** Reads at one time: the thread pool, less two for the commit. */
	readonly readsAtOnce: number;
	/** Reads that wait; past it OVERLOADED. */
	readonly readsWaitingMax: number;
	/** Entries of one page, whatever was asked. */
	readonly pageItemsMax: number;
	/** Bytes of content in one page, one item at least. */
	readonly pageBytesMax: number;
	readonly marksPerPage: number;
}

export interface ReadsContext {
	readonly journal: Journal;
	readonly sessions: SessionPort;
	readonly log: Log;
	readonly limits: ReadLimits;
	readonly tickets: Tickets;
}

type Job = () => Promise<void>;

export class Reads {
	private running = 0;
	private readonly waiting: Job[] = [];

	constructor(private readonly context: ReadsContext) {}

	userExists(user: string): boolean {
		return this.context.journal.get(userKey(user)) !== undefined;
	}

	conversationExists(conversation: string): boolean {
		return this.context.journal.get(infoKey(conversation)) !== undefined;
	}

	/** False when too many wait. */
	answer(session: SessionInfo, op: ReadOp): boolean {
		return this.submit(session, async () => {
			const answer = await this.guarded(() => this.read(session, op));
			const { request } = op;
			const said: ServerOp =
				"code" in answer
					? { type: "error", request, code: answer.code, detail: answer.detail }
					: { type: "result", request, result: answer };
			this.context.sessions.deliver(session.serial, [said]);
		});
	}

	/** The session gets its marked list, page by page. A failed read ends the session. */
	marks(session: SessionInfo): void {
		const taken = this.submit(session, async () => {
			let cursor: string | null = null;
			do {
				const from: string | null = cursor;
				const page: MarksPage | Refusal = await this.guarded(() =>
					marks(this.context.journal, session.user, from, this.context.limits.marksPerPage),
				);
				if ("code" in page) {
					this.giveUp(session, page.code);
					return;
				}
				cursor = page.cursor;
				const last = cursor === null;
				this.context.sessions.deliver(session.serial, [{ type: "marks", marks: page.marks, last }]);
			} while (cursor !== null);
		});
		if (!taken) this.giveUp(session, "OVERLOADED");
	}

	/** Without its marks a session would believe itself level: better none at all. */
	private giveUp(session: SessionInfo, code: ErrorCode): void {
		this.context.sessions.end(session.user, session.device, code, null);
	}

	private async read(session: SessionInfo, op: ReadOp): Promise<Result | Refusal> {
		const { journal, limits, tickets } = this.context;
		const { user } = session;
		const reader = { user, tickets };
		switch (op.type) {
			case "history": {
				const { conversation, before } = op;
				const limit = Math.min(op.limit, limits.pageItemsMax);
				const page = await history(journal, user, conversation, before, limit, limits.pageBytesMax);
				if (page === null) return { code: "CONVERSATION_UNKNOWN", detail: conversation };
				const messages = page.rows.map((row) => wireRow(row, reader));
				return { type: "history", messages, more: page.more };
			}
			case "pull": {
				const { conversation, position, until } = op;
				const limit = Math.min(op.limit, limits.pageItemsMax);
				const { pageBytesMax } = limits;
				const page = await pull(
					journal,
					user,
					conversation,
					position,
					until,
					limit,
					pageBytesMax,
					op.fresh,
				);
				if (page === null) return { code: "CONVERSATION_UNKNOWN", detail: conversation };
				if (page.reset) return { code: "RESET", detail: conversation };
				const items = page.items.map((item) => wireItem(item, reader));
				return {
					type: "pull",
					items,
					position: page.position,
					until: page.until,
					done: page.done,
				};
			}
			case "list": {
				const limit = Math.min(op.limit, limits.pageItemsMax);
				const page = await list(journal, user, op.cursor, limit, limits.pageBytesMax);
				return {
					type: "list",
					entries: page.entries.map((entry) => wireEntry(entry, reader)),
					cursor: page.cursor,
				};
			}
			case "profiles": {
				const profiles = [];
				for (const asked of op.users) {
					const key = userKey(asked);
					const value = journal.get(key);
					// Left out, as the page says: one wrong name must not hide the others.
					if (value === undefined) continue;
					const { name, picture } = decodeUser(key, value);
					profiles.push({ user: asked, name, picture });
				}
				return { type: "profiles", profiles };
			}
		}
	}

	private async guarded<T>(run: () => Promise<T>): Promise<T | Refusal> {
		try {
			return await run();
		} catch (error) {
			if (error instanceof BrokerError) {
				if (!error.retryable) this.context.log("error", "read.failed", { error: error.message });
				// What is damaged is told to the operator by name, to the client as out of order.
				const code = error.code === "JOURNAL_DAMAGED" ? "UNAVAILABLE" : error.code;
				return { code, detail: "" };
			}
			this.context.log("error", "read.fault", { error: String(error) });
			return { code: "INTERNAL", detail: "" };
		}
	}

	/**
	 * Nothing is read for a session that has gone meanwhile: whoever asks for much and leaves would
	 * make others wait for answers that nobody gets.
	 */
	private submit(session: SessionInfo, read: Job): boolean {
		const job = async () => {
			if (this.lives(session)) await read();
		};
		const { readsAtOnce, readsWaitingMax } = this.context.limits;
		if (this.running >= readsAtOnce) {
			if (this.waiting.length >= readsWaitingMax) return false;
			this.waiting.push(job);
			return true;
		}
		void this.run(job);
		return true;
	}

	private lives({ user, serial }: SessionInfo): boolean {
		return this.context.sessions.sessionsOf(user).some((one) => one.serial === serial);
	}

	private async run(first: Job): Promise<void> {
		this.running++;
		for (let job: Job | undefined = first; job !== undefined; job = this.waiting.shift()) {
			await job();
		}
		this.running--;
	}
}

interface Refusal {
	readonly code: ErrorCode;
	readonly detail: string;
}
