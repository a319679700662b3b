// Media over HTTP in the broker's process: which request is which, and the parts behind it.
// docs/media.md is the interface.

import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
import type { Timer } from "../base/clock.js";
import { BrokerError } from "../base/errors.js";
import type { Log } from "../base/log.js";
import { type AccessParts, addressOf, nameIn, readable } from "./access.js";
import { Downloads } from "./download.js";
import { Drafts } from "./drafts.js";
import { answerJson, type Guard, minded, preflight, whoAsks } from "./http.js";
import type { MediaIndex } from "./media-index.js";
import { sendPreview } from "./preview-answer.js";
import { type PreviewParts, Previews } from "./previews.js";
import { isResumable, ResumableLater } from "./resumable-later.js";
import { allow, failed, sendSigned, target } from "./signed.js";
import { Locks, type Slots } from "./slots.js";
import { type BlobStore, hashPattern } from "./store.js";
import { type Collected, sweep } from "./sweep.js";
import { type TransferLimits, Transfers } from "./transfers.js";
import { uploadOnce } from "./upload-once.js";
import { type UploadLimits, Uploads } from "./uploads.js";

export type MediaLimits = UploadLimits &
	TransferLimits &
	PreviewParts["limits"] & {
		readonly mediaUrlMs: number;
		readonly mediaGraceMs: number;
		readonly mediaSweepMs: number;
		readonly mediaDraftMs: number;
		readonly mediaDraftsPerUser: number;
	};

export interface MediaParts extends Guard {
	readonly log: Log;
	readonly key: Uint8Array;
	readonly store: BlobStore;
	/** Where drafts lie. */
	readonly folder: string;
	readonly slots: Slots;
	readonly index: MediaIndex;
	readonly limits: MediaLimits;
	/** What signed addresses begin with; empty: they are relative. */
	readonly baseUrl: string;
}

/** What it is made of. */
interface Own {
	readonly locks: Locks;
	readonly drafts: Drafts;
	readonly downloads: Downloads;
	readonly previews: Previews;
	readonly uploads: Uploads;
	readonly resumable: ResumableLater;
}

/** Hashes kept of drafts between two requests; a draft of another is read again. */
const hashesKept = 1_024;

export class MediaServer {
	private readonly transfers: Transfers;
	private readonly access: AccessParts;
	private timer: Timer | null = null;
	private sweeping: Promise<Collected | null> | null = null;

	private constructor(
		private readonly parts: MediaParts,
		private readonly own: Own,
	) {
		const { clock, key, index, limits } = parts;
		this.transfers = new Transfers(clock, limits);
		this.access = { clock, key, index, limits };
	}

	/** Errors: those of the file system, when the folder cannot be made or read. */
	static async open(parts: MediaParts): Promise<MediaServer> {
		const { clock, log, folder, slots, limits } = parts;
		const locks = new Locks();
		const drafts = await Drafts.open(join(folder, "drafts"), slots, hashesKept);
		// Of a former process: what cannot be resumed, and what nobody came back for.
		await drafts.sweep(clock.now() - limits.mediaDraftMs, true);
		const downloads = new Downloads(parts.store);
		const previews = new Previews({ ...parts, downloads });
		const uploads = new Uploads({ ...parts, locks, previews });
		const originAllowed = (request: IncomingMessage) => parts.originAllowed(request);
		const forResuming = { clock, log, drafts, uploads, originAllowed, limits };
		const resumable = await ResumableLater.open(forResuming);
		const own = { locks, drafts, downloads, previews, uploads, resumable };
		const server = new MediaServer(parts, own);
		server.timer = clock.every(limits.mediaSweepMs, () => void server.sweep());
		return server;
	}

	/** True: it is a request for media, and is answered. */
	handle(request: IncomingMessage, response: ServerResponse): boolean {
		const { path, query } = target(request);
		if (!/^\/media(?:\/|$)/.test(path)) return false;
		this.answer(request, response, path, query).catch((error: unknown) => {
			failed(this.parts, request, response, error);
		});
		return true;
	}

	/** Collects what nobody needs; null: it failed, which is logged. One at a time. */
	sweep(): Promise<Collected | null> {
		this.sweeping ??= this.collect().finally(() => {
			this.sweeping = null;
		});
		return this.sweeping;
	}

	/** Cuts transfers; drafts stay for those who come back. */
	async close(): Promise<void> {
		this.timer?.cancel();
		this.transfers.close();
		this.own.previews.close();
		await this.sweeping;
		await this.parts.store.close();
	}

	private async collect(): Promise<Collected | null> {
		const { clock, log, limits } = this.parts;
		try {
			await this.own.resumable.gone(
				await this.own.drafts.sweep(clock.now() - limits.mediaDraftMs, false),
			);
			return await sweep({ ...this.parts, locks: this.own.locks });
		} catch (error) {
			log("warn", "media.sweep", { error: String(error) });
			return null;
		}
	}

	private async answer(
		request: IncomingMessage,
		response: ServerResponse,
		pathname: string,
		query: URLSearchParams,
	): Promise<void> {
		if (isResumable(pathname)) {
			await this.resume(request, response);
			return;
		}
		minded(this.parts, request, response);
		if (request.method === "OPTIONS") {
			preflight(response);
			return;
		}
		if (pathname === "/media" || pathname === "/media/") {
			allow(request, ["POST"]);
			const { user } = await whoAsks(this.parts, request);
			this.transfers.add(request, response);
			const { clock } = this.parts;
			const { drafts, uploads } = this.own;
			await uploadOnce({ clock, drafts, uploads }, user, request, response);
			return;
		}
		const [, , hash = "", more] = pathname.split("/");
		allow(request, more === "url" ? ["GET"] : ["GET", "HEAD"]);
		if (!hashPattern.test(hash) || !["url", "preview", undefined].includes(more)) {
			throw new BrokerError("BAD_REQUEST", "the path names no hash in lower-case hex");
		}
		this.transfers.add(request, response);
		if (more === "preview") await this.preview(request, response, hash, query);
		else if (more === "url") await this.address(request, response, hash, query);
		else await this.download(request, response, hash, query);
	}

	private async resume(request: IncomingMessage, response: ServerResponse): Promise<void> {
		const { parts } = this;
		if (!parts.originAllowed(request)) throw new BrokerError("ORIGIN");
		// A preflight carries no token, and tells nothing of anybody.
		const user = request.method === "OPTIONS" ? "" : (await whoAsks(parts, request)).user;
		this.transfers.add(request, response);
		await this.own.resumable.answer(request, response, user);
	}

	private async download(
		request: IncomingMessage,
		response: ServerResponse,
		hash: string,
		query: URLSearchParams,
	): Promise<void> {
		if (query.has("signature")) {
			await sendSigned(this.access, this.own.downloads, request, response, hash, query);
			return;
		}
		const bytes = Buffer.from(hash, "hex");
		// Of two users of one browser each is asked for.
		response.appendHeader("vary", "Authorization");
		const { name, granted, ticket, expiresAt } = await this.mayRead(request, bytes, query);
		response.setHeader("media-size", granted.size);
		response.setHeader("media-type", granted.contentType);
		response.setHeader("media-ticket", Buffer.from(ticket).toString("base64url"));
		response.setHeader("media-expires", expiresAt);
		await this.own.downloads.send(request, response, { hash, name, signed: false });
	}

	/** For whoever may read the file: as a user, or by its address. */
	private async preview(
		request: IncomingMessage,
		response: ServerResponse,
		hash: string,
		query: URLSearchParams,
	): Promise<void> {
		const bytes = Buffer.from(hash, "hex");
		const signed = query.has("signature");
		if (!signed) {
			response.appendHeader("vary", "Authorization");
			await this.mayRead(request, bytes, query);
		} else if (nameIn(this.access, bytes, query) === null) {
			throw new BrokerError("MEDIA_UNKNOWN");
		}
		await sendPreview(this.own.previews, request, response, { hash, name: "", signed });
	}

	private async address(
		request: IncomingMessage,
		response: ServerResponse,
		hash: string,
		query: URLSearchParams,
	): Promise<void> {
		const bytes = Buffer.from(hash, "hex");
		const { name } = await this.mayRead(request, bytes, query);
		answerJson(response, 200, addressOf(this.access, this.parts.baseUrl, bytes, name));
	}

	/** Errors: those of `whoAsks`; MEDIA_UNKNOWN. */
	private async mayRead(request: IncomingMessage, hash: Uint8Array, query: URLSearchParams) {
		const { user } = await whoAsks(this.parts, request);
		const found = await readable(this.access, user, hash, query.get("conversation"));
		if (found === null) throw new BrokerError("MEDIA_UNKNOWN");
		return found;
	}
}
