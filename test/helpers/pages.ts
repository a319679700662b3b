// A real Chromium with pages that run the SDK's own bundle under a strict content security policy.
// Skipped where there is no Chromium; `CHROMIUM` names another one.

import { execFileSync } from "node:child_process";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { basename } from "node:path";
import puppeteer, { type Browser, type Page } from "puppeteer-core";
import { bundle, bundleMedia } from "../../bench/bundle.js";

/** Where Chromium is; null: nowhere. */
export function chromium(): string | null {
	for (const name of [process.env.CHROMIUM ?? "chromium", "chromium-browser", "google-chrome"]) {
		try {
			return execFileSync("which", [name], { encoding: "utf8", stdio: "pipe" }).trim();
		} catch {
			// The next name.
		}
	}
	return null;
}

interface Test {
	teardown(run: () => unknown): unknown;
}

const policy = [
	"default-src 'none'",
	"script-src 'self'",
	"connect-src *",
	"require-trusted-types-for 'script'",
	"trusted-types 'none'",
].join("; ");

export class Pages {
	readonly violations: string[] = [];
	private constructor(
		private readonly browser: Browser,
		private readonly server: Server,
	) {}

	/**
	 * `entries`: sources by the name of the module that is made of them. `plain`: the same, with all
	 * names as they are in the sources.
	 */
	static async start(
		t: Test,
		entries: Record<string, string>,
		path: string,
		plain: Record<string, string> = {},
	): Promise<Pages> {
		const [own, other] = await Promise.all([bundle(entries), bundle(plain, [])]);
		// Beside the package's own entry as the package has it.
		const media = "index" in entries ? [await bundleMedia(own.mangleCache)] : [];
		const outputFiles = [own, other, ...media].flatMap(({ outputFiles }) => outputFiles);
		const files = new Map(outputFiles.map(({ path, text }) => [`/${basename(path)}`, text]));
		const server = createServer((request, response) => {
			const file = files.get(request.url ?? "");
			response.setHeader("content-security-policy", policy);
			response.setHeader("content-type", file === undefined ? "text/html" : "text/javascript");
			response.end(file ?? `<!doctype html><div id="app"></div>`);
		});
		await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
		const browser = await puppeteer.launch({
			executablePath: path,
			args: ["--no-sandbox", "--disable-dev-shm-usage"],
		});
		const pages = new Pages(browser, server);
		t.teardown(async () => {
			await browser.close();
			server.close();
		});
		return pages;
	}

	get origin(): string {
		return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
	}

	/** A page with modules' exports under these names; the same storage for all pages. */
	async open(modules: Readonly<Record<string, string>>): Promise<Page> {
		const page = await this.browser.newPage();
		page.on("console", (message) => {
			if (/Content Security Policy|TrustedScript/i.test(message.text())) {
				this.violations.push(message.text());
			}
		});
		page.on("pageerror", (error) => this.violations.push(String(error)));
		await page.goto(this.origin);
		for (const [name, module] of Object.entries(modules)) {
			await page.evaluate(
				async (name, url) => {
					Object.assign(globalThis, { [name]: await import(url) });
				},
				name,
				`${this.origin}/${module}.js`,
			);
		}
		return page;
	}
}
