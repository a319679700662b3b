// What the tests of this folder say to each other's servers: writes that must succeed, whole reads,
// a device that comes back, and looks at a process from outside. No test stands here.

import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import type { PsReport } from "../../src/broker.js";
import type { Result, ServerOp, WireMessage, WriteCommand } from "../../src/protocol/frames.js";
import { runCli } from "../helpers/server-process.js";
import { tokenFor, WireClient } from "../helpers/wire-client.js";

/** Where a server is and where its secret lies: `ServerProcess` and `TestBroker` both are one. */
export interface Place {
	readonly wsUrl: string;
	readonly data: string;
}

export async function sign(at: Place, user: string, device = "d1"): Promise<WireClient> {
	const client = await WireClient.connect({
		wsUrl: at.wsUrl,
		token: await tokenFor(at.data, user),
		device,
	});
	// A device that holds nothing holds the whole empty list.
	client.say({ type: "listed" });
	return client;
}

/** The same installation on a new connection, wherever the server is now. */
export async function comeBack(at: Place, former: WireClient): Promise<WireClient> {
	const { generation } = former.welcome;
	const { outbox } = former;
	return WireClient.connect({ ...former.options, wsUrl: at.wsUrl, generation, outbox });
}

/** A write and its answer; throws on a refusal. */
export async function write(
	client: WireClient,
	conversation: string | null,
	n: number,
	command: WriteCommand,
): Promise<ServerOp & { type: "answer" }> {
	client.write(conversation, n, n - 1, command);
	const outcome = await client.outcome(conversation, n);
	if (outcome.type === "refused") throw new Error(`${n}: ${outcome.code} ${outcome.detail}`);
	return outcome;
}

/** Many sends, a window of them under way at a time; answers in order. */
export async function pour(
	client: WireClient,
	conversation: string,
	from: number,
	commands: readonly WriteCommand[],
): Promise<void> {
	const window = 32;
	for (let done = 0; done < commands.length; done += window) {
		const some = commands.slice(done, done + window);
		for (const [i, command] of some.entries()) {
			client.write(conversation, from + done + i, from + done - 1, command);
		}
		for (const i of some.keys()) {
			const outcome = await client.outcome(conversation, from + done + i);
			if (outcome.type === "refused") throw new Error(`${outcome.code} ${outcome.detail}`);
		}
	}
}

function resultOf<T extends Result["type"]>(op: ServerOp, type: T): Result & { type: T } {
	if (op.type === "result" && op.result.type === type) return op.result as Result & { type: T };
	throw new Error(`${type}: ${JSON.stringify(op)}`);
}

/** Everything the user may read, oldest first. */
export async function readAll(client: WireClient, conversation: string): Promise<WireMessage[]> {
	const all: WireMessage[] = [];
	for (let before: number | null = null; ; ) {
		const ask = { conversation, before, limit: 200 };
		const answer: ServerOp = await client.ask({ type: "history", ...ask });
		const page = resultOf(answer, "history");
		all.push(...page.messages);
		if (!page.more) return all.reverse();
		before = all.at(-1)?.seq ?? null;
	}
}

/** All pages of a pull from a position: its messages, and where it ends. */
export async function pullAll(
	client: WireClient,
	conversation: string,
	position: number,
	betweenPages: (done: number) => Promise<void> | void = () => {},
): Promise<{ messages: WireMessage[]; position: number; pages: number }> {
	const messages: WireMessage[] = [];
	let at = position;
	let until: number | null = null;
	for (let pages = 1; ; pages += 1) {
		const from = { conversation, position: at, until, limit: 100, fresh: false };
		const answer: ServerOp = await client.ask({ type: "pull", ...from });
		const page = resultOf(answer, "pull");
		for (const item of page.items) if (item.type === "message") messages.push(item.message);
		at = page.position;
		until = page.until;
		if (page.done) return { messages, position: at, pages };
		await betweenPages(messages.length);
	}
}

/** What the author is told of one message. */
export async function receiptsOf(
	client: WireClient,
	conversation: string,
	seq: number,
): Promise<{ delivered: number; seen: number }> {
	const { delivered, seen } = resultOf(
		await client.ask({ type: "receipts", conversation, seq }),
		"receipts",
	);
	return { delivered, seen };
}

export function said({ body }: WireMessage): string | null {
	return body && Buffer.from(body.content).toString();
}

/** `m1`, `m2` … */
export function numbered(from: number, to: number): string[] {
	return Array.from({ length: to - from + 1 }, (_, i) => `m${from + i}`);
}

/** Whether an operation moves this user's watermark to these numbers. */
export function moved(user: string, delivered: number, seen: number): (op: ServerOp) => boolean {
	return (op) =>
		op.type === "status" &&
		op.watermarks.some(
			(one) => one.user === user && one.delivered === delivered && one.seen === seen,
		);
}

/** What the gateway of a server process counts. */
export async function gatewayOf(at: Place): Promise<PsReport["gateway"]> {
	const { stdout } = await runCli(["ps", "--json", "--data", at.data]);
	return (JSON.parse(stdout) as PsReport).gateway;
}

export async function until(
	what: string,
	done: () => boolean | Promise<boolean>,
	withinMs = 30_000,
): Promise<void> {
	const end = performance.now() + withinMs;
	while (!(await done())) {
		if (performance.now() > end) throw new Error(`not in time: ${what}`);
		await pause(20);
	}
}

/** Resident memory of a process, in MiB. */
export function memoryOf(pid: number): number {
	const status = readFileSync(`/proc/${pid}/status`, "utf8");
	return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1_024;
}

export function openFilesOf(pid: number): number {
	return readdirSync(`/proc/${pid}/fd`).length;
}
