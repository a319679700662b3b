// The one interpreter of committed outputs: everything that an actor can do to the world stands in
// this switch. Pushes to few members pass each member's own actor; those of a large conversation go
// straight to the node's table of sessions, encoded once. What a full mailbox drops is made good by
// a new look.

import type { Effect, PushEffect } from "../src/domain/effect.js";
import type { ServerOp } from "../src/protocol/frames.js";
import type { ConversationMessage } from "./conversation.js";
import type { Output } from "./output.js";
import type { SessionInfo, SessionPort, Tickets } from "./port.js";
import type { Directory } from "./shard.js";
import { type Reader, showOp } from "./show.js";
import type { UserMessage } from "./user.js";

export interface PerformContext {
	readonly sessions: SessionPort;
	readonly users: Directory<UserMessage>;
	readonly conversations: Directory<ConversationMessage>;
	/** The session gets the marked list. */
	marks(session: SessionInfo): void;
	readonly tickets: Tickets;
	/** Pushes to this user were dropped. */
	lost(user: string): void;
}

const nobody: ReadonlySet<string> = new Set();

export class Perform {
	/** Many at once: one object for all pushes, because this path is hot. */
	private readonly everyone: Reader;

	constructor(private readonly context: PerformContext) {
		this.everyone = this.reader("");
	}

	release(outputs: readonly Output[]): void {
		for (const output of outputs) {
			switch (output.type) {
				case "reply":
					this.deliver(output.session.user, output.session.serial, 0, output.op, output.direct);
					break;
				case "tell":
					for (const user of output.users) {
						if (user === output.except || !this.online(user, 0)) continue;
						this.deliver(user, 0, 0, output.op, false);
					}
					break;
				case "marks":
					this.context.marks(output.session);
					break;
				case "call":
					output.done();
					break;
				case "effect":
					this.effect(output.effect, output.origin, output.direct);
					break;
				default:
					output satisfies never;
			}
		}
	}

	private effect(effect: Effect, origin: SessionInfo | null, direct: boolean): void {
		switch (effect.type) {
			case "push":
				this.push(effect, origin, direct);
				return;
			case "level": {
				const { conversation, user, position } = effect;
				this.context.conversations.tell(conversation, { type: "level", user, position });
				return;
			}
			case "end":
				this.context.sessions.end(effect.user, effect.device, effect.code, null);
				return;
			default:
				effect satisfies never;
		}
	}

	private push(effect: PushEffect, origin: SessionInfo | null, direct: boolean): void {
		const { everyone, some } = effect;
		for (const { user, from, shown } of some) {
			const except = exceptOf(user, origin);
			if (!this.online(user, except)) continue;
			this.deliver(user, 0, except, showOp(effect, shown, from, this.reader(user)), direct);
		}
		if (everyone === null) return;
		const { users, from, shown } = everyone;
		// Only the author's devices see the place in the outbox; all others share one operation.
		const row = shown.type === "message" || shown.type === "row" ? shown.row : null;
		const author = row?.sender ?? "";
		const op = showOp(effect, shown, from, this.everyone);
		if (!direct) {
			for (const user of users) {
				const except = exceptOf(user, origin);
				if (isIn(some, user) || !this.online(user, except)) continue;
				// And every reader's references have tickets of its own.
				const alone = user === author || row?.message?.media.length;
				const own = alone ? showOp(effect, shown, from, this.reader(user)) : op;
				this.deliver(user, 0, except, own, false);
			}
			return;
		}
		const done = some.length === 0 && author === "" ? nobody : new Set(some.map((one) => one.user));
		// Others change the row too, and by then the author may be a member no more.
		if (author !== "" && !done.has(author) && users.includes(author)) {
			const except = exceptOf(author, origin);
			this.deliver(author, 0, except, showOp(effect, shown, from, this.reader(author)), true);
			(done as Set<string>).add(author);
		}
		this.context.sessions.broadcast(users, op, done, origin?.serial ?? 0);
	}

	/** To one session (`serial`), or to all of the user's but one (`except`). */
	private deliver(
		user: string,
		serial: number,
		except: number,
		op: ServerOp,
		direct: boolean,
	): void {
		const { sessions, users } = this.context;
		if (!direct) {
			if (users.tell(user, { type: "out", serial, except, op }) === "ok") return;
			// An answer is owed. Past what waits for the actor it comes too early at worst, and says so
			// itself by the position that it continues from; pushes are made good by the marks.
			if (serial !== 0) sessions.deliver(serial, [op]);
			else this.context.lost(user);
			return;
		}
		if (serial !== 0) {
			sessions.deliver(serial, [op]);
			return;
		}
		for (const session of sessions.sessionsOf(user)) {
			if (session.serial !== except) sessions.deliver(session.serial, [op]);
		}
	}

	private reader(user: string): Reader {
		return { user, tickets: this.context.tickets };
	}

	/** Somebody is there to be told besides the session that caused it. */
	private online(user: string, except: number): boolean {
		const there = this.context.sessions.sessionsOf(user);
		return there.length > 1 || (there.length === 1 && there[0]?.serial !== except);
	}
}

function isIn(some: PushEffect["some"], user: string): boolean {
	for (const one of some) if (one.user === user) return true;
	return false;
}

/** The session that wrote it has its answer, which moves it to the same position. */
function exceptOf(user: string, origin: SessionInfo | null): number {
	return origin?.user === user ? origin.serial : 0;
}
