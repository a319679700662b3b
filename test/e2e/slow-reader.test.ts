// C025: one who stops reading, among others who read, against a server in a process of its own: the
// server keeps little for it, ends it in time, and what it has missed comes from the store.

import t from "tap";
import { startServer } from "../helpers/server-process.js";
import { text } from "../helpers/wire-client.js";
import { comeBack, gatewayOf, memoryOf, numbered, pullAll, sign, until, write } from "./talk.js";

const count = 220;
const contentBytes = 60_000;

t.test("one who stops reading costs the server little and the others nothing", async (t) => {
	const server = await startServer({
		env: {
			COLLOQUY_STALL_MS: "3s",
			COLLOQUY_WRITE_BUFFER_BYTES: "1MiB",
			COLLOQUY_CACHE_BYTES: "1MiB",
		},
	});
	t.teardown(() => server.discard());
	const users = numbered(1, 12);
	const ann = await sign(server, "ann");
	const slow = await sign(server, "slow");
	const healthy = await Promise.all(users.map((user) => sign(server, user)));
	const members = [...users, "slow"];
	await write(ann, "room", 1, { type: "create", kind: "group", title: "", members });
	await slow.match((op) => op.type === "changed");
	slow.socket.pause();
	const before = memoryOf(server.pid);
	let most = 0;
	for (let seq = 1; seq <= count; seq += 1) {
		await write(ann, "room", seq + 1, text(`m${seq}`.padEnd(contentBytes, ".")));
		for (const one of healthy) {
			const { message } = await one.next("message");
			if (message.seq !== seq) throw new Error(`${message.seq} instead of ${seq}`);
		}
		if (seq % 10 === 0) most = Math.max(most, memoryOf(server.pid) - before);
	}
	t.pass("twelve had each message as it was sent");
	t.ok(most < 96, `${most.toFixed(0)} MiB more, ${(count * contentBytes) >> 20} MiB sent to each`);
	await until("it is cut", async () => (await gatewayOf(server)).ended.SLOW_READER === 1, 15_000);
	t.equal((await gatewayOf(server)).ready, healthy.length + 1);
	slow.socket.resume();
	t.not((await slow.closed).code, 1000);
	const had = slow.received.flatMap((op) => (op.type === "message" ? [op.message.position] : []));
	const again = await comeBack(server, slow);
	t.match(await again.next("marks"), { marks: [{ conversation: "room" }] });
	const { messages } = await pullAll(again, "room", had.at(-1) ?? 1);
	t.ok(messages.length > 0, `${had.length} by pushes, ${messages.length} by pulls`);
	const seqs = messages.map(({ seq }) => seq);
	t.same(
		seqs,
		numbered(had.length + 1, count).map((one) => Number(one.slice(1))),
	);
});
