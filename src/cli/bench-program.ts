// The command `bench`: its scenarios and flags, from the tables of the bench itself. What they do
// is in bench/run.ts.

import type { Command } from "commander";
import { type FlagRow, Flags, type FlagValues, flagRows } from "../../bench/flags.js";
import { scenarios } from "../../bench/scenarios.js";

export function addBench(root: Command): void {
	const command = root
		.command("bench")
		.description("measure: a server of its own, or one that runs")
		.argument("[scenario...]", "without any: those that end soon, at small sizes")
		.configureHelp({ helpWidth: 100 })
		.addHelpText("after", scenarioHelp());
	for (const [heading, rows] of Object.entries(flagRows)) {
		command.optionsGroup(`${heading}:`);
		for (const row of rows) add(command, row);
	}
	command.action(async (words: readonly string[], values: FlagValues) => {
		const { bench } = await import("../../bench/run.js");
		process.exitCode = await bench(new Flags(words, byFlag(values)));
	});
}

function add(command: Command, { flag, about, many }: FlagRow): void {
	if (many !== true) command.option(`--${flag}`, about);
	else command.option(`--${flag}`, about, (one: string, all: string[] = []) => [...all, one]);
}

/** commander says `tokenFile`; the bench, `token-file`. */
function byFlag(values: FlagValues): FlagValues {
	return Object.fromEntries(
		Object.entries(values).map(([name, value]) => [
			name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`),
			value,
		]),
	);
}

function scenarioHelp(): string {
	const lines = Object.entries(scenarios).map(
		([name, { about }]) => `  ${name.padEnd(12)}${about}`,
	);
	return ["\nScenarios:", ...lines, "\nFigures, conditions and formats: docs/performance.md"].join(
		"\n",
	);
}
