// What the tests of media say over HTTP and the socket: uploads, downloads, messages that
// reference.

import { createHash, randomBytes } from "node:crypto";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { BrokerOptions } from "../../src/broker.js";
import type { PreviewFacts } from "../../src/media/previews.js";
import type { WriteCommand } from "../../src/protocol/frames.js";
import { testClock } from "../../src/testing/clock.js";
import type { TestBroker } from "../helpers/broker.js";
import { text, tokenFor, type WireClient } from "../helpers/wire-client.js";

export const hour = 3_600_000;

/** A clock that can be put some hours ahead; tokens and sessions never expire. */
export function aheadOfTime() {
	const clock = testClock();
	const authenticate: NonNullable<BrokerOptions["authenticate"]> = (token) => {
		const claims = Buffer.from(token.split(".")[1] ?? "", "base64url").toString();
		return { user: JSON.parse(claims).sub, expiresAt: 2 ** 50, issuedAt: 2 ** 49 };
	};
	return { options: { clock, authenticate }, jump: (ms: number) => clock.jump(ms) };
}

export interface Answered {
	readonly hash: string;
	readonly size: number;
	readonly type: string;
	readonly ticket: string;
	readonly expiresAt: number;
	readonly preview?: PreviewFacts | null;
}

export type Headers = Readonly<Record<string, string>>;

export interface Asked {
	readonly method?: string;
	readonly headers?: Headers;
	readonly body?: Uint8Array;
}

/** A request of a user; `user` null: without a token. */
export async function ask(
	it: Pick<TestBroker, "wsUrl" | "data">,
	user: string | null,
	path: string,
	{ method = "GET", headers = {}, body }: Asked = {},
): Promise<Response> {
	const token: Headers =
		user === null ? {} : { authorization: `Bearer ${await tokenFor(it.data, user)}` };
	return fetch(`${it.wsUrl.replace("ws:", "http:")}${path}`, {
		method,
		headers: { ...token, ...headers },
		...(body === undefined ? {} : { body: Buffer.from(body) }),
	});
}

/** Uploads and returns what was answered; throws on anything but 201. */
export async function upload(
	it: Pick<TestBroker, "wsUrl" | "data">,
	user: string,
	body: Uint8Array,
	headers: Headers = {},
): Promise<Answered> {
	const response = await ask(it, user, "/media", { method: "POST", body, headers });
	if (response.status !== 201) throw new Error(`${response.status} ${await response.text()}`);
	return (await response.json()) as Answered;
}

/** A `send` that references files. */
export function sending(files: readonly Answered[], name = "photo.png"): WriteCommand {
	return {
		...(text("look") as WriteCommand & { type: "send" }),
		media: files.map(reference(name)),
	};
}

export function editing(seq: number, files: readonly Answered[]): WriteCommand {
	const { id, contentType, content, replyTo, mentions } = text("look") as WriteCommand & {
		type: "send";
	};
	const media = files.map(reference("photo.png"));
	return { type: "edit", seq, id, contentType, content, replyTo, mentions, media };
}

function reference(name: string) {
	return ({ hash, size, type, ticket }: Answered) => ({
		hash: Buffer.from(hash, "hex"),
		size,
		contentType: type,
		name,
		ticket: Buffer.from(ticket, "base64url"),
	});
}

/** The outcome of a write: its code when refused. */
export async function outcome(
	client: WireClient,
	conversation: string,
	n: number,
	command: WriteCommand,
): Promise<string> {
	client.write(conversation, n, n - 1, command);
	const said = await client.outcome(conversation, n);
	return said.type === "refused" ? said.code : said.type;
}

export function sha256(bytes: Uint8Array): string {
	return createHash("sha256").update(bytes).digest("hex");
}

/** The first bytes of a PNG, and noise: no two are alike. */
export function picture(size = 1_000): Buffer {
	return Buffer.concat([Buffer.from("\x89PNG\r\n\x1a\n", "latin1"), randomBytes(size - 8)]);
}

/** Everything below the media folder but folders, by name. */
export function filesOf({ data }: Pick<TestBroker, "data">): string[] {
	const folder = join(data, "media");
	if (!existsSync(folder)) return [];
	return readdirSync(folder, { recursive: true, withFileTypes: true })
		.filter((entry) => entry.isFile())
		.map((entry) => entry.name)
		.sort();
}

export async function eventually(holds: () => boolean | Promise<boolean>): Promise<void> {
	for (let left = 400; left > 0; left -= 1) {
		if (await holds()) return;
		await new Promise((resolve) => setTimeout(resolve, 10));
	}
	throw new Error("it never came about");
}
