// The pieces of the SDK's bundle in a real browser: one that fails to load is loaded again, and
// errors get their texts.

import type { Page } from "puppeteer-core";
import t from "tap";
import type { Client } from "../../src/sdk/index.js";
import { chromium, Pages } from "../helpers/pages.js";
import { tokenFor } from "../helpers/wire-client.js";
import { Party } from "../sdk/party.js";

const path = chromium();
const options = path === null ? { skip: "no chromium here" } : { timeout: 60_000 };

t.test("pieces in Chromium", options, async (t) => {
	const party = await Party.start(t, { allowedOrigins: ["*"] });
	const entry = "src/sdk/browser.ts";
	const pages = await Pages.start(t, { browser: entry }, path as string, { plain: entry });
	await party.provision("ann", "bob");

	await t.test("a piece of the code that fails to load is loaded again", async (t) => {
		const page = await pages.open({ sdk: "browser" });
		let failures = 2;
		await page.setRequestInterception(true);
		page.on("request", (request) => {
			if (!/web-foundation/.test(request.url()) || failures === 0) return void request.continue();
			failures -= 1;
			void request.abort("internetdisconnected");
		});
		const token = await tokenFor(party.data, "ann");
		const told = await page.evaluate(
			async (url, token) => {
				const { connect } = (globalThis as unknown as { sdk: { connect: (o: object) => Client } })
					.sdk;
				const client = connect({ url, token });
				const reasons: string[] = [];
				client.on("state", ({ type, reason }) => reasons.push(`${type} ${reason?.code}`));
				const talk = await client.open("bob");
				await talk.send("in spite of that").reached("sent");
				await client.close();
				return reasons;
			},
			party.url,
			token,
		);
		t.same(told.slice(0, 2), ["waiting OFFLINE", "connecting OFFLINE"]);
		t.equal(failures, 0);
		await page.close();
	});

	await t.test("an error has its text once that is loaded", async (t) => {
		const page = await pages.open({ sdk: "browser" });
		const told = await page.evaluate(async () => {
			const { ClientError } = (
				globalThis as unknown as {
					sdk: { ClientError: new (code: string) => { message: string; action: string } };
				}
			).sdk;
			const early = new ClientError("BLOCKED");
			const { message } = early;
			for (let i = 0; i < 100 && /docs/.test(early.action); i += 1) {
				await new Promise((resolve) => setTimeout(resolve, 20));
			}
			return [message, early.action, new ClientError("DEVICE_LIMIT").message];
		});
		t.same(told, ["BLOCKED", "nothing", "the user has too many devices"]);
		await page.close();
	});

	await t.test("tabs with other names inside are one device on one database", async (t) => {
		const open = async (module: string) => {
			const page = await pages.open({ sdk: module });
			const token = await tokenFor(party.data, "ann");
			await page.evaluate(
				(url, token) => {
					const { connect } = (globalThis as unknown as { sdk: { connect: (o: object) => Client } })
						.sdk;
					const client = connect({ url, token, store: "names" });
					Object.assign(globalThis, { talk: client.conversation("ann~bob") });
				},
				party.url,
				token,
			);
			return page;
		};
		const send = (page: Page, text: string) =>
			page.evaluate(async (text) => {
				const { talk } = globalThis as unknown as { talk: ReturnType<Client["conversation"]> };
				await talk.send(text).reached("sent");
			}, text);
		const shows = (page: Page, text: string) =>
			page.waitForFunction(
				(text) => {
					const { talk } = globalThis as unknown as { talk: ReturnType<Client["conversation"]> };
					return talk.messages.snapshot().some((message) => message.text === text);
				},
				{ timeout: 8_000 },
				text,
			);
		const one = await open("browser");
		await send(one, "by the first");
		const two = await open("plain");
		await shows(two, "by the first");
		await send(two, "through the first");
		await shows(one, "through the first");
		await one.close();
		await send(two, "by the second");
		await two.close();
		await party.down();
		const again = await open("browser");
		for (const text of ["by the first", "through the first", "by the second"]) {
			await shows(again, text);
		}
		t.pass("what either of them kept is read");
		await again.close();
	});

	t.same(pages.violations, [], "nothing against the policy, no error on a page");
});
