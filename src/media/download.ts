// Bytes to readers: conditions, one range, and headers that make the file harmless wherever it is
// shown. Who may read was found out before. docs/media.md §5.

import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import { create as disposition } from "content-disposition";
import { BrokerError } from "../base/errors.js";
import { Buffers, beginReading } from "./pump.js";
import type { Blob, BlobStore } from "./store.js";
import { headBytesMax, servedAs } from "./type.js";

/** What a reader is given besides the bytes. */
export interface Given {
	readonly hash: string;
	/** As the message or the address names it; may be empty. */
	readonly name: string;
	/** By an address that anybody may have put into a page of theirs. */
	readonly signed: boolean;
}

type Served = ReturnType<typeof servedAs>;

/** First bytes never change under a hash: they are read once for so many files. */
const servedKept = 4_096;

const policy =
	"sandbox; default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'";

export class Downloads {
	private readonly served = new Map<string, Served>();
	private readonly buffers = new Buffers();

	constructor(private readonly store: BlobStore) {}

	/** Answers GET and HEAD. Errors: MEDIA_UNKNOWN, MEDIA_IO: nothing was said yet. */
	async send(request: IncomingMessage, response: ServerResponse, given: Given): Promise<void> {
		const { hash } = given;
		const blob = await this.reading(() => this.store.open(hash));
		if (blob === null) throw new BrokerError("MEDIA_UNKNOWN");
		try {
			const served = await this.reading(() => this.kindOf(hash, blob));
			const etag = `"${hash}"`;
			const held = known(request.headers["if-none-match"], etag);
			const part = held ? "none" : rangeOf(request, blob.size, etag);
			const wanted = request.method === "HEAD" ? "none" : part;
			const body = await this.reading(() => begun(blob, wanted, this.buffers));
			label(response, given, served, etag);
			if (part === "none") response.writeHead(304).end();
			else await transmit(response, blob.size, part, body);
		} finally {
			await blob.close();
		}
	}

	private async reading<T>(run: () => Promise<T>): Promise<T> {
		try {
			return await run();
		} catch (cause) {
			if (cause instanceof BrokerError) throw cause;
			throw new BrokerError("MEDIA_IO", "", { cause });
		}
	}

	/** How a file is served, by its first bytes. */
	async kindOf(hash: string, blob: Blob): Promise<Served> {
		const known = this.served.get(hash);
		if (known !== undefined) return known;
		const chunks: Buffer[] = [];
		const last = Math.min(blob.size, headBytesMax) - 1;
		for await (const chunk of blob.read(0, last)) chunks.push(chunk as Buffer);
		const served = servedAs(Buffer.concat(chunks));
		const [oldest] = this.served.keys();
		if (this.served.size >= servedKept && oldest !== undefined) this.served.delete(oldest);
		this.served.set(hash, served);
		return served;
	}
}

/** Headers that any bytes of a file have. */
export function label(response: ServerResponse, given: Given, served: Served, etag: string): void {
	const { type, inline } = served;
	response.setHeader("content-type", type);
	const name = safeName(given.name);
	const how = { type: inline ? "inline" : "attachment" };
	response.setHeader("content-disposition", disposition(name === "" ? undefined : name, how));
	response.setHeader("x-content-type-options", "nosniff");
	response.setHeader("content-security-policy", policy);
	response.setHeader("referrer-policy", "no-referrer");
	response.setHeader("cross-origin-resource-policy", given.signed ? "cross-origin" : "same-site");
	response.setHeader("etag", etag);
	response.setHeader("accept-ranges", "bytes");
	// Behind a URL or a membership: for the reader's own cache, and for good.
	response.setHeader("cache-control", "private, max-age=31536000, immutable");
}

/** The base name without what could deceive: controls, bidirectional marks, folders of any kind. */
export function safeName(name: string): string {
	const base = name.split(/[/\\]/).at(-1) ?? "";
	const plain = base.replace(/[\p{C}\u2028\u2029]/gu, "").trim();
	return plain === "." || plain === ".." ? "" : plain;
}

/** The asker has it: whatever it says of caches, under this tag are the same bytes for ever. */
export function known(condition: string | undefined, etag: string): boolean {
	const tags = condition?.split(",").map((one) => one.trim().replace(/^W\//, "")) ?? [];
	return tags.some((one) => one === "*" || one === etag);
}

type Part = "whole" | "unsatisfiable" | { readonly start: number; readonly end: number };

/** Which bytes are asked for. Several ranges and those not understood are answered by the whole. */
function rangeOf({ headers, method }: IncomingMessage, size: number, etag: string): Part {
	const { range, "if-range": condition } = headers;
	if (range === undefined || method !== "GET") return "whole";
	// Weak tags and dates never match: a hash is the strongest there is.
	if (condition !== undefined && condition !== etag) return "whole";
	const [, first, last] = /^bytes=(\d*)-(\d*)$/.exec(range) ?? [];
	if (first === undefined || last === undefined || first + last === "") return "whole";
	// Without a first one it is a number of last bytes: more than there are is all of them.
	const start = first === "" ? Math.max(0, size - Number(last)) : Number(first);
	const end = first === "" || last === "" ? size - 1 : Math.min(Number(last), size - 1);
	return start > end ? "unsatisfiable" : { start, end };
}

function boundsOf(part: Part, size: number): { readonly start: number; readonly end: number } {
	return typeof part === "object" ? part : { start: 0, end: size - 1 };
}

/** Sends a body, once its first bytes are there; rejects when the reader or the store has gone. */
type Send = (response: ServerResponse) => Promise<void>;

/** The bytes, once the first are there: until then a store that fails can be told with a code. */
async function begun(blob: Blob, part: Part | "none", buffers: Buffers): Promise<Send | null> {
	if (part === "none" || part === "unsatisfiable") return null;
	const { start, end } = boundsOf(part, blob.size);
	if (blob.readInto !== undefined && start <= end) {
		return beginReading(blob, start, end, buffers);
	}
	const body = blob.read(start, end);
	await once(body, "readable");
	return (response) => pipeline(body, response);
}

async function transmit(
	response: ServerResponse,
	size: number,
	part: Part,
	send: Send | null,
): Promise<void> {
	if (part === "unsatisfiable") {
		for (const name of ["content-type", "content-disposition", "etag"]) response.removeHeader(name);
		response.setHeader("cache-control", "no-store");
		response.writeHead(416, { "content-range": `bytes */${size}`, "content-length": 0 }).end();
		return;
	}
	const { start, end } = boundsOf(part, size);
	if (part !== "whole") response.setHeader("content-range", `bytes ${start}-${end}/${size}`);
	response.setHeader("content-length", end + 1 - start);
	response.writeHead(part === "whole" ? 200 : 206);
	if (send === null) {
		response.end();
		return;
	}
	try {
		await send(response);
	} catch {
		// Either the reader has gone, or it sees by the length that not all has come.
		response.destroy();
	}
}
