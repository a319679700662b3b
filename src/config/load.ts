// Where values come from: flags over environment over file over default. Every value is checked,
// every unknown name refused, and all problems are told at once. Not here: what options there are.

import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { BrokerError } from "../base/errors.js";
import { type Config, defaultConfig, type OptionName, optionNames, options } from "../config.js";
import type { Option } from "./option.js";
import { didYouMean } from "./suggest.js";
import { formatDuration, formatSize, parseDuration, parseSize } from "./units.js";

/** Everything wrong with a configuration, one sentence each. */
export class ConfigError extends BrokerError {
	readonly problems: readonly string[];

	constructor(problems: readonly string[]) {
		super("CONFIG_INVALID", problems.join("; "));
		this.problems = problems;
	}
}

export interface Loaded {
	readonly config: Config;
	/** Per option, where its value came from: `default`, `file x`, `environment X`, `flag --x`. */
	readonly sources: Readonly<Record<OptionName, string>>;
}

export interface Given {
	/** Option name → text, as the command line had it. */
	readonly flags?: Readonly<Partial<Record<OptionName, string>>>;
	readonly env?: Readonly<Record<string, string | undefined>>;
	/** Path of the configuration file; `COLLOQUY_CONFIG` when absent. */
	readonly file?: string;
}

/** Variables of the command line itself, which are no options of the broker. */
const otherVariables: readonly string[] = ["COLLOQUY_CONFIG", "COLLOQUY_CONTEXT"];

/** Options that hold a path: one in a file is meant from that file's folder. */
const pathOptions: readonly OptionName[] = ["data", "authSecretFile"];

/** `receiptGatherMs` → `COLLOQUY_RECEIPT_GATHER_MS`. */
export function variableOf(name: OptionName): string {
	return `COLLOQUY_${name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
}

/** `receiptGatherMs` → `--receipt-gather-ms`. */
export function flagOf(name: OptionName): string {
	return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** A value as a person would write it. */
export function show(name: OptionName, value: Config[OptionName]): string {
	if (typeof value === "object") return value.join(",");
	if (typeof value === "string") return value;
	const { kind } = options[name];
	if (kind === "duration") return formatDuration(value);
	return kind === "size" ? formatSize(value) : String(value);
}

/** Reads all sources. Errors: ConfigError. */
export function loadConfig(given: Given): Loaded {
	const problems: string[] = [];
	const values: Record<string, unknown> = { ...defaultConfig };
	const sources: Record<string, string> = {};
	for (const name of optionNames) sources[name] = "default";

	function apply(found: Readonly<Record<string, unknown>>, source: (name: OptionName) => string) {
		for (const [key, raw] of Object.entries(found)) {
			const name = key as OptionName;
			const read: Read = optionNames.includes(name)
				? readValue(options[name], raw)
				: { problem: `is no option${didYouMean(key, optionNames)}` };
			if ("problem" in read) problems.push(`${source(name)} ${read.problem}`);
			else {
				values[name] = read.value;
				sources[name] = source(name);
			}
		}
	}

	const file = given.file ?? given.env?.COLLOQUY_CONFIG;
	if (file !== undefined) apply(readFile(file, problems), (name) => `file ${file}: ${name}`);
	apply(readEnvironment(given.env ?? {}, problems), (name) => `environment ${variableOf(name)}`);
	apply(given.flags ?? {}, (name) => `flag ${flagOf(name)}`);
	if (problems.length > 0) throw new ConfigError(problems);
	return { config: values as Config, sources: sources as Record<OptionName, string> };
}

function readFile(file: string, problems: string[]): Record<string, unknown> {
	try {
		const parsed: unknown = JSON.parse(readFileSync(file, "utf8"));
		if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) {
			throw new Error("it must hold one JSON object");
		}
		const found: Record<string, unknown> = { ...parsed };
		for (const name of pathOptions) {
			const value = found[name];
			if (typeof value === "string" && value !== "") found[name] = resolve(dirname(file), value);
		}
		return found;
	} catch (cause) {
		problems.push(`file ${file} cannot be used: ${(cause as Error).message}`);
		return {};
	}
}

function readEnvironment(
	env: Readonly<Record<string, string | undefined>>,
	problems: string[],
): Record<string, string> {
	const byVariable = new Map(optionNames.map((name) => [variableOf(name), name]));
	const found: Record<string, string> = {};
	for (const [variable, value] of Object.entries(env)) {
		if (!variable.startsWith("COLLOQUY_") || value === undefined) continue;
		const name = byVariable.get(variable);
		if (name !== undefined) found[name] = value;
		else if (!otherVariables.includes(variable)) {
			const known = [...byVariable.keys(), ...otherVariables];
			problems.push(`environment ${variable} is no option${didYouMean(variable, known)}`);
		}
	}
	return found;
}

type Read = { readonly value: unknown } | { readonly problem: string };

function readValue(option: Option<unknown>, raw: unknown): Read {
	switch (option.kind) {
		case "text":
			return typeof raw === "string" ? { value: raw } : { problem: "must be a text" };
		case "choice":
			return typeof raw === "string" && option.choices.includes(raw)
				? { value: raw }
				: {
						problem:
							`must be one of ${option.choices.join(", ")}` +
							(typeof raw === "string" ? didYouMean(raw, option.choices) : ""),
					};
		case "list":
			return readList(raw);
		case "count":
			return readNumber(option, raw, (text) => (/^\d+$/.test(text) ? Number(text) : null));
		case "duration":
			return readNumber(option, raw, parseDuration);
		case "size":
			return readNumber(option, raw, parseSize);
	}
}

/** A JSON array of texts, or texts with commas between. */
function readList(raw: unknown): Read {
	const items: unknown = typeof raw === "string" ? raw.split(",") : raw;
	if (!Array.isArray(items) || items.some((item) => typeof item !== "string")) {
		return { problem: "must be a list of texts" };
	}
	return { value: items.map((item: string) => item.trim()).filter((item) => item !== "") };
}

const forms = {
	count: "a whole number",
	duration: "a duration such as 30s (ms, s, m, h, d)",
	size: "a size such as 16MiB (B, KiB, MiB, GiB)",
} as const;

function readNumber(
	option: Option<unknown>,
	raw: unknown,
	parse: (text: string) => number | null,
): Read {
	const kind = option.kind as keyof typeof forms;
	const value = typeof raw === "string" ? parse(raw) : raw;
	if (typeof value !== "number" || !Number.isSafeInteger(value)) {
		return { problem: `must be ${forms[kind]}` };
	}
	if (value >= option.min && value <= option.max) return { value };
	const print =
		kind === "duration" ? formatDuration : kind === "size" ? formatSize : (n: number) => String(n);
	if (value < option.min) return { problem: `must be at least ${print(option.min)}` };
	return { problem: `must be at most ${print(option.max)}` };
}
