// Uploads that resume: tus 1.0 as `@tus/server` speaks it, on our drafts. An upload belongs to its
// user and is nowhere for others; facts beside the draft carry it over a crash. docs/media.md §4.

import { AsyncLocalStorage } from "node:async_hooks";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Readable } from "node:stream";
import { DataStore, ERRORS, Server, Upload } from "@tus/server";
import type { Clock } from "../base/clock.js";
import { BrokerError } from "../base/errors.js";
import type { Log } from "../base/log.js";
import type { Drafts, Finished } from "./drafts.js";
import { errorBody } from "./http.js";
import { path } from "./resumable-later.js";
import { Locks } from "./slots.js";
import { hashPattern } from "./store.js";
import type { Uploaded, Uploads } from "./uploads.js";

export interface ResumableParts {
	readonly clock: Clock;
	readonly log: Log;
	readonly drafts: Drafts;
	readonly uploads: Uploads;
	readonly originAllowed: (request: IncomingMessage) => boolean;
	readonly limits: { readonly mediaDraftMs: number; readonly mediaDraftsPerUser: number };
}

/** What is kept beside a draft. */
interface Facts {
	readonly user: string;
	readonly size: number;
	readonly metadata: Record<string, string | null>;
	readonly createdAt: string;
	/** What the bytes are, base64; noted before the file takes its place, which ends the draft. */
	readonly whole: { readonly hash: string; readonly head: string } | null;
	/** Null until it is stored. */
	readonly done: Uploaded | null;
}

/** Whose request is under way: tus's own calls do not say it. */
interface Asker {
	readonly user: string;
	readonly response: ServerResponse;
}

/** What is on its way to an upload may still arrive before another request takes it over. */
const takeOverMs = 1_000;

export class Resumable {
	private readonly server: Server;
	private readonly store: DraftStore;

	private constructor(parts: ResumableParts) {
		const asking = new AsyncLocalStorage<Asker>();
		this.store = new DraftStore(parts, asking);
		const { store } = this;
		this.server = new CodedServer({
			path,
			datastore: store,
			relativeLocation: true,
			lockDrainTimeout: takeOverMs,
			allowedHeaders: ["Authorization", "Colloquy-Device"],
			exposedHeaders: ["Media-Hash", "Media-Size", "Media-Type", "Media-Ticket", "Media-Expires"],
			// Whether the origin may ask was judged before.
			allowedOrigins: () => true,
			namingFunction: () => Buffer.from(parts.clock.randomBytes(16)).toString("hex"),
			onUploadCreate: async (_request, upload) => {
				await store.announce(upload);
				return {};
			},
			onUploadFinish: async (_request, upload) => {
				const done = await store.finish(upload.id);
				return { status_code: 200, headers: doneHeaders(done), body: JSON.stringify(done) };
			},
			onResponseError: (_request, error) => {
				if (!(error instanceof Error)) return undefined;
				const { status, body } = errorBody(systemError(error));
				if (status === 429 || status === 503)
					asking.getStore()?.response.setHeader("retry-after", 5);
				if (status >= 500) parts.log("warn", "media.resumable", { error: String(error) });
				return { status_code: status, body: JSON.stringify(body) };
			},
		});
		this.answer = (request, response, user) =>
			asking.run({ user, response }, async () => {
				if (request.method === "HEAD") await store.labelDone(request, response);
				await this.server.handle(request, response);
			});
	}

	/** Answers one request of a user. */
	readonly answer: (
		request: IncomingMessage,
		response: ServerResponse,
		user: string,
	) => Promise<void>;

	/** Knows again the uploads that were begun before. */
	static async open(parts: ResumableParts): Promise<Resumable> {
		const resumable = new Resumable(parts);
		await resumable.store.recall();
		return resumable;
	}

	/** Drafts that went by age. */
	gone(ids: readonly string[]): void {
		for (const id of ids) this.store.over(id);
	}
}

/** The library's own refusals are texts; clients get a code from here as from anywhere else. */
class CodedServer extends Server {
	override async write(
		context: Parameters<Server["write"]>[0],
		headers: Headers,
		status: number,
		body = "",
	): ReturnType<Server["write"]> {
		if (status < 400) return super.write(context, headers, status, body);
		headers.set("content-type", "application/json");
		return super.write(context, headers, status, body.startsWith("{") ? body : coded(status, body));
	}
}

function coded(status: number, text: string): string {
	const gone = status === 404 || status === 410;
	const code = gone ? "MEDIA_UNKNOWN" : status < 500 ? "BAD_REQUEST" : "INTERNAL";
	return JSON.stringify(errorBody(new BrokerError(code, status < 500 ? text.trim() : "")).body);
}

class DraftStore extends DataStore {
	override extensions = ["creation", "creation-with-upload", "expiration", "termination"];
	/** Uploads that are not over, by draft. */
	private readonly open = new Map<string, { readonly user: string; readonly size: number }>();
	private readonly counts = new Map<string, number>();
	private readonly finishing = new Locks();

	constructor(
		private readonly parts: ResumableParts,
		private readonly asking: AsyncLocalStorage<Asker>,
	) {
		super();
	}

	private get user(): string {
		return (this.asking.getStore() as Asker).user;
	}

	async announce({ size }: Upload): Promise<void> {
		if (size === undefined) throw ERRORS.INVALID_LENGTH;
		const { uploads, limits } = this.parts;
		if ((this.counts.get(this.user) ?? 0) >= limits.mediaDraftsPerUser) {
			const most = limits.mediaDraftsPerUser;
			throw new BrokerError("RATE_LIMITED", `${most} unfinished uploads`);
		}
		await uploads.announce(this.user, size);
	}

	override async create(upload: Upload): Promise<Upload> {
		const { clock, drafts, uploads } = this.parts;
		const { user } = this;
		const { id, size = 0, metadata = {} } = upload;
		const createdAt = new Date(clock.now()).toISOString();
		upload.creation_date = createdAt;
		try {
			await drafts.create(id);
			await drafts.note(id, {
				user,
				size,
				metadata,
				createdAt,
				whole: null,
				done: null,
			} satisfies Facts);
		} catch (error) {
			uploads.release(user, size);
			await drafts.remove(id);
			throw error;
		}
		this.began(id, user, size);
		return upload;
	}

	override async getUpload(id: string): Promise<Upload> {
		const facts = await this.factsOf(id);
		const { size, metadata, createdAt } = facts;
		const offset = await this.arrived(id, facts);
		if (offset === null) throw ERRORS.FILE_NOT_FOUND;
		return new Upload({ id, size, offset, metadata, creation_date: createdAt });
	}

	override async write(stream: Readable, id: string, offset: number): Promise<number> {
		const { size, done } = await this.factsOf(id);
		if (done !== null) return size;
		const end = this.parts.uploads.begin(this.user);
		try {
			return await this.parts.drafts.append(id, offset, stream, size);
		} finally {
			end();
		}
	}

	override async remove(id: string): Promise<void> {
		await this.factsOf(id);
		await this.parts.drafts.remove(id);
		this.over(id);
	}

	override getExpiration(): number {
		return this.parts.limits.mediaDraftMs;
	}

	/** Stores a whole draft, once: whoever asks again gets the same. */
	finish(id: string): Promise<Uploaded> {
		return this.finishing.run(id, async () => {
			const { drafts, uploads } = this.parts;
			const facts = await this.factsOf(id);
			if (facts.done !== null) return facts.done;
			const { user, metadata } = facts;
			const draft = await this.wholeOf(id, facts);
			const noted: Facts = { ...facts, whole: wholeIn(draft) };
			await drafts.note(id, noted);
			try {
				const declared = metadata.filetype ?? undefined;
				const done = await uploads.keep(user, draft, declared, hashIn(metadata.sha256));
				await drafts.note(id, { ...noted, done } satisfies Facts);
				drafts.moved(id);
				this.over(id);
				return done;
			} catch (error) {
				// These bytes will never be what was declared, or are nowhere; all else may pass.
				const final = error instanceof BrokerError && !error.retryable;
				if (final || (await drafts.size(id)) === null) {
					await drafts.remove(id);
					this.over(id);
				}
				throw error;
			}
		});
	}

	/** The whole draft, or what is noted of one that a former process put in its place. */
	private async wholeOf(id: string, facts: Facts): Promise<Finished> {
		const { drafts } = this.parts;
		const { size, whole } = facts;
		if (whole !== null && (await drafts.size(id)) === null) {
			const hash = Buffer.from(whole.hash, "base64");
			const head = Buffer.from(whole.head, "base64");
			return { path: drafts.path(id), hash, size, head, sync: async () => {} };
		}
		return drafts.finish(id, size);
	}

	/** Bytes that are here; null: none ever, or no more. */
	private async arrived(id: string, { size, whole, done }: Facts): Promise<number | null> {
		if (done !== null) return size;
		return (await this.parts.drafts.size(id)) ?? (whole === null ? null : size);
	}

	/** A HEAD of an upload with all its bytes tells what it became, and sees to it that it does. */
	async labelDone(request: IncomingMessage, response: ServerResponse): Promise<void> {
		const id = request.url?.split("?")[0]?.slice(path.length + 1) ?? "";
		try {
			const facts = await this.factsOf(id);
			if ((await this.arrived(id, facts)) !== facts.size) return;
			for (const [name, value] of Object.entries(doneHeaders(await this.finish(id)))) {
				response.setHeader(name, value);
			}
		} catch (error) {
			// tus answers that there is none, or that all has arrived, which is true.
			if (error instanceof Error) this.parts.log("warn", "media.finish", { error: String(error) });
		}
	}

	async recall(): Promise<void> {
		const { drafts, uploads } = this.parts;
		for (const id of await drafts.ids()) {
			const facts = (await drafts.noted(id)) as Facts | null;
			if (facts === null || facts.done !== null) continue;
			uploads.reserve(facts.user, facts.size);
			this.began(id, facts.user, facts.size);
		}
	}

	over(id: string): void {
		const upload = this.open.get(id);
		if (upload === undefined) return;
		this.open.delete(id);
		this.parts.uploads.release(upload.user, upload.size);
		const left = (this.counts.get(upload.user) ?? 1) - 1;
		if (left > 0) this.counts.set(upload.user, left);
		else this.counts.delete(upload.user);
	}

	private began(id: string, user: string, size: number): void {
		this.open.set(id, { user, size });
		this.counts.set(user, (this.counts.get(user) ?? 0) + 1);
	}

	/** Errors: FILE_NOT_FOUND of tus, for uploads of others too. */
	private async factsOf(id: string): Promise<Facts> {
		const facts = (await this.parts.drafts.noted(id)) as Facts | null;
		if (facts === null || facts.user !== this.user) throw ERRORS.FILE_NOT_FOUND;
		return facts;
	}
}

function wholeIn({ hash, head }: Finished): Facts["whole"] {
	const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64");
	return { hash: base64(hash), head: base64(head) };
}

function doneHeaders(done: Uploaded): Record<string, string> {
	return {
		"Media-Hash": done.hash,
		"Media-Size": String(done.size),
		"Media-Type": done.type,
		"Media-Ticket": done.ticket,
		"Media-Expires": String(done.expiresAt),
	};
}

/** Errors: BAD_REQUEST. */
function hashIn(declared: string | null | undefined): Uint8Array | null {
	if (declared == null) return null;
	if (!hashPattern.test(declared)) throw new BrokerError("BAD_REQUEST", "sha256 is no hash in hex");
	return Buffer.from(declared, "hex");
}

/** The system's errors are the store's. */
function systemError(error: Error): Error {
	return "errno" in error ? new BrokerError("MEDIA_IO", "", { cause: error }) : error;
}
