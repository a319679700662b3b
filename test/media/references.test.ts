// Which files are kept: references as rows of messages, collection of what nothing references, and
// that it never takes a file that a message shows or a ticket names.

import { randomInt } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import t, { type Test } from "tap";
import { referenceDifferences } from "../../src/journal/media-rows.js";
import type { WriteCommand } from "../../src/protocol/frames.js";
import { write } from "../e2e/talk.js";
import { startBroker, type TestBroker } from "../helpers/broker.js";
import { text } from "../helpers/wire-client.js";
import {
	type Answered,
	aheadOfTime,
	ask,
	editing,
	eventually,
	filesOf,
	hour,
	outcome,
	picture,
	sending,
	upload,
} from "./files.js";

/** Swept all the while; a day and an hour are the default life of a ticket and its grace. */
const config = {
	mediaSweepMs: 20,
	sweepMs: 20,
	mediaDraftMs: 1_000 * hour,
	durability: "os",
} as const;
const collected = 26 * hour;

/** A broker ahead of time, and ann alone in a conversation. */
async function start(t: Test, more = {}) {
	const { options, jump } = aheadOfTime();
	const it = await startBroker({ ...config, ...more }, options);
	t.teardown(() => it.discard());
	const ann = await it.connect("ann");
	return { it, ann, conversation: await ann.open("ann"), jump };
}

/** Time for some sweeps. */
const sweeps = () => pause(100);

async function differences({ broker }: TestBroker) {
	const found = [];
	const view = broker.admin.journal.view();
	try {
		for await (const one of referenceDifferences(view)) found.push(one);
	} finally {
		view.close();
	}
	return found;
}

t.test("a file stays while a message shows it and goes some time after the last", async (t) => {
	const { it, ann, conversation, jump } = await start(t);
	const file = await upload(it, "ann", picture());
	const unused = await upload(it, "ann", picture());
	const kept = await upload(it, "ann", picture());
	await write(ann, conversation, 1, sending([file, file]));
	await write(ann, conversation, 2, sending([kept]));
	await jump(24 * hour);
	await sweeps();
	t.equal(filesOf(it).length, 3, "tickets have just ended");
	await jump(2 * hour);
	await eventually(() => !filesOf(it).includes(unused.hash));
	t.same(filesOf(it), [file.hash, kept.hash].sort(), "what was never used goes, the rest stays");
	await eventually(async () => (await ask(it, "ann", `/media/${unused.hash}`)).status === 404);
	await write(ann, conversation, 3, { type: "delete", seq: 1 });
	await jump(24 * hour);
	await sweeps();
	t.ok(filesOf(it).includes(file.hash), "its readers' tickets have just ended");
	await jump(2 * hour);
	await eventually(() => !filesOf(it).includes(file.hash));
	t.same(filesOf(it), [kept.hash]);
	t.same(await differences(it), []);
});

t.test("edit and expiry release, an edit that keeps does not", async (t) => {
	const { it, ann, conversation, jump } = await start(t);
	const edited = await upload(it, "ann", picture());
	const expired = await upload(it, "ann", picture());
	const kept = await upload(it, "ann", picture());
	await write(ann, conversation, 1, sending([edited, kept]));
	await write(ann, conversation, 2, { ...sending([expired]), ttlMs: hour } as WriteCommand);
	await write(ann, conversation, 3, editing(1, [kept]));
	await jump(2 * hour);
	await eventually(async () => {
		const path = `/media/${expired.hash}?conversation=${conversation}`;
		return (await ask(it, "ann", path)).status === 404;
	});
	await jump(collected);
	await eventually(() => filesOf(it).length === 1);
	t.same(filesOf(it), [kept.hash]);
	t.same(await differences(it), []);
});

t.test("collection frees the quota of everybody who uploaded the file", async (t) => {
	const { it, jump } = await start(t, { mediaQuotaBytes: 1_500 });
	const bytes = picture();
	await upload(it, "ann", bytes);
	await upload(it, "bob", bytes);
	const more = { method: "POST", body: picture() };
	for (const user of ["ann", "bob"]) {
		t.equal((await ask(it, user, "/media", more)).status, 413, user);
	}
	await jump(collected);
	for (const user of ["ann", "bob"]) {
		await eventually(async () => (await ask(it, user, "/media", more)).status === 201);
	}
});

t.test("a forward after the original was deleted keeps the file", async (t) => {
	const { it, ann, conversation, jump } = await start(t);
	const file = await upload(it, "ann", picture());
	await write(ann, conversation, 1, sending([file]));
	await write(ann, conversation, 2, { type: "delete", seq: 1 });
	await jump(23 * hour);
	// The ticket outlives the reference that it was given for, and so does the file.
	t.equal(await outcome(ann, conversation, 3, sending([file])), "answer");
	await jump(collected);
	await sweeps();
	t.same(filesOf(it), [file.hash]);
	t.equal(await outcome(ann, conversation, 4, sending([file])), "MEDIA_NO_GRANT", "expired");
	t.same(await differences(it), []);
});

t.test("an upload of bytes that are about to go keeps them", async (t) => {
	const { it, ann, conversation, jump } = await start(t);
	const bytes = picture();
	await upload(it, "ann", bytes);
	await jump(24.5 * hour);
	const again = await upload(it, "ann", bytes);
	await jump(23 * hour);
	await sweeps();
	t.equal(await outcome(ann, conversation, 1, sending([again])), "answer");
	t.same(filesOf(it), [again.hash]);
});

t.test("rows made anew from the messages are the rows that are there", async (t) => {
	const { it, ann, conversation } = await start(t);
	const files: Answered[] = [];
	for (let i = 0; i < 6; i += 1) files.push(await upload(it, "ann", picture(100)));
	const some = () => files.filter(() => randomInt(3) === 0);
	let seq = 0;
	for (let n = 1; n <= 120; n += 1) {
		const choice = randomInt(3);
		if (seq < 3 || choice === 0) {
			seq += 1;
			await write(ann, conversation, n, randomInt(4) === 0 ? text("none") : sending(some()));
			continue;
		}
		const at = 1 + randomInt(seq);
		const command: WriteCommand = choice === 1 ? editing(at, some()) : { type: "delete", seq: at };
		t.match(await outcome(ann, conversation, n, command), /^(?:answer|MESSAGE_GONE)$/);
	}
	t.same(await differences(it), []);
});
