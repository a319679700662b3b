// `colloquy config`: what is set, from where, and why that is the default. `check` looks without
// starting anything; `default` prints a file to begin with; `explain` tells about one option.

import { flagOf, type Loaded, show, variableOf } from "../config/load.js";
import { didYouMean } from "../config/suggest.js";
import {
	type Config,
	defaultConfig,
	type OptionName,
	optionGroups,
	optionNames,
	options,
} from "../config.js";
import { CliError } from "./exit.js";
import { print, printJson } from "./output.js";

/** Every option as it would be in force. Errors of the configuration were thrown by the caller. */
export function configCheck({ config, sources }: Loaded, json: boolean): void {
	const set = optionNames.filter((name) => sources[name] !== "default");
	if (json) {
		printJson({ ok: true, options: describeAll(config, sources) });
		return;
	}
	for (const name of set) print(`${name} = ${show(name, config[name])}  (${sources[name]})`);
	print(`the configuration is valid; ${set.length} of ${optionNames.length} options are set`);
}

/** A JSON file with every option at its default, in units that people read. */
export function configDefault(): void {
	const file = Object.fromEntries(
		optionNames.map((name) => {
			const value = defaultConfig[name];
			const readable = options[name].kind === "count" || typeof value === "object";
			return [name, readable ? value : show(name, value)];
		}),
	);
	print(JSON.stringify(file, null, "\t"));
}

export function configExplain(key: string, { config, sources }: Loaded, json: boolean): void {
	const name = optionNames.find((known) => known === key);
	if (name === undefined) {
		const known = "`colloquy config default` lists all";
		throw new CliError("usage", `${key} is no option${didYouMean(key, optionNames)}`, known);
	}
	const described = describeOne(name, config, sources);
	if (json) {
		printJson(described);
		return;
	}
	print(`${name} = ${show(name, config[name])}  (${sources[name]})`);
	for (const [word, value] of Object.entries(described)) {
		if (word !== "name" && word !== "value" && word !== "source" && value !== null) {
			print(`  ${word.padEnd(12)}${String(value)}`);
		}
	}
}

function describeAll(config: Config, sources: Loaded["sources"]): Record<string, unknown> {
	return Object.fromEntries(
		optionNames.map((name) => [name, { value: config[name], source: sources[name] }]),
	);
}

function describeOne(name: OptionName, config: Config, sources: Loaded["sources"]) {
	const option = options[name];
	const group = Object.entries(optionGroups).find(([, members]) => Object.hasOwn(members, name));
	return {
		name,
		value: config[name],
		source: sources[name],
		group: group?.[0] ?? null,
		kind: option.kind,
		default: show(name, defaultConfig[name]) || "(empty)",
		why: option.why,
		error: option.error,
		choices: option.choices.length === 0 ? null : option.choices.join(", "),
		flag: flagOf(name),
		variable: variableOf(name),
	};
}
