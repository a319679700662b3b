// The cursor of every conversation, for one session: pushes, pulls, marks and the list (design §5,
// Y2–Y8). What is held stands in the store; here is only what is under way, and dies with the
// session.

import type { Clock } from "../base/clock.js";
import type { ClientOp, ListEntry, ServerOp } from "../protocol/frames.js";
import type { Emit } from "./events.js";
import { Pulls } from "./pulls.js";
import { stepOf } from "./pushes.js";
import { Receipts } from "./receipts.js";
import type { Reply } from "./requests.js";
import { itemsOf, type Note, news, type Step, type Taken, take, takeHistory } from "./step.js";
import type { ClientStore, View } from "./store.js";

export type Request = ClientOp & { readonly request: number };
/** A request without its number. Distributes over the union. */
export type Unnumbered<R = Request> = R extends Request ? Omit<R, "request"> : never;

/** What sync needs of its session. */
export interface SyncPort {
	readonly store: ClientStore;
	readonly clock: Clock;
	readonly emit: Emit;
	/** The user of this session. */
	readonly me: string;
	readonly pageItems: number;
	say(op: ClientOp): void;
	ask(request: Unnumbered, reply: Reply): void;
	/** Ask for a turn to send what has gathered. */
	wake(): void;
	/** The whole list is stored. */
	onListed(): void;
	/** The view has reached what was known of the conversation. */
	onLevel(conversation: string): void;
}

/** Entries of one `held`. */
const heldMax = 500;

export class Sync {
	readonly receipts: Receipts;
	private readonly port: SyncPort;
	private readonly pulls: Pulls;
	/** Positions when the present generation was stored, of views that have moved since. */
	private readonly startedAt = new Map<string, number>();
	/** How often a conversation had a change of a row that is not held. */
	private readonly missed = new Map<string, number>();
	/** Conversations that came by a push or a mark, and whose facts were asked for. */
	private readonly named = new Set<string>();
	private listing = false;
	private listAgain = false;

	constructor(port: SyncPort) {
		this.port = port;
		this.receipts = new Receipts(port);
		this.pulls = new Pulls(port, {
			apply: (step, complete) => this.apply(step, complete),
			reset: (conversation) => this.reset(conversation),
		});
	}

	/** After `ready`: what a former session may have left behind. */
	start(needsList: boolean): void {
		this.receipts.start();
		let reset = false;
		for (const view of this.port.store.views()) {
			reset ||= view.reset;
			// A former session began with the list and was cut off before it had pulled all that the list
			// knew of. Marks are for what came later: they may not name it.
			const { conversation, entry, position } = view;
			if (entry !== null && position < entry.position) {
				this.pulls.want(conversation, entry.position);
			}
		}
		if (needsList || reset) this.list();
	}

	end(): void {
		this.pulls.end();
	}

	push(op: ServerOp & { readonly type: "message" | "skip" | "status" | "changed" }): void {
		this.offer(stepOf(op));
	}

	/** [Y6] Applied only if it continues what is held; else kept while a pull closes the gap. */
	offer(step: Step): void {
		const view = this.port.store.view(step.conversation);
		if (view?.reset !== true && !news(step, view?.position ?? 0)) return;
		if (this.continues(step, view)) this.apply(step, true);
		else this.pulls.keep(step);
	}

	private continues(step: Step, view: View | undefined): boolean {
		return view?.reset !== true && step.from <= (view?.position ?? 0);
	}

	/**
	 * What a step does to the view, for a caller that stores it with something else; null: nothing.
	 */
	taken(step: Step): Taken | null {
		const view = this.port.store.view(step.conversation);
		if (step.position <= (view?.position ?? 0) || !this.continues(step, view)) return null;
		return this.take(step, view, true);
	}

	private take(step: Step, view: View | undefined, complete: boolean): Taken {
		const { conversation, position, own } = step;
		this.noteStart(conversation, view);
		const items = itemsOf(step, view);
		const taken = take(view, items, position, complete, this.port.me, step.pushed);
		if (taken.missed || (own !== null && items.length === 0)) {
			this.missed.set(conversation, (this.missed.get(conversation) ?? 0) + 1);
		}
		return taken;
	}

	/**
	 * A page of older messages, kept in the view. One that was read before a change of a row that is
	 * not held is read again: the change would not come a second time.
	 */
	history(conversation: string, before: number | null, limit: number, reply: Reply): void {
		const { store } = this.port;
		const missed = this.missed.get(conversation);
		this.port.ask({ type: "history", conversation, before, limit }, (result, code, detail) => {
			if (result?.type !== "history") {
				reply(null, code, detail);
				return;
			}
			if (this.missed.get(conversation) !== missed) {
				this.history(conversation, before, limit, reply);
				return;
			}
			const { messages, more } = result;
			try {
				store.change(conversation, takeHistory(store.view(conversation), before, messages, more));
			} catch (cause) {
				reply(null, "UNAVAILABLE", "the page could not be stored");
				throw cause;
			}
			reply(result, null, "");
		});
	}

	private apply(step: Step, complete: boolean): void {
		const { store } = this.port;
		const { conversation } = step;
		const { change, notes } = this.take(step, store.view(conversation), complete);
		store.change(conversation, change);
		this.stored(step, notes);
	}

	/** The step's change is stored: say and tell what follows from it. */
	stored(step: Step, notes: readonly Note[]): void {
		const { emit } = this.port;
		const { conversation } = step;
		this.receipts.moved(conversation);
		for (const note of notes) {
			if (note.type === "message") {
				if (step.own === null) emit("message", conversation, note.message);
			} else if (note.type === "row") emit("row", conversation, note.message);
			else if (note.type === "status") emit("status", conversation, note.watermarks);
			else emit("changed", conversation, note.change, note.position, note.at);
		}
		this.name(conversation);
	}

	/** What came without the list has no entry of it: made from what the server says of it. */
	private name(conversation: string): void {
		const { store, me, emit } = this.port;
		if (this.listing || store.view(conversation)?.entry !== null) return;
		if (this.named.has(conversation)) return;
		this.named.add(conversation);
		const request = { type: "info", conversation, cursor: null, limit: 1 } as const;
		this.port.ask(request, (info) => {
			const view = store.view(conversation);
			if (info?.type !== "info" || view === undefined || view.entry !== null) return;
			const { kind, title, picture, createdBy } = info;
			const { position, held } = view;
			const role = kind !== "direct" && createdBy === me ? "owner" : "member";
			const facts = { conversation, kind, title, picture, role, mutedUntil: 0 } as const;
			const reached = { head: held, position, start: position, delivered: held, seen: 0 };
			const entry: ListEntry = { ...facts, ...reached, unread: 0, last: null };
			store.change(conversation, { entry });
			emit("listed", [entry], false);
		});
	}

	/** A view is about to move for the first time in this generation. */
	private noteStart(conversation: string, view: View | undefined): void {
		if (!this.startedAt.has(conversation)) {
			this.startedAt.set(conversation, view?.position ?? 0);
		}
	}

	/**
	 * The marked list. [Y2] The answer is what was held when this generation began, not what live
	 * pushes have brought since: a storage restored from a backup would answer the same.
	 */
	marks(op: ServerOp & { readonly type: "marks" }): void {
		const { store } = this.port;
		const held: { conversation: string; position: number }[] = [];
		for (const { conversation, position } of op.marks) {
			const view = store.view(conversation);
			const now = view?.reset === true ? 0 : (view?.position ?? 0);
			held.push({ conversation, position: this.startedAt.get(conversation) ?? now });
			if (now < position) this.pulls.want(conversation, position);
		}
		for (let at = 0; at < held.length; at += heldMax) {
			this.port.say({ type: "held", held: held.slice(at, at + heldMax) });
		}
	}

	/** Read the conversation list from its first page, and once more if one is being read. */
	list(): void {
		this.listAgain = this.listing;
		if (this.listing) return;
		this.listing = true;
		this.page(null);
	}

	private page(cursor: string | null): void {
		const { pageItems } = this.port;
		this.port.ask({ type: "list", cursor, limit: pageItems }, (result, code) => {
			if (result?.type !== "list") {
				this.pulls.later(() => this.page(cursor), code);
				return;
			}
			for (const entry of result.entries) this.accept(entry);
			if (result.cursor !== null) this.page(result.cursor);
			else this.listRead();
			this.port.emit("listed", result.entries, result.cursor === null);
		});
	}

	private listRead(): void {
		this.listing = false;
		if (this.listAgain) this.list();
		else this.confirmList();
	}

	/** [Y3] Said only when every page is stored; from then on the device gets marks. */
	private confirmList(): void {
		this.port.store.listed();
		this.port.say({ type: "listed" });
		this.port.onListed();
	}

	private accept(entry: ListEntry): void {
		const { store, me } = this.port;
		const { conversation } = entry;
		const view = store.view(conversation);
		const own = view?.reset === true ? undefined : view?.watermarks.get(me);
		const { delivered, seen } = entry;
		const mark = { user: me, delivered, deliveredAt: 0, seen, seenAt: 0 };
		const watermarks = own !== undefined && own.delivered >= delivered ? [] : [mark];
		if (view === undefined || view.reset) {
			this.noteStart(conversation, undefined);
			store.change(conversation, {
				clear: true,
				reset: false,
				entry,
				watermarks,
				position: entry.start,
				held: delivered,
				top: delivered,
				foreign: delivered,
				first: delivered + 1,
				seen: Math.max(view?.seen ?? 0, seen),
			});
		} else store.change(conversation, { entry, watermarks });
		const now = store.view(conversation)?.position ?? 0;
		if (now < entry.position) this.pulls.want(conversation, entry.position);
		else this.port.onLevel(conversation);
	}

	/** [Y8] The position is not kept any more. Rows may have changed unseen: they go as well. */
	private reset(conversation: string): void {
		this.noteStart(conversation, this.port.store.view(conversation));
		this.port.store.change(conversation, { reset: true, clear: true });
		this.port.emit("reset", conversation);
		this.list();
	}

	/** True while the conversation is being pulled or waits for it. */
	pulling(conversation: string): boolean {
		return this.pulls.has(conversation);
	}
}
