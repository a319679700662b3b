// Much that waits for one reader, against a server in a process of its own: it is told in pages,
// nothing of it is lost, others are served meanwhile, and memory and files are given back.

import { setTimeout as pause } from "node:timers/promises";
import t from "tap";
import { startServer } from "../helpers/server-process.js";
import { text } from "../helpers/wire-client.js";
import {
	comeBack,
	memoryOf,
	numbered,
	openFilesOf,
	pour,
	pullAll,
	readAll,
	said,
	sign,
	until,
	write,
} from "./talk.js";

const waiting = 5_000;
/** A small queue for each session, little of the store in memory, and no limit for coming back. */
const env = {
	COLLOQUY_OUTBOX_BYTES_MAX: "64KiB",
	COLLOQUY_WRITE_BUFFER_BYTES: "4MiB",
	COLLOQUY_CACHE_BYTES: "1MiB",
	COLLOQUY_TAKEOVERS_MAX: "1000",
};

function bodies(count: number) {
	return numbered(1, count).map((name) => text(name.padEnd(300, ".")));
}

function names(messages: Parameters<typeof said>[0][]): (string | undefined)[] {
	return messages.map((one) => said(one)?.replace(/\.+$/, ""));
}

// C023
t.test(
	"five thousand messages that waited come in pages, and their reader can write",
	async (t) => {
		const server = await startServer({ env });
		t.teardown(() => server.discard());
		const ann = await sign(server, "ann");
		const bob = await sign(server, "bob");
		const conversation = await ann.open("bob");
		await bob.match((op) => op.type === "changed");
		bob.cut();
		await pour(ann, conversation, 1, bodies(waiting));
		const before = memoryOf(server.pid);
		const again = await comeBack(server, bob);
		t.match(await again.next("marks"), { marks: [{ conversation }], last: true });
		let most = 0;
		let mine = 0;
		const { messages, pages } = await pullAll(again, conversation, 1, async (done) => {
			most = Math.max(most, memoryOf(server.pid) - before);
			again.say({ type: "delivered", conversation, seq: done });
			mine += 1;
			await write(again, conversation, mine, text(`from bob ${mine}`));
		});
		t.same(names(messages), numbered(1, waiting), "each once, in order");
		t.ok(pages >= waiting / 100, `${pages} pages`);
		t.ok(mine >= 49, "bob could write all the while");
		t.ok(most < 48, `${most.toFixed(0)} MiB more than before`);
		t.notOk(again.received.some((op) => op.type === "goodbye" || op.type === "message"));
	},
);

// C023
t.test("what passes the queue of one who reads slowly is dropped and told again", async (t) => {
	const server = await startServer({ env });
	t.teardown(() => server.discard());
	const ann = await sign(server, "ann");
	const bob = await sign(server, "bob");
	const conversation = await ann.open("bob");
	await bob.match((op) => op.type === "changed");
	await bob.next("marks");
	bob.socket.pause();
	// As much as the buffers of both sockets take, and more.
	const big = Array.from({ length: 250 }, (_, i) => text(`m${i + 1}`.padEnd(60_000, ".")));
	await pour(ann, conversation, 1, big);
	bob.socket.resume();
	const marks = await bob.next("marks");
	t.match(marks, { marks: [{ conversation }] });
	const pushed = bob.received.flatMap((op) => (op.type === "message" ? [op.message] : []));
	t.same(names(pushed), numbered(1, pushed.length), "what came had no hole");
	t.ok(pushed.length < big.length, `${pushed.length} came`);
	const from = pushed.at(-1)?.position ?? 1;
	const { messages } = await pullAll(bob, conversation, from);
	t.same(names(messages), numbered(pushed.length + 1, big.length), "the rest by pulls");
});

// C054
t.test("a thousand reads whose readers leave midway leave no file open", async (t) => {
	const server = await startServer({ env });
	t.teardown(() => server.discard());
	const ann = await sign(server, "ann");
	const conversation = await ann.open("ann");
	await pour(ann, conversation, 1, bodies(1_000));
	t.equal((await readAll(ann, conversation)).length, 1_000);
	const files = openFilesOf(server.pid);
	const reads = { conversation, limit: 200 };
	await Promise.all(
		numbered(1, 8).map(async (device) => {
			let reader = await sign(server, "ann", device);
			for (let round = 0; round < 42; round += 1) {
				reader.say(
					{ type: "history", request: 1, before: null, ...reads },
					{ type: "history", request: 2, before: 600, ...reads },
					{ type: "pull", request: 3, position: 0, until: null, fresh: true, ...reads },
				);
				// While they wait, while they run, while their answers are on the way.
				await pause(round % 4);
				reader.cut();
				reader = await comeBack(server, reader);
			}
			reader.cut();
		}),
	);
	await until("files", () => openFilesOf(server.pid) <= files);
	t.equal((await readAll(ann, conversation)).length, 1_000, "and reading goes on");
	t.same(await server.stop(), { code: 0, signal: null });
});
