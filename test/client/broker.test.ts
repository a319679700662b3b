// The layer against a real broker: four people talk, edit, react, leave and come back, while
// devices are cut off, restored from backups, and the server is killed. In the end every copy is
// what a new device reads, and nothing was said twice or lost.

import t from "tap";
import { systemClock } from "../../src/base/clock.js";
import { directId } from "../../src/base/ids.js";
import { Device } from "../../src/client/device.js";
import { freshNames, MemoryStore } from "../../src/client/memory-store.js";
import { nodeConnect } from "../../src/client/node-transport.js";
import { closedAbnormally, type Transport } from "../../src/client/transport.js";
import type { WireMessage } from "../../src/protocol/frames.js";
import { backupOf, restore } from "../helpers/backup.js";
import { runCli, type ServerProcess, startServer } from "../helpers/server-process.js";
import { text } from "./operations.js";

const people = ["ann", "bob", "cid", "dan"];
const group = "the-group";
const steps = 250;
const emoji = ["👍", "🎉", null];

/** Repeatable but for the timing of the network. */
function seeded(seed: number): () => number {
	let state = seed;
	return () => {
		state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
		return state / 4_294_967_296;
	};
}

class Phone {
	readonly store = new MemoryStore(freshNames(systemClock));
	readonly device: Device;
	readonly refused: string[] = [];
	readonly faults: string[] = [];
	backup: MemoryStore | null = null;
	/** Contents queued since the backup: a restore may forget them. */
	since: string[] = [];
	private cutNow: (() => void) | null = null;

	constructor(
		readonly user: string,
		token: string,
		url: string,
	) {
		const connect = nodeConnect(url);
		this.device = new Device({
			connect: async () => this.cuttable(await connect()),
			token,
			store: this.store,
			heartbeatMs: 0,
			backOff: { baseMs: 50, maxMs: 500, steadyMs: 100 },
			events: {
				refused: (item, code) => this.refused.push(`${item.command.type} ${code}`),
				fault: (where, cause) => {
					if (where !== "connect") this.faults.push(`${where}: ${cause}`);
				},
			},
		});
	}

	cut(): void {
		this.cutNow?.();
		this.cutNow = null;
	}

	get settled(): boolean {
		for (const { queue } of this.store.streams()) if (queue.length > 0) return false;
		for (const _ of this.store.moving()) return false;
		return true;
	}

	private cuttable(inner: Transport): Transport {
		const outer: Transport = {
			buffered: 0,
			send: (bytes) => inner.send(bytes),
			pause: () => inner.pause(),
			resume: () => inner.resume(),
			close: (code, reason) => inner.close(code, reason),
			onMessage: () => {},
			onClose: () => {},
		};
		inner.onMessage = (bytes) => outer.onMessage(bytes);
		inner.onClose = (code, reason) => outer.onClose(code, reason);
		this.cutNow = () => {
			inner.onMessage = () => {};
			inner.onClose = () => {};
			inner.close();
			outer.onClose(closedAbnormally, "");
		};
		return outer;
	}
}

async function until(done: () => boolean, what: string): Promise<void> {
	const end = Date.now() + 30_000;
	while (!done()) {
		if (Date.now() > end) throw new Error(`not in time: ${what}`);
		await new Promise((resolve) => setTimeout(resolve, 10));
	}
}

/** What matters of a row, in a form that compares. */
function essence(row: WireMessage | undefined): unknown {
	if (row === undefined) return null;
	const { seq, position, at, sender, state, body, editedAt, frozen } = row;
	if (state === "skip") return { seq, state };
	const content = body === null ? null : new TextDecoder().decode(body.content);
	const reactions = row.reactions.map(({ user, emoji: sign }) => `${user} ${sign}`).sort();
	return { seq, position, at, sender, state, content, editedAt, frozen, reactions };
}

class Play {
	readonly phones: Phone[] = [];
	readonly said: string[] = [];
	readonly doubtful = new Set<string>();
	readonly tokens = new Map<string, string>();
	private readonly random: () => number;
	private count = 0;

	constructor(
		public server: ServerProcess,
		seed: number,
	) {
		this.random = seeded(seed);
	}

	private pick<T>(items: readonly T[]): T | undefined {
		return items[Math.floor(this.random() * items.length)];
	}

	async begin(): Promise<void> {
		for (const user of people) {
			const { stdout } = await runCli(["token", user, "--data", this.server.data]);
			this.tokens.set(user, stdout.trim());
			for (let i = 0; i < 2; i += 1) this.phones.push(this.phone(user));
		}
		for (const phone of this.phones) phone.device.start();
		await until(() => this.phones.every((one) => one.store.identity().listed), "sign in");
		const [ann] = this.phones as [Phone];
		await ann.device.request<"open">({ type: "open", user: "bob" });
		const members = ["bob", "cid", "dan"];
		ann.device.write(group, { type: "create", kind: "group", title: "The group", members });
		const knows = (one: Phone) => one.store.view(group) !== undefined;
		await until(() => this.phones.every(knows), "the group is known");
	}

	phone(user: string): Phone {
		return new Phone(user, this.tokens.get(user) as string, this.server.url);
	}

	step(): void {
		const phone = this.pick(this.phones) as Phone;
		const direct = phone.user === "ann" || phone.user === "bob";
		const where = direct && this.random() < 0.3 ? directId("ann", "bob") : group;
		const rows = [...(phone.store.view(where)?.rows.values() ?? [])];
		const own = this.pick(rows.filter((row) => row.sender === phone.user && row.state === "live"));
		const any = this.pick(rows.filter((row) => row.state === "live"));
		const chance = this.random();
		if (chance < 0.45) this.say(phone, where);
		else if (chance < 0.55 && own !== undefined) {
			const content = `edit ${this.count++}`;
			const { type: _, ttlMs, clientTime, seenUpTo, ...body } = text(content);
			phone.device.write(where, { type: "edit", seq: own.seq, ...body });
		} else if (chance < 0.6 && own !== undefined) {
			phone.device.write(where, { type: "delete", seq: own.seq });
		} else if (chance < 0.7 && any !== undefined) {
			const sign = this.pick(emoji) ?? null;
			phone.device.write(where, { type: "react", seq: any.seq, emoji: sign });
		} else if (chance < 0.73 && any !== undefined) {
			phone.device.write(where, { type: "hide", seq: any.seq });
		} else if (chance < 0.8) {
			const held = phone.store.view(where)?.held ?? 0;
			if (held > 0) phone.device.seen(where, held);
		} else if (chance < 0.9) phone.cut();
		else if (chance < 0.93) {
			const type = this.random() < 0.5 ? "remove" : "add";
			this.phones[0]?.device.write(group, { type, users: ["cid"] });
		} else if (chance < 0.965) {
			phone.backup = backupOf(phone.store);
			phone.since = [];
		} else if (phone.backup !== null) this.restore(phone, phone.backup);
	}

	private say(phone: Phone, where: string): void {
		const content = `${phone.user} ${this.count++}`;
		this.said.push(content);
		phone.since.push(content);
		phone.device.write(where, text(content));
	}

	private restore(phone: Phone, backup: MemoryStore): void {
		phone.device.stop();
		for (const content of phone.since) this.doubtful.add(content);
		phone.since = [];
		restore(phone.store, backup);
		phone.device.start();
	}

	/** What was pushed last is on its way until nothing has moved for a second. */
	async quiet(): Promise<void> {
		const sum = () =>
			this.phones
				.flatMap((phone) => [...phone.store.views()])
				.reduce((total, view) => total + view.position, 0);
		for (let before = -1; before !== sum(); ) {
			before = sum();
			await new Promise((resolve) => setTimeout(resolve, 1_000));
		}
	}

	/** Whatever a user may read, as a device reads it that holds nothing. */
	async truth(user: string, conversation: string): Promise<Map<number, WireMessage>> {
		const phone = this.phone(user);
		phone.device.start();
		await until(() => phone.store.identity().listed && phone.device.ready, "a new device");
		const rows = new Map<number, WireMessage>();
		for (let before: number | null = null; ; ) {
			const page: { messages: readonly WireMessage[]; more: boolean } =
				await phone.device.request<"history">({
					type: "history",
					conversation,
					before,
					limit: 100,
				});
			for (const message of page.messages) rows.set(message.seq, message);
			if (!page.more) break;
			before = Math.min(...rows.keys());
		}
		await phone.device.request<"logout">({ type: "logout", device: null }).catch(() => {});
		phone.device.stop();
		return rows;
	}
}

for (const seed of [1, 2]) {
	t.test(`every copy is right in the end, seed ${seed}`, { timeout: 120_000 }, async (t) => {
		const play = new Play(await startServer(), seed);
		t.teardown(async () => {
			for (const phone of play.phones) phone.device.stop();
			await play.server.discard();
		});
		await play.begin();
		for (let at = 0; at < steps; at += 1) {
			play.step();
			if (at % 4 === 0) await new Promise((resolve) => setTimeout(resolve, 10));
			if (at === 80 || at === 160) {
				await play.server.kill();
				play.server = await play.server.restart();
			}
		}
		await until(
			() => play.phones.every((phone) => phone.settled && phone.device.ready),
			"everything said is answered",
		);
		await play.quiet();
		const contents: string[] = [];
		for (const [user, conversation] of [
			...people.map((user) => [user, group] as const),
			["ann", directId("ann", "bob")] as const,
			["bob", directId("ann", "bob")] as const,
		]) {
			const rows = await play.truth(user, conversation);
			if (user === "ann") {
				for (const row of rows.values()) {
					if (row.body !== null) contents.push(new TextDecoder().decode(row.body.content));
				}
			}
			for (const phone of play.phones.filter((one) => one.user === user)) {
				t.same(phone.faults, [], `${user} met no fault`);
				// [Y7] What cid held before a cut stays with cid, whatever others read there now.
				if (user === "cid") continue;
				const view = phone.store.view(conversation);
				while ((view?.first ?? 1) > 1) {
					await phone.device.history(conversation, view?.first ?? null, 100);
				}
				const seqs = [...new Set([...rows.keys(), ...(view?.rows.keys() ?? [])])];
				for (const seq of seqs.sort((a, b) => a - b)) {
					const have = essence(view?.rows.get(seq));
					const want = essence(rows.get(seq)) ?? { seq, state: "skip" };
					t.same(have ?? { seq, state: "skip" }, want, `${user} ${conversation} ${seq}`);
				}
			}
		}
		t.equal(new Set(contents).size, contents.length, "nothing stands twice");
	});
}
