// The script in a real browser: tabs on one database in IndexedDB, one of them killed, under a
// strict content security policy with trusted types.

import type { Page } from "puppeteer-core";
import t from "tap";
import type { Client, ConnectOptions } from "../../src/sdk/index.js";
import { chromium, Pages } from "../helpers/pages.js";
import { remoteSeat } from "../sdk/places.js";
import { type Place, play } from "../sdk/script.js";
import type { Seat, SeatOptions, takeSeat } from "../sdk/seat.js";

const path = chromium();
const options = path === null ? { skip: "no chromium here" } : { timeout: 60_000 };

/** What a page has of its modules, and then its seat. */
interface Scope {
	readonly sdk: { connect(options: ConnectOptions): Client };
	readonly seats: { readonly takeSeat: typeof takeSeat };
	seat: Seat;
}

class InTabs implements Place {
	private readonly tabs = new Map<Seat, Page>();

	constructor(private readonly pages: Pages) {}

	async open(options: SeatOptions): Promise<Seat> {
		const page = await this.pages.open({ sdk: "browser", seats: "seat" });
		await page.evaluate((options) => {
			const scope = globalThis as unknown as Scope;
			scope.seat = scope.seats.takeSeat(scope.sdk.connect, { ...options, store: "script" });
		}, options);
		const seat = remoteSeat(async (name, args) => {
			const answer = await page.evaluate(
				(name, args) => {
					const { seat } = globalThis as unknown as Scope;
					return (seat[name] as (...values: unknown[]) => Promise<unknown>)(...args);
				},
				name,
				args,
			);
			if (name === "close") await page.close();
			return answer;
		});
		this.tabs.set(seat, page);
		return seat;
	}

	async kill(seat: Seat): Promise<void> {
		await this.tabs.get(seat)?.close({ runBeforeUnload: false });
	}

	async end(): Promise<void> {}
}

t.test("the script in Chromium, in tabs on IndexedDB", options, async (t) => {
	const modules = { browser: "src/sdk/browser.ts", seat: "test/sdk/seat.ts" };
	const pages = await Pages.start(t, modules, path as string);
	await play(t, new InTabs(pages));
	t.same(pages.violations, [], "nothing against the policy, no error on a page");
});
