// The SDK in a real browser: IndexedDB, two tabs on one database, a tab that is killed, a server
// that is away; under a strict content security policy with trusted types.

import type { Page } from "puppeteer-core";
import t from "tap";
import type { Client } from "../../src/sdk/index.js";
import { tokenFor } from "../helpers/wire-client.js";
import { connected, Party, texts, value } from "../sdk/party.js";
import { chromium, compiled, Pages } from "./pages.js";

const path = chromium();
const options = path === null ? { skip: "no chromium here" } : { timeout: 60_000 };

interface Tab {
	readonly page: Page;
	send(text: string): Promise<void>;
	/** Text and status of each message. */
	list(): Promise<string[]>;
	until(check: (list: string[]) => boolean): Promise<string[]>;
	state(): Promise<string>;
}

async function tab(pages: Pages, party: Party, user: string, store: string | null): Promise<Tab> {
	const page = await pages.open("browser");
	const token = await tokenFor(party.data, user);
	await page.evaluate(
		(url, token, store) => {
			const { connect } = (globalThis as unknown as { sdk: { connect: (o: object) => Client } })
				.sdk;
			const client = connect({ url, token, ...(store === null ? {} : { store }) });
			client.on("error", (cause) => console.log("error", String(cause)));
			const talk = client.conversation("ann~bob");
			talk.messages.subscribe(() => {});
			Object.assign(globalThis, { client, talk });
		},
		party.url,
		token,
		store,
	);
	const list = () =>
		page.evaluate(() => {
			const { talk } = globalThis as unknown as { talk: ReturnType<Client["conversation"]> };
			return talk.messages.snapshot().map(({ text, status }) => `${text} ${status}`);
		});
	return {
		page,
		list,
		send: (text) =>
			page.evaluate(async (text) => {
				const { talk } = globalThis as unknown as { talk: ReturnType<Client["conversation"]> };
				await talk.send(text).reached("queued");
			}, text),
		async until(check) {
			const end = Date.now() + 15_000;
			for (;;) {
				const now = await list();
				if (check(now)) return now;
				if (Date.now() > end) throw new Error(`it stayed ${now.join(" / ")}`);
				await new Promise((resolve) => setTimeout(resolve, 20));
			}
		},
		state: () =>
			page.evaluate(() => {
				const { client } = globalThis as unknown as { client: Client };
				return client.state.snapshot().type;
			}),
	};
}

t.test("the SDK in Chromium", options, async (t) => {
	const party = await Party.start(t, { allowedOrigins: ["*"] });
	const pages = await Pages.start(t, { browser: compiled("src/sdk/browser.js") }, path as string);
	await party.provision("ann");
	const bob = party.client("bob");
	await connected(bob);
	const other = await bob.open("ann");

	await t.test("messages both ways, and ticks", async (t) => {
		const ann = await tab(pages, party, "ann", null);
		await ann.send("from a page");
		await ann.until(([one]) => one === "from a page delivered");
		t.same(texts(await value(other.messages, ({ length }) => length === 1)), ["from a page"]);
		other.seen();
		await ann.until(([one]) => one === "from a page seen");
		await ann.page.close();
	});

	await t.test("two tabs are one device, and a killed one's outbox is taken over", async (t) => {
		const one = await tab(pages, party, "ann", "shared");
		await one.until(() => true);
		await other.send("to both").reached("delivered");
		await one.until((list) => list.includes("to both delivered"));
		const two = await tab(pages, party, "ann", "shared");
		await two.until((list) => list.includes("to both delivered"));
		t.equal(await two.state(), "connected");
		await two.send("from the second");
		const told = ["to both delivered", "from the second delivered"];
		const has = (list: string[]) => told.every((line) => list.includes(line));
		await one.until(has);
		await two.until(has);
		await party.down();
		await one.send("queued by the first");
		await two.send("queued by the second");
		await one.page.close({ runBeforeUnload: false });
		await two.send("after the first is gone");
		await party.up();
		const list = await two.until(
			(list) => list.length === 6 && list.every((x) => !/queued$/.test(x)),
		);
		t.match(list.slice(3), [/^queued by the first/, /^queued by the second/, /^after the first/]);
		const all = await value(other.messages, ({ length }) => length === 6);
		t.same(texts(all).slice(1), [
			"to both",
			"from the second",
			"queued by the first",
			"queued by the second",
			"after the first is gone",
		]);
		await two.page.close();
	});

	await t.test(
		"no database, or no locks, to be had: memory instead, and that is said",
		async (t) => {
			for (const missing of ["database", "locks"]) {
				const page = await pages.open("browser");
				const token = await tokenFor(party.data, "ann");
				const kept = await page.evaluate(
					async (url, token, missing) => {
						if (missing === "locks")
							Object.defineProperty(navigator, "locks", { value: undefined });
						else
							indexedDB.open = () => {
								throw new Error("private mode");
							};
						const { connect } = (
							globalThis as unknown as { sdk: { connect: (o: object) => Client } }
						).sdk;
						const client = connect({ url, token, store: `none ${missing}` });
						await client.conversation("ann~bob").send(`without ${missing}`).reached("delivered");
						const { durable, error } = client.storage.snapshot();
						await client.close();
						return [durable, error?.code];
					},
					party.url,
					token,
					missing,
				);
				t.same(kept, [false, "STORAGE_FAILED"], missing);
				await page.close();
			}
			await value(other.messages, ({ length }) => length === 8);
		},
	);

	await t.test("closed and opened again without a server: all is there", async (t) => {
		await party.down();
		const again = await tab(pages, party, "ann", "shared");
		const list = await again.until(({ length }) => length >= 6);
		t.equal(list.length, 6);
		await again.page.close();
	});

	t.same(pages.violations, [], "nothing against the policy, no error on a page");
});
