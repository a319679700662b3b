// `colloquy conformance`: proves a server or a client against docs/protocol.md, and prints what was
// expected beside what came. The kit is in src/conformance; here are arguments, tokens and table.

import { readFileSync } from "node:fs";
import { mintToken } from "../auth.js";
import { systemClock } from "../base/clock.js";
import type { Config } from "../config.js";
import {
	type Choice,
	chapters,
	commandSubject,
	type Finding,
	type Person,
	proveClient,
	proveServer,
	type Report,
	type Tokens,
} from "../conformance/index.js";
import { CliError, exitCodes } from "./exit.js";
import { type Paint, paintFor, print, printJson } from "./output.js";
import { secretOf } from "./token.js";

interface Flags {
	readonly against?: string;
	readonly client?: boolean;
	readonly command?: string;
	readonly tokenFile?: readonly string[];
	readonly secretFile?: string;
	readonly only?: string;
	readonly long?: boolean;
}

/** Checks that wait for longer than this are only tried with --long. Units: seconds. */
const patienceS = 10;

export async function conformance(flags: Flags, config: Config, json: boolean): Promise<void> {
	const report = await proved(flags, config);
	if (json) printJson(report);
	else print(table(report, paintFor(process.stdout, process.env)));
	if (report.passed < report.total) process.exitCode = exitCodes.no;
}

async function proved(flags: Flags, config: Config): Promise<Report> {
	const { against, command, long = false, only: text = "" } = flags;
	const only: Choice = ({ clause, situation }) => `${clause} ${situation}`.includes(text);
	if (flags.client === true) {
		if (command === undefined || against !== undefined) {
			throw new CliError("usage", "--client needs --command and no --against", "see --help");
		}
		return some(await proveClient({ subject: commandSubject(command), only }), text);
	}
	if (against === undefined) {
		const action = "say --against URL, or --client --command 'how to start it'";
		throw new CliError("usage", "nothing to prove", action);
	}
	const url = addressOf(against);
	await reachable(url);
	const tokens = await tokensOf(flags, config);
	const waitsS = long ? Number.POSITIVE_INFINITY : patienceS;
	return some(await proveServer({ url, tokens, only, waitsS }), text);
}

/** Nothing tried must never look like everything passed. */
function some(report: Report, text: string): Report {
	if (report.total + report.leftOut.length > 0) return report;
	throw new CliError("usage", `no check holds ${JSON.stringify(text)}`, "see docs/conformance.md");
}

function addressOf(text: string): string {
	if (URL.canParse(text) && /^(?:http|ws)s?:$/.test(new URL(text).protocol)) return text;
	throw new CliError("usage", `${text} is no address`, "say http://host:port or wss://host");
}

/** One line instead of hundreds of crosses when nobody is there. */
async function reachable(url: string): Promise<void> {
	try {
		await fetch(url.replace(/^ws/, "http"));
	} catch (cause) {
		const { message } = (cause as { cause?: Error }).cause ?? (cause as Error);
		throw new CliError("address", `${url} cannot be reached: ${message}`, "start the server first");
	}
}

async function tokensOf(flags: Flags, config: Config): Promise<Tokens> {
	if (flags.tokenFile !== undefined) {
		return { type: "given", people: flags.tokenFile.map(personOf) };
	}
	const { secretFile } = flags;
	const secret = await secretOf(
		secretFile === undefined ? config : { ...config, authSecretFile: secretFile },
	);
	const { authIssuer: issuer, authAudience: audience, tokenTtlMs } = config;
	return {
		type: "made",
		make: (user, ttlMs = tokenTtlMs) =>
			mintToken(secret, user, { ttlMs, issuer, audience }, systemClock),
	};
}

function personOf(given: string): Person {
	const [, user, path] = /^([^=]+)=(.+)$/.exec(given) ?? [];
	if (user === undefined || path === undefined) {
		throw new CliError(
			"usage",
			`--token-file ${given} names no user`,
			"say --token-file user=path",
		);
	}
	return { user, token: readFileSync(path, "utf8").trim() };
}

/** Chapters with their checks: one line for what holds, two more for what does not. */
export function table(report: Report, paint: Paint): string {
	const titles = chapters();
	const lines: string[] = [];
	for (const [number, findings] of byChapter(report.findings)) {
		const ok = findings.filter((one) => one.ok).length;
		const title = paint("bold", `${number}. ${titles.get(number)}`);
		lines.push(title, ...findings.flatMap((one) => shown(one, paint)));
		lines.push(paint("dim", `  ${ok} of ${findings.length}`), "");
	}
	lines.push(...untried(report.leftOut).map((line) => paint("dim", line)));
	if (report.leftOut.length > 0) lines.push("");
	const { passed, total } = report;
	lines.push(paint(passed === total ? "green" : "red", `${passed} of ${total}`));
	return lines.join("\n");
}

/** One line for each reason, with the clauses and how many of their checks. */
function untried(leftOut: Report["leftOut"]): string[] {
	const reasons = new Map<string, Map<string, number>>();
	for (const { clause, why } of leftOut) {
		const counts = reasons.get(why) ?? new Map<string, number>();
		reasons.set(why, counts.set(clause, (counts.get(clause) ?? 0) + 1));
	}
	return [...reasons].map(([why, counts]) => {
		const shown = [...counts].map(([clause, count]) =>
			count > 1 ? `${clause} ×${count}` : clause,
		);
		return `– not tried, ${why}: ${shown.join(", ")}`;
	});
}

function byChapter(findings: readonly Finding[]): [string, Finding[]][] {
	const found = new Map<string, Finding[]>();
	for (const one of findings) {
		const number = /^P-(\d+)/.exec(one.clause)?.[1] ?? "";
		found.set(number, [...(found.get(number) ?? []), one]);
	}
	return [...found].sort(([one], [other]) => Number(one) - Number(other));
}

function shown({ clause, situation, expected, got, ok }: Finding, paint: Paint): string[] {
	if (ok) return [`  ${paint("green", "✓")} ${clause}  ${situation}: ${got}`];
	return [
		`  ${paint("red", "✗")} ${clause}  ${situation}`,
		`      expected  ${expected}`,
		`      got       ${paint("red", got)}`,
	];
}
