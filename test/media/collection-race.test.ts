// Collection against uploads and new references, with times so short that they meet all the while.

import { randomInt } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import t from "tap";
import { write } from "../e2e/talk.js";
import { startBroker } from "../helpers/broker.js";
import {
	type Answered,
	ask,
	eventually,
	filesOf,
	outcome,
	picture,
	sending,
	upload,
} from "./files.js";

const soon = { mediaTicketMs: 600, mediaGraceMs: 100, mediaSweepMs: 20 };

/**
 * The rule that this tries to break: whoever gets `answer` for a message with a file can read the
 * file, at once and later, however near the collection was.
 */
t.test("no message shows a file that is gone, whatever races the sweep", async (t) => {
	const it = await startBroker({ ...soon, mediaUploadsPerMinute: 100_000 });
	t.teardown(() => it.discard());
	const users = await Promise.all(["ann", "bob", "cy"].map((user) => it.connect(user)));
	const pool = [picture(), picture(), picture()];
	let answers = 0;
	const until = Date.now() + 3_000;
	await Promise.all(
		users.map(async (client) => {
			const user = client.welcome.user;
			const conversation = await client.open(user);
			let n = 0;
			let seq = 0;
			let file: Answered | null = null;
			while (Date.now() < until) {
				file = await upload(it, user, pool[randomInt(pool.length)] as Buffer);
				// Often near the end of the ticket, often beyond it.
				await pause(randomInt(800));
				n += 1;
				const said = await outcome(client, conversation, n, sending([file]));
				if (said !== "answer") {
					t.equal(said, "MEDIA_NO_GRANT");
					continue;
				}
				answers += 1;
				seq += 1;
				const path = `/media/${file.hash}?conversation=${conversation}`;
				t.equal((await ask(it, user, path)).status, 200, "at once");
				await pause(randomInt(800));
				t.equal((await ask(it, user, path)).status, 200, "later");
				n += 1;
				await write(client, conversation, n, { type: "delete", seq });
				t.equal((await ask(it, user, path)).status, 404, "deleted");
			}
		}),
	);
	t.ok(answers > 2, `${answers} messages`);
	await eventually(() => filesOf(it).length === 0);
});
