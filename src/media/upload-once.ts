// `POST /media`: one request, its body the file. What breaks leaves nothing. docs/media.md §3.

import type { IncomingMessage, ServerResponse } from "node:http";
import type { Clock } from "../base/clock.js";
import { BrokerError } from "../base/errors.js";
import type { Drafts, Received } from "./drafts.js";
import { answerJson, BadForm } from "./http.js";
import type { Uploads } from "./uploads.js";

export interface OnceParts {
	readonly clock: Clock;
	readonly drafts: Drafts;
	readonly uploads: Uploads;
}

/**
 * Takes the body and answers.
 *
 * Errors: BAD_REQUEST without length or with a digest that is none; those of `Uploads`; MEDIA_IO;
 *         MEDIA_MISMATCH when the client went before the last byte.
 */
export async function uploadOnce(
	{ clock, drafts, uploads }: OnceParts,
	user: string,
	request: IncomingMessage,
	response: ServerResponse,
): Promise<void> {
	const size = lengthOf(request);
	const expected = digestOf(request.headers["content-digest"]);
	await uploads.announce(user, size);
	const id = Buffer.from(clock.randomBytes(16)).toString("hex");
	let end = () => {};
	let draft: Received | null = null;
	try {
		end = uploads.begin(user);
		draft = await received(drafts, id, request, size);
		const uploaded = await uploads.keep(user, draft, request.headers["content-type"], expected);
		response.setHeader("location", `/media/${uploaded.hash}`);
		answerJson(response, 201, uploaded);
	} catch (error) {
		// What was kept has another name.
		await drafts.remove(id);
		throw error;
	} finally {
		end();
		uploads.release(user, size);
		await draft?.close();
	}
}

async function received(
	drafts: Drafts,
	id: string,
	request: IncomingMessage,
	size: number,
): Promise<Received> {
	try {
		// The connection outlives a failure of ours: it has to carry the answer.
		const bytes = request.iterator({ destroyOnReturn: false });
		const draft = await drafts.receive(id, bytes, size);
		if (draft.size === size) return draft;
		await draft.close();
		throw new BrokerError("MEDIA_MISMATCH", `${draft.size} of ${size} bytes came`);
	} catch (cause) {
		if (cause instanceof BrokerError) throw cause;
		if (request.errored) throw new BrokerError("MEDIA_MISMATCH", "the upload broke off", { cause });
		throw new BrokerError("MEDIA_IO", "", { cause });
	}
}

function lengthOf({ headers }: IncomingMessage): number {
	const length = headers["content-length"];
	if (length === undefined) throw new BadForm(411, "Content-Length is needed");
	return Number(length);
}

/** The SHA-256 of RFC 9530; null: none was given. */
function digestOf(header: string | string[] | undefined): Uint8Array | null {
	if (header === undefined) return null;
	const encoded = /(?:^|,)\s*sha-256=:([A-Za-z0-9+/]{43}=):/.exec(String(header))?.[1];
	if (encoded === undefined) throw new BrokerError("BAD_REQUEST", "Content-Digest: no sha-256");
	return Buffer.from(encoded, "base64");
}
