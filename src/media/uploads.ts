// What every upload passes, however its bytes come: limits, rate and quota before, and after the
// last byte the way from a draft to a stored file with its rows and a ticket. HTTP is elsewhere.

import type { Clock } from "../base/clock.js";
import { BrokerError } from "../base/errors.js";
import type { Log } from "../base/log.js";
import type { Finished } from "./drafts.js";
import type { MediaIndex } from "./media-index.js";
import type { PreviewFacts, Previews } from "./previews.js";
import type { Locks } from "./slots.js";
import type { BlobStore } from "./store.js";
import { makeTicket } from "./ticket.js";
import { typeOf } from "./type.js";

export interface UploadLimits {
	readonly mediaBytesMax: number;
	readonly mediaQuotaBytes: number;
	readonly mediaUploadsAtOnce: number;
	readonly mediaUploadsPerUser: number;
	readonly mediaUploadsPerMinute: number;
	readonly mediaTicketMs: number;
}

export interface UploadParts {
	readonly clock: Clock;
	readonly log: Log;
	readonly key: Uint8Array;
	readonly store: BlobStore;
	readonly index: MediaIndex;
	readonly locks: Locks;
	readonly previews: Pick<Previews, "soon">;
	readonly limits: UploadLimits;
}

/** What an upload answers. */
export interface Uploaded {
	readonly hash: string;
	readonly size: number;
	readonly type: string;
	/** base64url */
	readonly ticket: string;
	readonly expiresAt: number;
	/** Of an image, if it is known so soon. */
	readonly preview: PreviewFacts | null;
}

interface Allowance {
	tokens: number;
	at: number;
}

const minute = 60_000;
/** Users whose rate is remembered; more, and those with all their tokens are forgotten. */
const allowancesMax = 10_000;

export class Uploads {
	/** Bytes announced by uploads that are not over, by user. */
	private readonly reserved = new Map<string, number>();
	private readonly running = new Map<string, number>();
	private readonly allowances = new Map<string, Allowance>();
	private runningAll = 0;

	constructor(private readonly parts: UploadParts) {}

	/**
	 * A new upload of so many bytes: may it be? Reserves its bytes until `release`.
	 *
	 * Errors: MEDIA_TOO_LARGE, RATE_LIMITED, MEDIA_QUOTA.
	 */
	async announce(user: string, size: number): Promise<void> {
		const { mediaBytesMax, mediaQuotaBytes } = this.parts.limits;
		if (size > mediaBytesMax) throw new BrokerError("MEDIA_TOO_LARGE", `at most ${mediaBytesMax}`);
		this.spend(user);
		// Reserved before anything is awaited: of two at once one sees the other.
		this.reserve(user, size);
		try {
			const used = await this.parts.index.used(user);
			if (used + (this.reserved.get(user) ?? 0) > mediaQuotaBytes) {
				throw new BrokerError("MEDIA_QUOTA", `${used} of ${mediaQuotaBytes} bytes are used`);
			}
		} catch (error) {
			this.release(user, size);
			throw error;
		}
	}

	/** Announced before, by a former process. */
	reserve(user: string, size: number): void {
		this.reserved.set(user, (this.reserved.get(user) ?? 0) + size);
	}

	release(user: string, size: number): void {
		const left = (this.reserved.get(user) ?? 0) - size;
		if (left > 0) this.reserved.set(user, left);
		else this.reserved.delete(user);
	}

	/** Bytes begin to come; the result ends it. Errors: OVERLOADED, RATE_LIMITED. */
	begin(user: string): () => void {
		const { mediaUploadsAtOnce, mediaUploadsPerUser } = this.parts.limits;
		const mine = this.running.get(user) ?? 0;
		if (this.runningAll >= mediaUploadsAtOnce) throw new BrokerError("OVERLOADED", "uploads");
		if (mine >= mediaUploadsPerUser) {
			throw new BrokerError("RATE_LIMITED", `${mediaUploadsPerUser} uploads at a time`);
		}
		this.runningAll += 1;
		this.running.set(user, mine + 1);
		let over = false;
		return () => {
			if (over) return;
			over = true;
			this.runningAll -= 1;
			const left = (this.running.get(user) ?? 1) - 1;
			if (left > 0) this.running.set(user, left);
			else this.running.delete(user);
		};
	}

	/**
	 * Stores a whole draft. Afterwards the draft's file is gone or may go.
	 *
	 * Errors: MEDIA_MISMATCH with another hash than `expected`; JOURNAL_IO, MEDIA_IO.
	 */
	async keep(
		user: string,
		draft: Finished,
		declared: string | undefined,
		expected: Uint8Array | null,
	): Promise<Uploaded> {
		if (expected !== null && Buffer.compare(expected, draft.hash) !== 0) {
			throw new BrokerError("MEDIA_MISMATCH", "the bytes have another hash");
		}
		const { clock, index, locks, store } = this.parts;
		const { size } = draft;
		const hash = Buffer.from(draft.hash).toString("hex");
		const contentType = typeOf(draft.head, declared);
		const uploaded = await locks.run(hash, async () => {
			const at = clock.now();
			const known = index.upload(user, draft.hash) !== null;
			// Beside the row: both are durable before the file has its name.
			const synced = draft.sync();
			// Should the row fail, that is what is told.
			synced.catch(() => {});
			// The row first: a file without one would never be collected.
			await index.uploaded(user, draft.hash, { size, contentType, at });
			try {
				await synced;
				await store.put(hash, draft.path, size);
			} catch (cause) {
				if (!known) await this.undo(user, draft.hash);
				throw cause instanceof BrokerError ? cause : new BrokerError("MEDIA_IO", "", { cause });
			}
			return this.granted(user, draft, contentType, at);
		});
		// Bounded, and after the lock: whoever uploads or collects the same bytes waits for none.
		const isImage = contentType.startsWith("image/");
		return { ...uploaded, preview: isImage ? await this.parts.previews.soon(hash) : null };
	}

	/** What failed uses no quota; what cannot be undone the sweep finds. */
	private async undo(user: string, hash: Uint8Array): Promise<void> {
		const { index, log } = this.parts;
		try {
			await index.withdraw(user, hash);
		} catch (error) {
			log("warn", "media.undo", { error: String(error) });
		}
	}

	private granted(user: string, draft: Finished, contentType: string, at: number) {
		const { key, limits } = this.parts;
		const { size } = draft;
		const expiresAt = at + limits.mediaTicketMs;
		const ticket = makeTicket(key, user, { hash: draft.hash, size, contentType }, expiresAt);
		return {
			hash: Buffer.from(draft.hash).toString("hex"),
			size,
			type: contentType,
			ticket: Buffer.from(ticket).toString("base64url"),
			expiresAt,
		};
	}

	/** One token of the user's; they come back evenly over a minute. */
	private spend(user: string): void {
		const { clock, limits } = this.parts;
		const { mediaUploadsPerMinute: most } = limits;
		const now = clock.monotonic();
		const kept = this.allowances.get(user) ?? { tokens: most, at: now };
		const tokens = Math.min(most, kept.tokens + ((now - kept.at) * most) / minute);
		if (tokens < 1) throw new BrokerError("RATE_LIMITED", `${most} uploads a minute`);
		this.allowances.set(user, { tokens: tokens - 1, at: now });
		if (this.allowances.size <= allowancesMax) return;
		for (const [one, { tokens, at }] of this.allowances) {
			if (tokens + ((now - at) * most) / minute >= most) this.allowances.delete(one);
		}
	}
}
