// Files in a real browser, under a strict content security policy: an upload that outlives the
// server and its page, and what others make of the message.

import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "puppeteer-core";
import t from "tap";
import type { Client, ClientError, ConnectOptions, MediaReference } from "../../src/sdk/index.js";
import type { Media } from "../../src/sdk/media.js";
import { until } from "../e2e/talk.js";
import { chromium, Pages } from "../helpers/pages.js";
import { tokenFor } from "../helpers/wire-client.js";
import { sha256 } from "../media/files.js";
import { Party } from "../sdk/party.js";
import { film } from "./film.js";

const path = chromium();
const options = path === null ? { skip: "no chromium here" } : { timeout: 60_000 };

/** What a page has of its modules, and what it made with them. */
interface Scope {
	readonly sdk: {
		connect(options: ConnectOptions): Client;
		readonly ClientError: new () => ClientError;
	};
	readonly files: { openMedia(client: Client): Media };
	readonly films: { readonly film: typeof film };
	client: Client;
	done: number[];
	upload: Promise<MediaReference>;
}

const size = 8_000_000;

t.test("files in Chromium", options, async (t) => {
	const party = await Party.start(t, { allowedOrigins: ["*"] });
	const modules = { index: "src/sdk/browser.ts", film: "test/browser/film.ts" };
	const pages = await Pages.start(t, modules, path as string);
	await party.provision("ann", "bob");

	/** A page of a user that begins to upload. */
	async function uploading(): Promise<Page> {
		const page = await pages.open({ sdk: "index", files: "media", films: "film" });
		const token = await tokenFor(party.data, "ann");
		await page.evaluate(
			(url, token, size) => {
				const scope = globalThis as unknown as Scope;
				scope.client = scope.sdk.connect({ url, token, store: "media" });
				scope.done = [];
				const file = new File([scope.films.film(size)], "film.bin", { lastModified: 1 });
				const onProgress = ({ done }: { readonly done: number }) => scope.done.push(done);
				scope.upload = scope.files.openMedia(scope.client).upload(file, { onProgress });
			},
			party.url,
			token,
			size,
		);
		return page;
	}

	const some = (page: Page) =>
		page.waitForFunction(() => ((globalThis as unknown as Scope).done.at(-1) ?? 0) > 1_000_000);

	const first = await uploading();
	// What has left the page may not have come to the server yet.
	const drafts = join(party.data, "media", "drafts");
	const kept = () => readdirSync(drafts).map((name) => statSync(join(drafts, name)).size);
	await until("a megabyte is kept", () => kept().some((bytes) => bytes > 1_000_000));
	await first.close();
	const page = await uploading();
	await some(page);
	await party.down();
	await party.up();
	const { starts, last, hash, hasName } = await page.evaluate(async () => {
		const { client, upload, done } = globalThis as unknown as Scope;
		const file = await upload;
		const talk = await client.open("bob");
		await talk.send({ text: "look", media: [file] }).reached("sent");
		const hash = [...file.hash].map((byte) => byte.toString(16).padStart(2, "0")).join("");
		return { starts: done[0], last: done.at(-1), hash, hasName: file.name };
	});
	t.ok((starts ?? 0) > 1_000_000, `the second page goes on at ${starts}`);
	t.equal(last, size);
	t.equal(hash, sha256(film(size)));
	t.equal(hasName, "film.bin");
	await page.close();

	const reader = await pages.open({ sdk: "index" });
	const token = await tokenFor(party.data, "bob");
	const got = await reader.evaluate(
		async (url, token) => {
			const { sdk } = globalThis as unknown as Scope;
			const client = sdk.connect({ url, token });
			const talk = await client.open("ann");
			for await (const list of talk.messages) if (list.length > 0) break;
			const [file] = talk.messages.snapshot()[0]?.media ?? [];
			if (file === undefined) throw new Error("no file");
			const blob = await file.download();
			const shown = await (await fetch(await file.url())).arrayBuffer();
			const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", shown));
			const refusal = await file.save("film.bin").catch((cause: unknown) => String(cause));
			await talk.deleteForMe(1);
			const gone = await file.forward().catch((cause: unknown) => cause);
			return {
				size: blob.size,
				same: digest.every((byte, at) => byte === file.hash[at]),
				refusal,
				code: gone instanceof sdk.ClientError ? gone.code : String(gone),
			};
		},
		party.url,
		token,
	);
	t.same(got, {
		size,
		same: true,
		refusal: "TypeError: a page has no paths: download() gives a Blob",
		code: "MEDIA_UNKNOWN",
	});
	t.same(pages.violations, [], "nothing against the policy, no error on a page");
});
