// What the tests say of tus 1.0: uploads begun, appended to, asked about.

import { ask, type Headers } from "./files.js";

/** Where a server is and where its secret lies. */
export interface Place {
	readonly wsUrl: string;
	readonly data: string;
}

export const tus: Headers = { "tus-resumable": "1.0.0" };

function meta(facts: Readonly<Record<string, string>>): Headers {
	const pairs = Object.entries(facts).map(
		([name, value]) => `${name} ${Buffer.from(value).toString("base64")}`,
	);
	return pairs.length === 0 ? {} : { "upload-metadata": pairs.join(",") };
}

export function create(it: Place, user: string, size: number, facts = {}): Promise<Response> {
	const headers = { ...tus, "upload-length": String(size), ...meta(facts) };
	return ask(it, user, "/media/uploads", { method: "POST", headers });
}

/** The path of a new upload; throws when there is none. */
export async function begin(it: Place, user: string, size: number, facts = {}): Promise<string> {
	const response = await create(it, user, size, facts);
	const location = response.headers.get("location");
	if (location === null) throw new Error(`${response.status} ${await response.text()}`);
	return location;
}

export function append(it: Place, user: string, path: string, offset: number, body: Uint8Array) {
	const type = { "content-type": "application/offset+octet-stream" };
	const headers = { ...tus, ...type, "upload-offset": String(offset) };
	return ask(it, user, path, { method: "PATCH", headers, body });
}

/** What has arrived; below zero: the status that was answered instead. */
export async function offsetOf(it: Place, user: string, path: string): Promise<number> {
	const head = await ask(it, user, path, { method: "HEAD", headers: tus });
	return Number(head.headers.get("upload-offset") ?? -head.status);
}
