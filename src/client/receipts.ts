// Receipts of one session. `delivered` follows by itself what is held without a gap; `seen` is what
// the person did. Both are said again by the next session until the server is known to have them.

import type { ClientOp } from "../protocol/frames.js";
import type { View } from "./store.js";
import type { SyncPort } from "./sync.js";

export class Receipts {
	private readonly port: SyncPort;
	/** Conversations with something to say; said in the next frame, newest figure only. */
	private readonly due = new Set<string>();
	private readonly saidDelivered = new Map<string, number>();
	private readonly saidSeen = new Map<string, number>();

	constructor(port: SyncPort) {
		this.port = port;
	}

	/** What the last session said may have been lost with it. */
	start(): void {
		for (const view of this.port.store.views()) this.check(view);
	}

	/** The view has moved, by a push, a pull or a word of the person. */
	moved(conversation: string): void {
		const view = this.port.store.view(conversation);
		if (view !== undefined) this.check(view);
	}

	get hasDue(): boolean {
		return this.due.size > 0;
	}

	private check(view: View): void {
		if (this.delivered(view) === null && this.seen(view) === null) return;
		this.due.add(view.conversation);
		this.port.wake();
	}

	/** One's own messages need no confirmation of their own; they count once another's follows. */
	private delivered(view: View): number | null {
		const known = Math.max(
			this.saidDelivered.get(view.conversation) ?? 0,
			view.watermarks.get(this.port.me)?.delivered ?? 0,
		);
		return view.foreign > known && view.held > known ? view.held : null;
	}

	private seen(view: View): number | null {
		const known = Math.max(
			this.saidSeen.get(view.conversation) ?? 0,
			view.watermarks.get(this.port.me)?.seen ?? 0,
		);
		return view.seen > known ? view.seen : null;
	}

	/** The receipts of this frame, `delivered` before `seen`. Everything said is stored already. */
	take(limit: number): ClientOp[] {
		const ops: ClientOp[] = [];
		for (const conversation of this.due) {
			if (ops.length >= limit) break;
			this.due.delete(conversation);
			const view = this.port.store.view(conversation);
			if (view === undefined || view.reset) continue;
			const delivered = this.delivered(view);
			const seen = this.seen(view);
			if (delivered !== null) {
				this.saidDelivered.set(conversation, delivered);
				ops.push({ type: "delivered", conversation, seq: delivered });
			}
			if (seen !== null) {
				this.saidSeen.set(conversation, seen);
				ops.push({ type: "seen", conversation, seq: seen });
			}
		}
		return ops;
	}
}
