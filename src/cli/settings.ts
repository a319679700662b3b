// Every option of the broker as a flag, made from the table in `config.ts`, so that flags,
// environment and file can never differ. Common ones stand in --help, all in `config default`.

import { resolve } from "node:path";
import { type Command, Option } from "commander";
import { flagOf, type Given, type Loaded, loadConfig, show } from "../config/load.js";
import { type OptionName, optionNames, options } from "../config.js";

/** Adds the flags; those not named in `shown` work, but stay out of --help. */
export function addSettings(command: Command, shown: readonly OptionName[]): Command {
	for (const name of optionNames) {
		const value = options[name].choices.join("|") || options[name].kind;
		const byDefault = show(name, options[name].default);
		const about = byDefault === "" ? options[name].why : `${options[name].why} (${byDefault})`;
		const option = new Option(`${flagOf(name)} <${value}>`, about);
		command.addOption(shown.includes(name) ? option : option.hideHelp());
	}
	return command.option("--config <file>", "JSON file of options (or COLLOQUY_CONFIG)");
}

/** Reads all sources for a command that `addSettings` was called on. Errors: ConfigError. */
export function settingsOf(flags: Readonly<Record<string, unknown>>): Loaded {
	const given: Partial<Record<OptionName, string>> = {};
	for (const name of optionNames) {
		if (typeof flags[name] === "string") given[name] = flags[name];
	}
	const sources: Given = { flags: given, env: process.env };
	const loaded = loadConfig(
		typeof flags.config === "string" ? { ...sources, file: flags.config } : sources,
	);
	return { ...loaded, config: { ...loaded.config, data: resolve(loaded.config.data) } };
}
