// What a start costs when there is much on disk: time until the server listens, its memory then,
// and the first answer of the process, after an orderly end and after a kill in turn. Start-up
// reads no history, so none of it should grow with what there is.

import { systemClock } from "../src/base/clock.js";
import { directId } from "../src/base/ids.js";
import { freshNames, MemoryStore } from "../src/client/memory-store.js";
import { Person } from "./activation.js";
import type { Flags } from "./flags.js";
import { round } from "./histogram.js";
import { residentBytes } from "./machine.js";
import { startServer } from "./server.js";
import type { Figures } from "./table.js";
import { inTurn, median } from "./turns.js";

const openingMax = 20;
/** Conversations of one person that are filled at the same time. */
const fillingMax = 8;

export async function recovery(flags: Flags): Promise<Figures[]> {
	const parameters = {
		conversations: flags.number("conversations", 500),
		messages: flags.number("messages", 20),
	};
	const rounds = flags.on("quick") ? 2 : 6;
	let server = await startServer();
	try {
		// Everybody talks with everybody: few people make many conversations.
		const people = Math.ceil((1 + Math.sqrt(1 + 8 * parameters.conversations)) / 2);
		const stores = Array.from({ length: people }, () => new MemoryStore(freshNames(systemClock)));
		const persons = stores.map((store, at) => new Person(server, `user${at}`, store));
		await inTurn(people, openingMax, (at) => (persons[at] as Person).connected());
		const pairs = persons
			.flatMap((_, one) => Array.from({ length: one }, (_, other) => [one, other] as const))
			.slice(0, parameters.conversations);
		await inTurn(pairs.length, fillingMax, async (at) => {
			const [one, other] = pairs[at] as readonly [number, number];
			const { device } = persons[one] as Person;
			await device.request<"open">({ type: "open", user: `user${other}` });
		});
		await inTurn(people, fillingMax, async (one) => {
			for (const [, other] of pairs.filter(([first]) => first === one)) {
				const conversation = directId(`user${one}`, `user${other}`);
				await (persons[one] as Person).fill(conversation, parameters.messages);
			}
		});
		for (const { device } of persons) device.stop();
		const starts: { killed: boolean; startMs: number; rssMiB: number; answerMs: number }[] = [];
		let faults = 0;
		for (let at = 0; at < rounds; at += 1) {
			const killed = at % 2 === 1;
			await (killed ? server.kill() : server.stop());
			const from = performance.now();
			server = await server.restart();
			const startMs = performance.now() - from;
			const rssMiB = round((residentBytes(server.pid) ?? 0) / 2 ** 20);
			const person = new Person(server, "user1", stores[1] as MemoryStore);
			await person.connected();
			const [answerMs, seq] = await person.timedSend(directId("user1", "user0"));
			if (seq !== parameters.messages + at + 1) faults += 1;
			person.device.stop();
			starts.push({ killed, startMs, rssMiB, answerMs });
		}
		const middle = (killed: boolean) =>
			round(
				median(
					starts.filter((one) => one.killed === killed),
					({ startMs }) => startMs,
				).startMs,
			);
		return [
			{
				name: "recovery",
				parameters,
				startMs: middle(false),
				startAfterKillMs: middle(true),
				firstAnswerMs: round(median(starts, ({ answerMs }) => answerMs).answerMs),
				rssAtStartMiB: median(starts, ({ rssMiB }) => rssMiB).rssMiB,
				faults,
			},
		];
	} finally {
		await server.discard();
	}
}
