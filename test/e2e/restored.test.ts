// `serve --restored`: a data folder put back from a backup, devices that hold more than it does,
// and what each of them ends with.

import assert from "node:assert/strict";
import { cpSync, rmSync } from "node:fs";
import t from "tap";
import type { Device } from "../../src/client/index.js";
import { readMarker } from "../../src/journal/marker.js";
import { connectDevice, sendText } from "../helpers/cli-device.js";
import { runCli, startServer, tempFolder } from "../helpers/server-process.js";
import { readAll, said, sign, until } from "./talk.js";

const conversation = "ann~bob";

/** What a device holds, in order: number and text. */
function held(device: Device): (string | null)[] {
	const rows = [...(device.store.view(conversation)?.rows ?? [])];
	return rows.sort(([one], [other]) => one - other).map(([seq, row]) => `${seq} ${said(row)}`);
}

/** Whether every write of the device has its outcome, also those that move to another outbox. */
function sent({ store }: Device): boolean {
	const waiting = [...store.streams()].some(({ queue }) => queue.length > 0);
	return !waiting && [...store.moving()].length === 0;
}

/** Until the device has sent everything and holds this, and nothing else. */
async function holds(device: Device, ...texts: string[]): Promise<void> {
	await until(`all is sent and ${texts.at(-1)} there`, async () => {
		device.hurry();
		return sent(device) && device.ready && held(device).at(-1) === texts.at(-1);
	});
	// A device that starts from its list asks for what is older when its person scrolls up.
	await device.history(conversation, null, 50);
	assert.deepEqual(held(device), texts);
}

t.test("after a restore all devices end with the server's history, nothing twice", async (t) => {
	const first = await startServer();
	t.teardown(() => first.discard());
	const { data } = first;
	const backup = tempFolder();
	t.teardown(() => rmSync(backup, { recursive: true, force: true }));
	const ann = await connectDevice(t, first, "ann");
	const bob = await connectDevice(t, first, "bob");
	await ann.request({ type: "open", user: "bob" });
	for (const text of ["m1", "m2"]) ann.write(conversation, sendText(text));
	await holds(ann, "1 m1", "2 m2");
	await holds(bob, "1 m1", "2 m2");
	await first.stop();
	cpSync(data, backup, { recursive: true });

	const second = await first.restart();
	t.teardown(() => second.discard());
	ann.hurry();
	for (const text of ["lost1", "lost2", "lost3"]) ann.write(conversation, sendText(text));
	const lost = ["1 m1", "2 m2", "3 lost1", "4 lost2", "5 lost3"];
	await holds(ann, ...lost);
	await holds(bob, ...lost);
	// The backup knows nothing of this device.
	const late = await connectDevice(t, second, "bob");
	ann.write(conversation, sendText("lost4"));
	lost.push("6 lost4");
	await holds(late, ...lost);
	await second.kill();
	ann.write(conversation, sendText("kept1"));
	bob.write(conversation, sendText("kept2"));
	late.write(conversation, sendText("kept3"));
	rmSync(data, { recursive: true });
	cpSync(backup, data, { recursive: true });

	const epoch = (await readMarker(data))?.epoch;
	const third = await second.restart({ args: ["--restored"] });
	t.teardown(() => third.discard());
	const begun = (await readMarker(data))?.epoch as string;
	t.not(begun, epoch);
	t.match(third.stderr(), new RegExp(`was restored: epoch ${begun} begins`));
	await until("all is sent", () => {
		for (const device of [ann, bob, late]) device.hurry();
		return [ann, bob, late].every((device) => sent(device) && device.ready);
	});
	const reader = await sign(third, "ann", "reader");
	const all = (await readAll(reader, conversation)).map((row) => `${row.seq} ${said(row)}`);
	t.same(all.slice(0, 2), ["1 m1", "2 m2"]);
	t.same(
		all
			.slice(2)
			.map((one) => one.split(" ")[1])
			.sort(),
		["kept1", "kept2", "kept3"],
	);
	for (const device of [ann, bob, late]) await holds(device, ...all);

	const held2 = await runCli(["serve", "--restored", "--data", data, "--port", "0"]);
	t.equal(held2.code, 5, "a folder in use is left alone");
	t.match(held2.stderr, new RegExp(String(third.pid)));
	t.equal((await readMarker(data))?.epoch, begun);
	await third.kill();
	const fourth = await third.restart({ args: [] });
	t.teardown(() => fourth.discard());
	ann.hurry();
	ann.write(conversation, sendText("after"));
	await holds(ann, ...all, "6 after");
	await holds(late, ...all, "6 after");
	t.equal((await readMarker(data))?.epoch, begun, "once");
});

t.test("an empty folder was not restored", async (t) => {
	const data = tempFolder();
	t.teardown(() => rmSync(data, { recursive: true, force: true }));
	const refused = await runCli(["serve", "--restored", "--data", data, "--port", "0"]);
	t.equal(refused.code, 1);
	t.match(refused.stderr, /holds no store, so nothing was restored; put the backup back first/);
	t.equal(await readMarker(data), null);
});
