// Rounds of random use against one folder, each ended by `kill -9` of the server: uploads of both
// kinds, references, edits, deletes, expiry and downloads, beside a collection that never rests.
// After each kill `colloquy media verify` looks at what is left. For the short test and the long.

import { randomBytes, randomInt } from "node:crypto";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { WireMessage } from "../../src/protocol/frames.js";
import { comeBack, readAll, sign, until } from "../e2e/talk.js";
import { runCli, type ServerProcess, startServer } from "../helpers/server-process.js";
import { ask, sha256 } from "./files.js";
import { Person, ticketMs } from "./person.js";

export interface MediaRounds {
	rounds: number;
	/** Rounds after which `media verify` found nothing wrong. */
	sound: number;
	acts: number;
	uploads: number;
	/** Of them those that resumed after a kill. */
	resumed: number;
	sends: number;
	edits: number;
	deletes: number;
	downloads: number;
	/** References refused because their ticket had ended. */
	refused: number;
	/** Files that had to be there at the end, and were. */
	kept: number;
	/** What was wrong, in words. */
	faults: string[];
}

/** Tickets end within a round or two, so that collection meets everything. */
const times = [
	`--media-ticket-ms=${ticketMs}ms`,
	"--media-grace-ms=100ms",
	"--media-sweep-ms=50ms",
	"--media-draft-ms=1h",
];
const args = [...times, "--sweep-ms=100ms", "--media-uploads-per-minute=100000"];
const ticketsEndMs = ticketMs + 500;
const pairs = [
	["ann", "bob"],
	["bob", "cy"],
	["cy", "ann"],
] as const;

export async function runMediaRounds(
	rounds: number,
	report: (result: MediaRounds) => void = () => {},
): Promise<MediaRounds> {
	const counts = { acts: 0, uploads: 0, resumed: 0, sends: 0, edits: 0, deletes: 0, downloads: 0 };
	const result: MediaRounds = { rounds: 0, sound: 0, ...counts, refused: 0, kept: 0, faults: [] };
	const pool = [randomBytes(20_000), randomBytes(20_000), randomBytes(20_000)];
	let server = await startServer({ args });
	try {
		const clients = await Promise.all(pairs.map(([name]) => sign(server, name)));
		const people = await Promise.all(
			clients.map(async (client, at) => {
				const conversation = await client.open(pairs[at]?.[1] ?? "");
				return new Person(client, conversation, pool, result);
			}),
		);
		while (result.rounds < rounds) {
			const lived = people.map((person) => person.live(server));
			const enough = result.acts + 10 + randomInt(40);
			await until("acts", () => result.acts >= enough || result.faults.length > 0);
			await server.kill();
			await Promise.all(lived);
			result.rounds += 1;
			await verify(server, result);
			server = await server.restart();
			await back(server, people);
			report(result);
		}
		await finish(server, people, result);
	} finally {
		await server.discard();
	}
	return result;
}

async function back(server: ServerProcess, people: readonly Person[]): Promise<void> {
	await Promise.all(
		people.map(async (person) => {
			person.client = await comeBack(server, person.client);
			await person.settle();
		}),
	);
}

async function verify({ data }: ServerProcess, result: MediaRounds): Promise<void> {
	const { code, stdout, stderr } = await runCli(["media", "verify", "--json", "--data", data]);
	if (code === 0) result.sound += 1;
	else result.faults.push(`round ${result.rounds}: verify: ${stdout}${stderr}`);
}

/** Every message is as it was said, its files can be read, and nothing else is left. */
async function finish(
	server: ServerProcess,
	people: readonly Person[],
	result: MediaRounds,
): Promise<void> {
	await pause(ticketsEndMs);
	const shown = new Set<string>();
	for (const person of people) {
		const { client, conversation } = person;
		const { user } = client.welcome;
		const messages = await readAll(client, conversation);
		result.faults.push(...person.differences(messages));
		for (const hash of messages.flatMap(hashes)) {
			shown.add(hash);
			const got = await ask(server, user, `/media/${hash}?conversation=${conversation}`);
			const is = got.status === 200 ? sha256(Buffer.from(await got.arrayBuffer())) : got.status;
			if (is !== hash) result.faults.push(`${hash} is ${is}`);
		}
	}
	await server.stop();
	const { data } = server;
	await runCli(["media", "gc", "--data", data, ...times]);
	const { stdout } = await runCli(["media", "ls", "--json", "--limit", "1000000", "--data", data]);
	const { listed } = JSON.parse(stdout) as { listed: { hash: string }[] };
	const there = new Set(listed.map(({ hash }) => hash));
	for (const hash of there) if (!shown.has(hash)) result.faults.push(`${hash} is left over`);
	for (const hash of shown) if (!there.has(hash)) result.faults.push(`${hash} is missing`);
	result.kept = shown.size;
	const drafts = new Set(readdirSync(join(data, "media", "drafts")));
	for (const name of drafts) {
		// With facts it can be resumed, or is an answer that can be asked for again.
		if (!drafts.has(`${name.slice(0, 32)}.json`)) {
			result.faults.push(`draft ${name} is left over`);
		}
	}
	await verify(server, result);
}

function hashes({ body }: WireMessage): string[] {
	return (body?.media ?? []).map(({ hash }) => Buffer.from(hash).toString("hex"));
}
