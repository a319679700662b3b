// The document of `--json`. Its schema is published as docs/bench.schema.json, which a test
// compares; fields may be added within a major version, none goes or changes its meaning.

import { z } from "zod";
import { faultKinds } from "./faults.js";

const number = z.number();
const maybe = number.nullable();

const summary = z.object({
	p50Ms: maybe,
	p90Ms: maybe.optional(),
	p99Ms: maybe,
	p999Ms: maybe,
	maxMs: maybe,
});

const figures = z
	.object({
		name: z.string().describe("the scenario, and after a colon what of it"),
		parameters: z.record(z.string(), z.unknown()).describe("what it was run with"),
		cyclesPerSecond: number.optional(),
		messagesPerSecond: number.optional(),
		deliveriesPerSecond: number.optional(),
		serverCpuMicrosPerCycle: maybe.optional().describe("user and system time of the server, µs"),
		serverCpuMicrosPerMessage: maybe.optional(),
		p50Ms: maybe.optional(),
		p99Ms: maybe.optional(),
		p999Ms: maybe.optional(),
		maxMs: maybe.optional(),
		sent: summary.optional().describe("from when a message was due to its answer"),
		received: summary.optional().describe("until the other has it"),
		delivered: summary.optional().describe("until the sender knows that"),
		seen: summary.nullish().describe("from the other's saying so until the sender knows"),
		stallMs: number.optional().describe("longest time without anything done"),
		faults: number.optional().describe("more than 0: the figures are no result"),
		firstFaults: z.array(z.string()).optional(),
		correctness: z.object(Object.fromEntries(faultKinds.map((kind) => [kind, number]))).optional(),
		loadCpuShare: number.optional().describe("of the runner itself, of one core"),
		loadDelayP99Ms: number.optional().describe("how late the runner's event loop was"),
		bound: z
			.enum(["load", "machine", "server or window"])
			.optional()
			.describe("load: the runner was the limit; machine: other work took part of the machine"),
		referenceMicros: number
			.optional()
			.describe("CPU time of a fixed piece of work on the server's core, before and after"),
		referenceSyncMs: number.optional().describe("one small write and its sync, before and after"),
		othersCpuShare: maybe.optional().describe("what other work took meanwhile, in cores"),
		floorMs: maybe.optional().describe("what the fastest hundredth took, where nothing queues"),
		eachSecond: z.array(number).optional(),
		histograms: z
			.record(z.string(), z.string())
			.optional()
			.describe("HdrHistogram V2, compressed, base64; µs"),
		rounds: number.optional(),
		quietRounds: number.optional().describe("those that count, where others were disturbed"),
		spread: z
			.record(z.string(), z.tuple([number, number]))
			.optional()
			.describe("least and most of the rounds"),
	})
	.catchall(z.unknown());

export const document = z.object({
	conditions: z.object({
		commit: z.string(),
		node: z.string(),
		cpu: z.string(),
		cores: number,
		kernel: z.string(),
		durability: z.string(),
		folder: z.string(),
		fileSystem: z.string(),
		syncMs: number.describe("median of one small write and its sync"),
		at: z.string(),
	}),
	scenarios: z.array(figures),
	failures: z.array(z.string()),
	verdicts: z
		.array(z.object({ expected: z.string(), ok: z.boolean(), got: z.string() }))
		.default([])
		.describe("of --expect"),
	against: z
		.array(
			z.object({
				name: z.string(),
				parameters: z.record(z.string(), z.unknown()),
				figure: z.string(),
				old: number,
				now: number,
				ratio: number.describe("how often worse than before"),
				noise: number.describe("a ratio up to this says nothing"),
				coreRatio: maybe
					.default(null)
					.describe("how much dearer a core was than before; taken out of the ratio"),
				verdict: z.enum(["worse", "better", "same", "not comparable"]),
				why: z.string().nullable().default(null).describe("why it is not comparable"),
			}),
		)
		.nullable()
		.default(null)
		.describe("of --against"),
});

export type BenchDocument = z.infer<typeof document>;

/** As docs/bench.schema.json. */
export function benchSchema(): object {
	return {
		...z.toJSONSchema(document, { io: "input" }),
		title: "The document of `colloquy bench --json`",
	};
}
