// The hooks in a real browser, in StrictMode: lists and single messages follow the stores, and a
// component that goes and comes back finds everything as it is.

import t from "tap";
import type { Client } from "../../src/sdk/index.js";
import { chromium, Pages } from "../helpers/pages.js";
import { tokenFor } from "../helpers/wire-client.js";
import { connected, Party } from "../sdk/party.js";

const path = chromium();
const options = path === null ? { skip: "no chromium here" } : { timeout: 60_000 };

interface Page {
	start(url: string, token: string): Client;
	readonly drawn: Map<string, number>;
}

t.test("React hooks in StrictMode", options, async (t) => {
	const party = await Party.start(t, { allowedOrigins: ["*"] });
	await party.provision("ann");
	const bob = party.client("bob");
	await connected(bob);
	const other = await bob.open("ann");
	const pages = await Pages.start(t, { app: "test/browser/react-page.ts" }, path as string);
	const page = await pages.open({ sdk: "app" });
	const token = await tokenFor(party.data, "ann");
	await page.evaluate(
		(url, token) => {
			const { sdk } = globalThis as unknown as { sdk: Page };
			Object.assign(globalThis, { client: sdk.start(url, token) });
		},
		party.url,
		token,
	);
	const shows = (selector: string, text: string) =>
		page.waitForFunction(
			(selector, text) => document.querySelector(selector)?.textContent?.includes(text),
			{ timeout: 8_000 },
			selector,
			text,
		);
	await shows("#state", "connected");
	await shows("#none", "nobody");
	await other.send("hello").reached("delivered");
	await shows("ul", "hello delivered");
	await shows("#unread", "1");
	await shows("#count", "1");
	await page.evaluate(() => {
		const { client } = globalThis as unknown as { client: Client };
		const talk = client.conversation("ann~bob");
		talk.seen();
		talk.send("hi");
	});
	await shows("ul", "hello seen");
	await shows("ul", "hi delivered");
	await shows("#unread", "0");
	const drawn = () =>
		page.evaluate(() => [...(globalThis as unknown as { sdk: Page }).sdk.drawn.values()]);
	const before = await drawn();
	await other.send("more").reached("delivered");
	await shows("ul", "more delivered");
	t.same((await drawn()).slice(0, 2), before, "others' items are not drawn again");
	await page.click("button");
	await page.waitForFunction(() => document.querySelector("ul") === null);
	await other.send("while away").reached("delivered");
	await page.click("button");
	await shows("ul", "while away delivered");
	await page.evaluate(() => (globalThis as unknown as { client: Client }).client.close());
	await shows("#state", "closed");
	t.same(pages.violations, []);
});
