// A crowd that comes back in the same second after a crash, with real clients against a server in a
// process of its own: let in at the rate, told when to try again, and nothing is lost or doubled.

import t from "tap";
import { systemClock } from "../../src/base/clock.js";
import { directId } from "../../src/base/ids.js";
import { Device } from "../../src/client/device.js";
import { freshNames, MemoryStore } from "../../src/client/memory-store.js";
import { nodeConnect } from "../../src/client/node-transport.js";
import { startServer } from "../helpers/server-process.js";
import { text, tokenFor } from "../helpers/wire-client.js";
import { gatewayOf, numbered, until } from "./talk.js";

interface Phone {
	readonly device: Device;
	readonly other: string;
	readonly conversation: string;
}

// C028
t.test(
	"hundreds who come back in the same second are let in one by one",
	{ timeout: 120_000 },
	async (t) => {
		const users = numbered(1, 200);
		let server = await startServer();
		t.teardown(() => server.discard());
		const faults: string[] = [];
		const phones = await Promise.all(
			users.map(async (user, at): Promise<Phone> => {
				const other = users[at ^ 1] as string;
				const conversation = directId(user, other);
				const device = new Device({
					connect: nodeConnect(server.url),
					token: await tokenFor(server.data, user),
					store: new MemoryStore(freshNames(systemClock)),
					heartbeatMs: 0,
					backOff: { baseMs: 200, maxMs: 1_000 },
					events: {
						fault: (where, cause) => {
							if (where !== "connect") faults.push(`${where}: ${cause}`);
						},
					},
				});
				return { device, other, conversation };
			}),
		);
		t.teardown(() => {
			for (const { device } of phones) device.stop();
		});
		const ready = () => phones.filter(({ device }) => device.ready).length;
		const allHold = (count: number) =>
			phones.every(({ device, conversation }) => device.store.view(conversation)?.held === count);
		for (const { device } of phones) device.start();
		await until("all are here", () => ready() === users.length);
		const open = ({ device, other }: Phone) =>
			device.request<"open">({ type: "open", user: other });
		await Promise.all(phones.map(open));
		for (const { device, conversation } of phones) device.write(conversation, text("before"));
		await until("all have what was said", () => allHold(2));
		await server.kill();
		await until("all have noticed", () => ready() === 0);
		for (const { device, conversation } of phones) device.write(conversation, text("meanwhile"));
		server = await server.restart({
			env: { COLLOQUY_HELLO_PER_SECOND: "20", COLLOQUY_HELLO_BURST: "10" },
		});
		await until("all are back", () => ready() === users.length, 60_000);
		await until("all have all", () => allHold(4));
		const { ended } = await gatewayOf(server);
		t.ok((ended.OVERLOADED ?? 0) > 0, `${ended.OVERLOADED} were told to come later`);
		for (const { device, conversation } of phones) {
			const rows = [...(device.store.view(conversation)?.rows.values() ?? [])];
			const ids = new Set(rows.map(({ body }) => body && Buffer.from(body.id).toString("hex")));
			if (ids.size !== 4) t.fail(`${conversation}: ${ids.size} different of 4`);
		}
		t.same(faults, []);
	},
);
