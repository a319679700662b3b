// `npm run bench -- [scenario…] [flags]`: runs scenarios one after the other and prints one table,
// or with --json one document. Exits with 1 when a scenario met a fault: its figures are then no
// result.

import { Flags } from "./flags.js";
import { type Conditions, conditions } from "./machine.js";
import { type Figures, table } from "./table.js";

type Scenario = (flags: Flags, quick: boolean) => Promise<readonly Figures[]>;

/** A scenario's module is loaded when it is run: one that is broken does not stop the others. */
const scenarios: Readonly<Record<string, Scenario>> = {
	codec: async (_flags, quick) =>
		parts("codec", await (await import("./codec.js")).codec({ quick })),
	domain: async (flags) => (await import("./domain.js")).domain(flags),
	journal: async (_flags, quick) =>
		parts("journal", await (await import("./journal.js")).journal({ quick })),
	actors: async (_flags, quick) =>
		parts("actors", await (await import("./actors.js")).actors({ quick })),
	cycle: async (flags) => (await import("./cycle.js")).cycle(flags),
	idle: async (flags) => (await import("./idle.js")).idle(flags),
	activation: async (flags) => (await import("./activation.js")).activation(flags),
	sdk: async (flags) => (await import("./sdk.js")).sdk(flags),
	replay: async (flags) => (await import("./replay.js")).replay(flags),
};

/** Without arguments: everything that needs no input, at sizes that end within a minute or so. */
const quickly = ["codec", "domain", "journal", "actors", "cycle", "idle", "activation"];

const switches = ["json", "help", "quick"];

const help = `npm run bench -- [scenario…] [flags]

scenarios: ${Object.keys(scenarios).join(", ")} (none: all but sdk and replay, at quick sizes)

  --json                 one JSON document on stdout and nothing else
  cycle:      --pairs 100 --window 16 --seconds 5 --warmup 1 [--rate N] [--bytes 100]
              [--corpus lines.tsv] [--repeat 1] [--url http://… --data folder]
              [--server-node-args "…"]
  idle:       --users 1000 --settle 10
  activation: --messages 10000 --conversations 3
  replay:     <lines.tsv> [--sessions N] [--limit N] [--seed N] [--parallel N] [--kills 3]
  domain:     --domain-seconds 0.3
  sdk:        --sdk-pairs 10 --sdk-seconds 3 --sdk-held 20000 --sdk-conversations 10000
`;

async function main(): Promise<number> {
	const flags = new Flags(process.argv.slice(2), switches);
	if (flags.on("help")) {
		process.stdout.write(help);
		return 0;
	}
	const json = flags.on("json");
	const wanted = flags.words.filter((word) => Object.hasOwn(scenarios, word));
	const quick = wanted.length === 0 || flags.on("quick");
	const where = conditions();
	const rows: Figures[] = [];
	const failures: string[] = [];
	for (const name of wanted.length === 0 ? quickly : wanted) {
		if (!json) process.stderr.write(`${name} …\n`);
		try {
			rows.push(...(await (scenarios[name] as Scenario)(flags, quick)));
		} catch (cause) {
			failures.push(`${name}: ${cause instanceof Error ? cause.message : cause}`);
		}
	}
	const unknown = flags.unknown().map((name) => `--${name} is no flag of these scenarios`);
	report(json, where, rows, [...failures, ...unknown]);
	const faulty = rows.some((row) => typeof row.faults === "number" && row.faults > 0);
	return faulty || failures.length > 0 || unknown.length > 0 ? 1 : 0;
}

function report(
	json: boolean,
	where: Conditions,
	rows: readonly Figures[],
	failures: readonly string[],
): void {
	if (json) {
		process.stdout.write(`${JSON.stringify({ conditions: where, scenarios: rows, failures })}\n`);
		return;
	}
	process.stdout.write(table(where, rows));
	for (const failure of failures) process.stderr.write(`✗ ${failure}\n`);
}

/** Rows of a scenario that measures several things carry its name in front. */
function parts(scenario: string, rows: readonly object[]): Figures[] {
	return rows.map((row) => {
		const { name = "", ...figures } = row as { name?: string };
		return { parameters: {}, ...figures, name: `${scenario}: ${name}` };
	});
}

process.exitCode = await main();
