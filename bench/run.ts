// `colloquy bench` and `npm run bench --`: runs scenarios one after the other, prints a table or a
// document, and judges: a fault, a failure, a limit that was passed or a ratio that got worse make
// the exit code 1, because the figures are then no result, or not the wanted one.

import { writeFileSync } from "node:fs";
import { CliError } from "../src/cli/exit.js";
import { paintFor } from "../src/cli/output.js";
import { type Comparison, compare, readDocument } from "./against.js";
import type { BenchDocument } from "./document.js";
import { type Verdict, verdicts } from "./expect.js";
import type { Flags } from "./flags.js";
import { conditions } from "./machine.js";
import { middles } from "./rounds.js";
import { type Scenario, type Size, scenarios, sizes } from "./scenarios.js";
import { Surrounded } from "./surroundings.js";
import { type Figures, table } from "./table.js";

/** Runs what `flags` name; gives the exit code. Errors: CliError when they do not fit together. */
export async function bench(flags: Flags): Promise<number> {
	const wanted = namesOf(flags.words);
	const wantedSizes = sizesOf(flags.text("size"));
	const json = flags.on("json");
	// Read before anything runs: a typing error must not cost minutes.
	const limits = flags.many("expect");
	const against = flags.text("against");
	const old = against === null ? null : readDocument(against);
	const threshold = flags.number("threshold", 1.2);
	const html = flags.text("html");
	// Scenarios that have nothing to shorten or to sustain take them all the same.
	for (const name of ["quick", "sustained"]) flags.on(name);
	verdicts(limits, []);
	const where = conditions();
	const quick = flags.words.length === 0 ? flags.with({ quick: true }) : flags;
	const { rows, failures } = await runAll(quick, wanted, wantedSizes, json);
	const unknown = flags.unknown().map((name) => `--${name} is no flag of these scenarios`);
	const document: BenchDocument = {
		conditions: where,
		scenarios: rows,
		failures: [...failures, ...unknown],
		verdicts: verdicts(limits, rows),
		against: old === null ? null : compare(old, { conditions: where, scenarios: rows }, threshold),
	};
	if (json) process.stdout.write(`${JSON.stringify(document)}\n`);
	else process.stdout.write(table(document, paintFor(process.stdout, process.env)));
	if (html !== null) {
		const { reportPage } = await import("./report.js");
		writeFileSync(html, reportPage(document, old));
	}
	return holds(document) ? 0 : 1;
}

function holds({ scenarios, failures, verdicts, against }: BenchDocument): boolean {
	const faulty = scenarios.some(({ faults }) => typeof faults === "number" && faults > 0);
	const missed = verdicts.some(({ ok }: Verdict) => !ok);
	const worse = against?.some(({ verdict }: Comparison) => verdict === "worse") ?? false;
	return !(faulty || missed || worse || failures.length > 0);
}

function namesOf(words: readonly string[]): readonly string[] {
	const names = words.filter((word) => Object.hasOwn(scenarios, word));
	// A path is `replay`'s file; any other word is a typing error.
	const unknown = words.find((word) => !names.includes(word) && !word.includes("."));
	if (unknown !== undefined) {
		const action = `say one of ${Object.keys(scenarios).join(", ")}`;
		throw new CliError("usage", `${unknown} is no scenario`, action);
	}
	if (names.length > 0) return names;
	return Object.keys(scenarios).filter((name) => scenarios[name]?.quickly);
}

function sizesOf(text: string | null): readonly (Size | null)[] {
	if (text === null) return [null];
	if (text === "all") return sizes;
	const size = sizes.find((one) => one === text);
	if (size !== undefined) return [size];
	throw new CliError("usage", `--size ${text} is no size`, "say small, medium, large or all");
}

/** Rounds interleave, so that a slow minute of the machine does not meet one scenario alone. */
async function runAll(
	flags: Flags,
	names: readonly string[],
	wantedSizes: readonly (Size | null)[],
	json: boolean,
): Promise<{ rows: Figures[]; failures: string[] }> {
	const rounds = Math.max(1, flags.number("rounds", 1));
	const surrounded = new Surrounded();
	const runs: Figures[] = [];
	const failures: string[] = [];
	for (let round = 0; round < rounds; round += 1) {
		for (const name of names) {
			for (const size of wantedSizes) {
				const of = rounds > 1 ? ` ${round + 1}/${rounds}` : "";
				if (!json) process.stderr.write(`${name}${size === null ? "" : ` ${size}`}${of} …\n`);
				const scenario = scenarios[name] as Scenario;
				const sized = size === null ? flags : flags.at(scenario.sizes[size]);
				try {
					const run = () => scenario.run(sized);
					runs.push(...(await surrounded.measured(run, !flags.given("url"))));
				} catch (cause) {
					if (cause instanceof CliError) throw cause;
					failures.push(`${name}: ${cause instanceof Error ? cause.message : cause}`);
				}
			}
		}
	}
	return { rows: middles(runs), failures };
}
