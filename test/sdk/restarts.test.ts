// Fifty restarts of a real broker, one after the other, with a message under way at each.

import t from "tap";
import { connected, Party, texts, value } from "./party.js";

t.test("restarts in a row · connected after each, nothing lost, nothing twice", async (t) => {
	const party = await Party.start(t);
	const { ann, talk, other, bob } = await party.pair();
	const restarts = 50;
	for (let i = 1; i <= restarts; i += 1) {
		talk.send(`m${i}`);
		await party.down();
		await party.up();
		ann.retry();
		bob.retry();
		await connected(ann);
	}
	const list = await value(other.messages, ({ length }) => length === restarts, 15_000);
	t.same(
		texts(list),
		Array.from({ length: restarts }, (_, at) => `m${at + 1}`),
	);
});
