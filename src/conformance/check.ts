// What a conformance run is made of: checks, each a situation with what the protocol expects of it,
// and a report that sets what came beside it. The same for servers and for clients.

export interface Check<Stage> {
	/** Clause of docs/protocol.md, without its brackets: `P-4.2`. */
	readonly clause: string;
	readonly situation: string;
	/** What has to come, in the words that `run` answers with; lawful variants stand with ` or `. */
	readonly expected: string;
	/** Seconds of waiting that the situation takes, when it is more than a few. */
	readonly waitsS?: number;
	/** The check needs users that nobody has used before, or tokens made for it, or changes them. */
	readonly madeUsers?: boolean;
	/** Checks of one name run one after the other on one stage. */
	readonly scene?: string;
	readonly run: (stage: Stage) => Promise<string>;
}

/** Which checks to try. */
export type Choice = (check: { readonly clause: string; readonly situation: string }) => boolean;

export interface Finding {
	readonly clause: string;
	readonly situation: string;
	readonly expected: string;
	readonly got: string;
	readonly ok: boolean;
}

export interface LeftOut {
	readonly clause: string;
	readonly situation: string;
	readonly why: string;
}

export interface Report {
	readonly passed: number;
	readonly total: number;
	readonly findings: readonly Finding[];
	/** Not tried, and why: never counted as passed. */
	readonly leftOut: readonly LeftOut[];
}

/** Thrown by a stage that cannot set the scene with what it was given. */
export class CannotTry extends Error {}

export function finding<S>(check: Omit<Check<S>, "run">, got: string): Finding {
	const { clause, situation, expected } = check;
	return { clause, situation, expected, got, ok: expected.split(" or ").includes(got) };
}

export function reportOf(findings: readonly Finding[], leftOut: readonly LeftOut[] = []): Report {
	const passed = findings.filter(({ ok }) => ok).length;
	return { passed, total: findings.length, findings, leftOut };
}

/** What an exception says in a table: one line. */
export function said(cause: unknown): string {
	const text = cause instanceof Error ? cause.message : String(cause);
	return text.replaceAll(/\s+/g, " ");
}

/** Runs jobs a few at a time; results stand in the order of the jobs. */
export async function inLanes<T, R>(
	jobs: readonly T[],
	lanes: number,
	run: (job: T) => Promise<R>,
): Promise<R[]> {
	const results: R[] = [];
	let next = 0;
	async function lane(): Promise<void> {
		while (next < jobs.length) {
			const at = next++;
			results[at] = await run(jobs[at] as T);
		}
	}
	await Promise.all(Array.from({ length: Math.min(lanes, jobs.length) }, lane));
	return results;
}

/** Rules that hold for a whole run, whatever the situation: a rule's name → clause, situation. */
export class Rules<R extends string> {
	private readonly rules: Readonly<Record<R, readonly [string, string]>>;
	private readonly faults = new Map<R, string[]>();
	/** Nothing is kept by whoever says nothing. */
	heard = false;

	constructor(rules: Readonly<Record<R, readonly [string, string]>>) {
		this.rules = rules;
	}

	get clauses(): string[] {
		return Object.values<readonly [string, string]>(this.rules).map(([clause]) => clause);
	}

	fault(rule: R, what: string): void {
		const list = this.faults.get(rule) ?? [];
		list.push(what);
		this.faults.set(rule, list);
	}

	/** The first fault of each rule stands for all; their count is told. */
	findings(): Finding[] {
		return (Object.keys(this.rules) as R[]).map((rule) => {
			const [clause, situation] = this.rules[rule];
			const list = this.faults.get(rule) ?? [];
			const more = list.length > 1 ? ` (and ${list.length - 1} more)` : "";
			const kept = this.heard ? "held" : "nothing was said";
			const got = list.length === 0 ? kept : `${list[0]}${more}`;
			return { clause, situation, expected: "held", got, ok: got === "held" };
		});
	}
}
