// What `serve` says to a person once it serves: where, with which data, what an acknowledgement
// means, how to get in and how to stop. On stderr, because stdout carries the listening line alone.

import type { Config } from "../config.js";
import type { Paint } from "./output.js";

/** What `sent` promises, by durability. */
export const ackMeaning: Readonly<Record<Config["durability"], string>> = {
	fsync: "on disk and synced: a power cut keeps it",
	os: "handed to the system: kill -9 keeps it, a power cut may not",
};

export interface Banner {
	readonly version: string;
	readonly url: string;
	readonly data: string;
	readonly durability: Config["durability"];
	readonly development: boolean;
	/** How this command line is called here: `colloquy`, or `node dist/…` in a checkout. */
	readonly command: string;
}

const width = 76;

export function banner(facts: Banner, paint: Paint): string {
	const title = `Colloquy ${facts.version}`;
	const mode = facts.development ? "development mode: open" : "production mode";
	const gap = " ".repeat(Math.max(2, width - title.length - mode.length));
	const modeStyle = facts.development ? "yellow" : "green";
	const rows: readonly (readonly [string, string])[] = [
		["url", paint("cyan", facts.url)],
		["data", facts.data],
		["sent", ackMeaning[facts.durability]],
		["tokens", `${facts.command} token <user>${dataFlag(facts)}`],
		["stop", "Ctrl-C, or kill -9: what was acknowledged stays"],
	];
	const lines = [
		"",
		`  ${paint("bold", title)}${gap}${paint(modeStyle, mode)}`,
		`  ${paint("dim", "─".repeat(width))}`,
		...rows.map(([name, value]) => `  ${paint("dim", name.padEnd(8))}${value}`),
		"",
	];
	if (facts.development) {
		lines.push(
			"  Two people to try it with, each in a terminal of its own:",
			"",
			...demo.map(([as, who]) => `    ${paint("green", chatCommand(facts, as, who))}`),
			"",
			paint("yellow", "  OPEN: whoever can read the data folder can mint a token for any user."),
			"  It listens on this machine only. Before others may connect, set",
			"  --auth-secret-file or --auth-jwks-url.",
			"",
		);
	}
	return lines.join("\n");
}

const demo = [
	["ann", "bob"],
	["bob", "ann"],
] as const;

function chatCommand(facts: Banner, as: string, who: string): string {
	return `${facts.command} chat --as ${as} ${who}${dataFlag(facts)}`;
}

/** Only where the folder is not the one that every command looks for by itself. */
function dataFlag({ data }: Banner): string {
	if (data === "data") return "";
	const plain = /^[\w./~-]+$/.test(data);
	return ` --data ${plain ? data : `'${data.replaceAll("'", "'\\''")}'`}`;
}
