// The server's clock orders and stamps; the client's is shown and otherwise left alone; and no
// time zone moves a deadline.

import t from "tap";
import { testClock } from "../../src/testing/clock.js";
import { startBroker } from "../helpers/broker.js";
import { text, type WireClient } from "../helpers/wire-client.js";
import { readAll, sign, until, write } from "./talk.js";

const hour = 3_600_000;

// C043
t.test("messages stand in the order of the server, whatever clients say the time is", async (t) => {
	const it = await startBroker();
	t.teardown(() => it.discard());
	const ann = await sign(it, "ann");
	const conversation = await ann.open("ann");
	const now = Date.now();
	const times = [now + 5 * hour, now - 5 * hour, now, null];
	for (const [i, clientTime] of times.entries()) {
		await write(ann, conversation, i + 1, { ...text(`m${i + 1}`), clientTime } as never);
	}
	for (const [i, clientTime] of [0, 9e15].entries()) {
		ann.write(conversation, 5 + i, 4 + i, { ...text("never"), clientTime } as never);
		const refused = { type: "refused", code: "BAD_REQUEST" };
		t.match(await ann.outcome(conversation, 5 + i), refused, String(clientTime));
	}
	const rows = await readAll(ann, conversation);
	t.same(
		rows.map(({ seq, clientTime }) => [seq, clientTime]),
		times.map((time, i) => [i + 1, time]),
	);
	const stamps = rows.map(({ at }) => at);
	t.same(stamps, stamps.toSorted(), "stamped by the server");
	t.ok(stamps.every((at) => Math.abs(at - now) < 60_000));
});

async function states(client: WireClient, conversation: string): Promise<string> {
	return (await readAll(client, conversation)).map(({ state }) => state).join(" ");
}

// C045
for (const [season, start] of [
	["spring", Date.UTC(2027, 2, 27, 12)],
	["autumn", Date.UTC(2027, 9, 30, 12)],
] as const) {
	t.test(`a day is 24 hours over the switch in ${season}`, async (t) => {
		const zone = process.env.TZ;
		process.env.TZ = "Europe/Paris";
		const clock = testClock({ startAt: start });
		const day = 24 * hour;
		const offset = new Date(start).getTimezoneOffset();
		t.not(new Date(start + day).getTimezoneOffset(), offset, "the zone does switch");
		const authenticate = async (user: string) => ({ user, expiresAt: start + 365 * day });
		const it = await startBroker({}, { clock, authenticate: authenticate as never });
		t.teardown(async () => {
			await it.discard();
			if (zone === undefined) delete process.env.TZ;
			else process.env.TZ = zone;
		});
		const { WireClient } = await import("../helpers/wire-client.js");
		const ann = await WireClient.connect({ wsUrl: it.wsUrl, token: "ann" });
		const conversation = await ann.open("ann");
		const { at } = await write(ann, conversation, 1, text("a day", { ttlMs: day }));
		await write(ann, conversation, 2, text("half a year", { ttlMs: 182 * day }));
		const [row] = await readAll(ann, conversation);
		t.equal(row?.expiresAt, at + day, "to the millisecond");
		await clock.jump(day - 30_000);
		t.equal(await states(ann, conversation), "live live", "not an hour early");
		await clock.jump(31_000);
		await until("expired", async () => (await states(ann, conversation)) === "expired live");
		await clock.jump(181 * day - 60_000);
		t.equal(await states(ann, conversation), "expired live");
		await clock.jump(60_000);
		await until("both", async () => (await states(ann, conversation)) === "expired expired");
		const changes = ann.received.filter((op) => op.type === "changed" && op.change.type === "row");
		t.equal(changes.length, 2, "each is told once");
	});
}
