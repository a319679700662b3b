// Signed addresses: the part of media that needs no journal. In the broker it stands beside the
// rest; alone, on another machine or behind a CDN, it is all there is (`colloquy media serve`).

import type { IncomingMessage, ServerResponse } from "node:http";
import type { Clock } from "../base/clock.js";
import { BrokerError } from "../base/errors.js";
import type { Log } from "../base/log.js";
import { type AccessParts, nameIn } from "./access.js";
import { Downloads } from "./download.js";
import { answerError, BadForm } from "./http.js";
import { type BlobStore, hashPattern } from "./store.js";
import { type TransferLimits, Transfers } from "./transfers.js";

/** Answers a request whose address is signed. Errors: MEDIA_UNKNOWN; those of `Downloads`. */
export async function sendSigned(
	access: Pick<AccessParts, "clock" | "key">,
	downloads: Downloads,
	request: IncomingMessage,
	response: ServerResponse,
	hash: string,
	query: URLSearchParams,
): Promise<void> {
	const name = nameIn(access, Buffer.from(hash, "hex"), query);
	if (name === null) throw new BrokerError("MEDIA_UNKNOWN");
	await downloads.send(request, response, { hash, name, signed: true });
}

/** What a request asks for: no escape of the path is undone, no dots are followed. */
export function target(request: IncomingMessage): {
	readonly path: string;
	readonly query: URLSearchParams;
} {
	const [path = "", query = ""] = (request.url ?? "").split("?", 2);
	return { path, query: new URLSearchParams(query) };
}

/** Errors: BAD_REQUEST as 405. */
export function allow({ method = "" }: IncomingMessage, methods: readonly string[]): void {
	if (methods.includes(method)) return;
	throw new BadForm(405, `${method} is not done here`, methods.join(", "));
}

/** Says a failure to the client, and to the operator what is his to mend. */
export function failed(
	{ clock, log }: { readonly clock: Clock; readonly log: Log },
	request: IncomingMessage,
	response: ServerResponse,
	error: unknown,
): void {
	const known = error instanceof BrokerError;
	if (!known || error.code === "MEDIA_IO") {
		log("error", "media.failed", { error: String(known ? error.cause : error) });
	}
	answerError(clock, request, response, error);
}

export interface SignedParts {
	readonly clock: Clock;
	readonly log: Log;
	readonly key: Uint8Array;
	readonly store: BlobStore;
	readonly limits: TransferLimits;
}

/** Serves nothing but signed addresses. */
export class SignedServer {
	private readonly downloads: Downloads;
	private readonly transfers: Transfers;

	constructor(private readonly parts: SignedParts) {
		this.downloads = new Downloads(parts.store);
		this.transfers = new Transfers(parts.clock, parts.limits);
	}

	handle(request: IncomingMessage, response: ServerResponse): void {
		this.answer(request, response).catch((error: unknown) => {
			failed(this.parts, request, response, error);
		});
	}

	async close(): Promise<void> {
		this.transfers.close();
		await this.parts.store.close();
	}

	private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
		allow(request, ["GET", "HEAD"]);
		const { path, query } = target(request);
		const hash = /^\/media\/([^/]*)$/.exec(path)?.[1] ?? "";
		if (!hashPattern.test(hash)) throw new BrokerError("MEDIA_UNKNOWN");
		this.transfers.add(request, response);
		await sendSigned(this.parts, this.downloads, request, response, hash, query);
	}
}
