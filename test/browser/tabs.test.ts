// Two tabs of a person in a real browser: the second has what it looks at, and goes on when the
// first is gone.

import type { Page } from "puppeteer-core";
import t from "tap";
import type { Client, ConnectOptions } from "../../src/sdk/index.js";
import { chromium, Pages } from "../helpers/pages.js";
import { tokenFor } from "../helpers/wire-client.js";
import { Party, texts } from "../sdk/party.js";

const path = chromium();
const options = path === null ? { skip: "no chromium here" } : { timeout: 60_000 };

/** What a page has of its modules, and what happened on it. */
interface Scope {
	readonly sdk: { connect(options: ConnectOptions): Client };
	client: Client;
	errors: string[];
	image: string;
}

t.test(
	"a second tab reads what it looks at, and leads when the first is gone",
	options,
	async (t) => {
		const party = await Party.start(t, { allowedOrigins: ["*"] });
		const modules = { browser: "src/sdk/browser.ts" };
		const pages = await Pages.start(t, modules, path as string);
		const { talk } = await party.pair("bob", "ann");
		for (let at = 1; at <= 40; at += 1) talk.send(`m${at}`);
		const token = await tokenFor(party.data, "ann");

		async function tab(): Promise<Page> {
			const page = await pages.open({ sdk: "browser" });
			await page.evaluate(
				(url, token) => {
					const scope = globalThis as unknown as Scope;
					scope.errors = [];
					new BroadcastChannel("colloquy:two").onmessage = ({ data }) => {
						if (data.type === "image") scope.image = JSON.stringify(data.image.views);
					};
					scope.client = scope.sdk.connect({ url, token, store: "two" });
					scope.client.on("error", (cause) => scope.errors.push(String(cause)));
				},
				party.url,
				token,
			);
			return page;
		}

		const shows = (page: Page, wished: readonly string[]) =>
			page.waitForFunction(
				(id, wished) => {
					const { client } = globalThis as unknown as Scope;
					const list = client.conversation(id).messages.snapshot();
					return JSON.stringify(list.map(({ text }) => text)) === wished;
				},
				{},
				talk.id,
				JSON.stringify(wished),
			);

		const first = await tab();
		const said = () => texts(talk.messages.snapshot());
		await first.waitForFunction(() => {
			const { client } = globalThis as unknown as Scope;
			return client.conversations.snapshot()[0]?.last?.text === "m40";
		});
		await first.evaluate((id) => {
			const { client } = globalThis as unknown as Scope;
			return client.conversation(id).older();
		}, talk.id);
		await shows(first, said());
		const second = await tab();
		await second.waitForFunction(() => "image" in globalThis);
		const image = await second.evaluate(() => (globalThis as unknown as Scope).image);
		t.match(JSON.parse(image), [{ conversation: talk.id, rows: 40 }], "rows are not sent");
		t.match(
			await second.evaluate(() => (globalThis as unknown as Scope).client.conversations.snapshot()),
			[{ id: talk.id, last: { text: "m40" }, unread: 40 }],
		);
		await shows(second, said());
		await talk.send("to both").reached("delivered");
		await shows(second, said());
		await first.close();
		await second.waitForFunction(() => {
			const { client } = globalThis as unknown as Scope;
			return client.state.snapshot().type === "connected";
		});
		await talk.send("to the one that is left").reached("sent");
		await shows(second, said());
		t.same(await second.evaluate(() => (globalThis as unknown as Scope).errors), []);
		t.same(pages.violations, []);
	},
);
