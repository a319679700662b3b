// `--expect 'sent.p99<10ms'`: limits that a run has to keep. `cycle:` in front asks one scenario;
// a name inside a group of figures follows a dot; `p99` is short for `p99Ms`, `lost` for
// `correctness.lost`. A limit that no row can be held to is not kept.

import { CliError } from "../src/cli/exit.js";
import { faultKinds } from "./faults.js";
import type { Figures } from "./table.js";

export interface Verdict {
	readonly expected: string;
	readonly ok: boolean;
	/** Scenario and value; what was nearest to the limit, or beyond it. */
	readonly got: string;
}

const form =
	/^(?:([\w-]+):)?([A-Za-z][\w.]*)\s*(<=|>=|==|<|>)\s*([\d.]+)\s*(ns|us|µs|ms|s|%|k|kB|MB)?$/;

/** Into the units that figures have: ms, bytes, shares. */
const units: Readonly<Record<string, number>> = {
	ns: 1e-6,
	us: 1e-3,
	µs: 1e-3,
	ms: 1,
	s: 1_000,
	"%": 0.01,
	k: 1_000,
	kB: 1_000,
	MB: 1e6,
};

const tests: Readonly<Record<string, (value: number, limit: number) => boolean>> = {
	"<": (value, limit) => value < limit,
	"<=": (value, limit) => value <= limit,
	">": (value, limit) => value > limit,
	">=": (value, limit) => value >= limit,
	"==": (value, limit) => value === limit,
};

/** One verdict a limit. Errors: CliError for what is no limit. */
export function verdicts(limits: readonly string[], rows: readonly Figures[]): Verdict[] {
	return limits.map((expected) => {
		const [, scenario, path = "", sign = "", number = "", unit] = form.exec(expected) ?? [];
		if (sign === "" || !Number.isFinite(Number(number))) {
			const action = "say for instance 'sent.p99<10ms' or 'cycle:lost==0'";
			throw new CliError("usage", `--expect ${expected} is no limit`, action);
		}
		const limit = Number(number) * (unit === undefined ? 1 : (units[unit] as number));
		const measured = rows
			.filter(({ name }) => scenario === undefined || name.split(":")[0] === scenario)
			.map((row) => ({ name: row.name, value: figureOf(row, path) }))
			.filter((one): one is { name: string; value: number } => one.value !== null);
		const missed = measured.filter(({ value }) => !tests[sign]?.(value, limit));
		const shown = missed.length > 0 ? missed : measured;
		const got = shown.map(({ name, value }) => `${name} ${value}`).join(", ");
		const ok = measured.length > 0 && missed.length === 0;
		return { expected, ok, got: got === "" ? "nothing measured it" : got };
	});
}

/** Null: the row has no such number. */
function figureOf(row: Figures, path: string): number | null {
	const kind = faultKinds.find((one) => one === path);
	const steps = kind === undefined ? path.split(".") : ["correctness", kind];
	let value: unknown = row;
	for (const step of steps) {
		if (typeof value !== "object" || value === null) return null;
		const group = value as Readonly<Record<string, unknown>>;
		value = Object.hasOwn(group, step) ? group[step] : group[`${step}Ms`];
	}
	return typeof value === "number" ? value : null;
}
