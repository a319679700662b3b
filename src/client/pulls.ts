// Pulls of one session: which conversations are behind, how many are asked at once, and what
// arrives meanwhile. A pull of several pages ends where its first page's snapshot stood [Y4].

import type { Timer } from "../base/clock.js";
import type { ErrorCode } from "../base/errors.js";
import type { Result } from "../protocol/frames.js";
import { retried } from "./ending.js";
import { news, type Step } from "./step.js";
import type { SyncPort } from "./sync.js";

interface Pull {
	/** Pushes that do not continue the cursor yet, in order of arrival. */
	kept: Step[];
	/** More came than is kept: the pull is followed by another. */
	overflow: boolean;
	/** The highest position known of: a mark may come while an older pull is under way. */
	upTo: number;
	/** Pulls that ended without closing the gap that a push had shown. */
	fruitless: number;
	active: boolean;
	/** Nothing was held of the conversation when it began. */
	fresh: boolean;
}

interface PullsPort {
	apply(step: Step, complete: boolean): void;
	reset(conversation: string): void;
}

/** Conversations pulled at once. */
const activeMax = 8;
/** Pushes kept for one conversation while it is pulled. */
export const keptMax = 256;
/** A server whose pushes never join its pulls is at fault; asking for ever would not help. */
const fruitlessMax = 3;
const retryBaseMs = 200;
const retryMaxMs = 10_000;

export class Pulls {
	private readonly port: SyncPort;
	private readonly owner: PullsPort;
	private readonly pulls = new Map<string, Pull>();
	private readonly queue = new Set<string>();
	private readonly timers = new Set<Timer>();
	private active = 0;
	private failures = 0;
	/** Conversations reset in this session and not pulled to the end since: never twice in a row. */
	private readonly resets = new Set<string>();

	constructor(port: SyncPort, owner: PullsPort) {
		this.port = port;
		this.owner = owner;
	}

	end(): void {
		for (const timer of this.timers) timer.cancel();
		this.timers.clear();
		this.queue.clear();
	}

	has(conversation: string): boolean {
		return this.pulls.has(conversation);
	}

	/** `upTo`: the conversation is known to reach so far. */
	want(conversation: string, upTo = 0): void {
		const pull = this.pulls.get(conversation);
		if (pull === undefined) {
			this.pulls.set(conversation, {
				kept: [],
				overflow: false,
				upTo,
				fruitless: 0,
				active: false,
				fresh: false,
			});
		} else {
			pull.upTo = Math.max(pull.upTo, upTo);
			if (pull.active) return;
		}
		this.queue.add(conversation);
		this.next();
	}

	/** A push that does not continue the cursor: kept, and the gap before it is pulled. */
	keep(step: Step): void {
		this.want(step.conversation);
		const pull = this.pulls.get(step.conversation);
		if (pull === undefined) return;
		if (pull.kept.length < keptMax) pull.kept.push(step);
		else pull.overflow = true;
	}

	/** Try again after a pause, unless the code says that it is no use. */
	later(run: () => void, code: ErrorCode | null): void {
		if (code !== null && !retried(code)) {
			this.port.emit("fault", "sync", code);
			return;
		}
		this.failures += 1;
		const full = Math.min(retryMaxMs, retryBaseMs * 2 ** Math.min(this.failures, 16));
		const timer = this.port.clock.after((full * (1 + this.port.clock.random())) / 2, () => {
			this.timers.delete(timer);
			run();
		});
		this.timers.add(timer);
	}

	private next(): void {
		for (const conversation of this.queue) {
			if (this.active >= activeMax) return;
			this.queue.delete(conversation);
			const pull = this.pulls.get(conversation);
			// A view that waits for the list is asked for once the list has given it a start.
			if (pull === undefined || this.port.store.view(conversation)?.reset === true) continue;
			pull.active = true;
			pull.fresh = (this.port.store.view(conversation)?.rows.size ?? 0) === 0;
			this.active += 1;
			this.page(conversation, pull, null, 0);
		}
	}

	private page(conversation: string, pull: Pull, until: number | null, from: number): void {
		const position = Math.max(from, this.port.store.view(conversation)?.position ?? 0);
		const limit = this.port.pageItems;
		const { fresh } = pull;
		const request = { type: "pull", conversation, position, until, limit, fresh } as const;
		this.port.ask(request, (result, code) => {
			if (result?.type === "pull") this.arrived(conversation, pull, result);
			else this.failed(conversation, pull, code);
		});
	}

	private arrived(
		conversation: string,
		pull: Pull,
		result: Result & { readonly type: "pull" },
	): void {
		const { items, position, until, done } = result;
		const before = this.port.store.view(conversation)?.position ?? 0;
		this.failures = 0;
		this.owner.apply({ conversation, from: before, position, items, own: null }, done);
		// A page that neither ends nor advances would be asked for ever.
		if (!done && position > before) {
			this.page(conversation, pull, until, position);
			return;
		}
		this.release(pull);
		this.resets.delete(conversation);
		this.settle(conversation, pull, position > before);
	}

	/** What came meanwhile continues from here, or shows a gap that needs another pull. */
	private settle(conversation: string, pull: Pull, moved: boolean): void {
		let gap = pull.overflow;
		for (const step of pull.kept) {
			const position = this.port.store.view(conversation)?.position ?? 0;
			if (!news(step, position)) continue;
			if (step.from <= position) this.owner.apply(step, true);
			else gap = true;
		}
		gap ||= (this.port.store.view(conversation)?.position ?? 0) < pull.upTo;
		pull.kept = [];
		pull.overflow = false;
		pull.fruitless = moved ? 0 : pull.fruitless + 1;
		if (gap && pull.fruitless < fruitlessMax) {
			this.want(conversation);
			return;
		}
		this.pulls.delete(conversation);
		if (gap) this.port.emit("fault", "sync", `pushes of ${conversation} never join its pulls`);
		else this.port.onLevel(conversation);
		this.next();
	}

	private failed(conversation: string, pull: Pull, code: ErrorCode | null): void {
		this.release(pull);
		if (code !== null && retried(code)) this.later(() => this.want(conversation), code);
		else {
			this.pulls.delete(conversation);
			if (code === "RESET" && !this.resets.has(conversation)) {
				this.resets.add(conversation);
				this.owner.reset(conversation);
			} else this.port.emit("fault", "sync", code);
		}
		this.next();
	}

	private release(pull: Pull): void {
		pull.active = false;
		this.active -= 1;
	}
}
