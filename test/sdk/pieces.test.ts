// What loads on demand may fail to: it is asked for until it comes, and meanwhile the state says
// so, sends are queued and a client can be closed. The texts of errors may stay away for good.

import t from "tap";
import { brief, briefTable, textsOf } from "../../src/base/brief-table.js";
import { errorTable } from "../../src/base/errors.js";
import { memoryPair } from "../../src/client/transport.js";
import { clientOf } from "../../src/sdk/client.js";
import { memory } from "../../src/sdk/memory.js";
import type { OpenStorage, Platform } from "../../src/sdk/platform.js";
import { HandClock } from "../client/hand-clock.js";
import { welcomeOp } from "../client/operations.js";
import { Peer } from "../helpers/scripted-peer.js";

const files = () => () => [];

class Stage {
	readonly clock = new HandClock();
	readonly states: string[] = [];
	/** Loads that fail from now on. */
	failing = 0;
	loads = 0;
	hanging = false;
	peer: Peer | null = null;
	wake: () => void = () => {};
	openStorage: OpenStorage = async (_, { clock }) => memory(null, clock);

	client(store?: string) {
		const platform: Platform = {
			clock: this.clock,
			load: () => this.piece({ connect: () => async () => this.dial(), memory, files }),
			loadStorage: () => this.piece(this.openStorage),
			listen: (wake) => {
				this.wake = wake;
				return () => {
					this.wake = () => {};
				};
			},
			online: () => true,
			alive: () => ({ cancel() {} }),
		};
		const options = { url: "http://nowhere.invalid", token: "token" };
		const client = clientOf(store === undefined ? options : { ...options, store }, platform);
		client.on("state", ({ type, reason }) =>
			this.states.push(reason === null ? type : `${type} ${reason.code}`),
		);
		return client;
	}

	private async piece<T>(value: T): Promise<T> {
		this.loads += 1;
		this.failing -= 1;
		if (this.hanging) await new Promise(() => {});
		if (this.failing >= 0) throw new TypeError("failed to fetch a module");
		return value;
	}

	private dial() {
		const pair = memoryPair(this.clock);
		this.peer = new Peer(pair);
		return pair.client;
	}
}

t.test("a piece that fails to load is asked for again, and sends wait for it", async (t) => {
	const stage = new Stage();
	stage.failing = 2;
	const client = stage.client();
	const message = client.conversation("ann~bob").send("early");
	let stored = false;
	void message.reached("queued").then(() => {
		stored = true;
	});
	await stage.clock.settle();
	const { type, reason, retryAt, queued } = client.state.snapshot();
	t.match({ type, reason }, { type: "waiting", reason: { code: "OFFLINE" } });
	t.match(String(reason?.cause), "failed to fetch a module");
	t.ok((retryAt ?? 0) > stage.clock.now());
	t.ok(queued > 0, "what was sent counts");
	t.equal(message.status, "queued");
	t.notOk(stored, "it is in memory only");
	for (let i = 0; i < 30 && stage.peer === null; i += 1) await stage.clock.pass(100);
	t.equal(stage.loads, 3);
	stage.peer?.takeOne("hello");
	stage.peer?.say(welcomeOp(1, 8));
	await stage.clock.settle();
	t.equal(client.state.snapshot().type, "connected");
	t.ok(stored);
	t.match(stage.peer?.takeOne("write"), { conversation: "ann~bob", command: { type: "send" } });
	await client.close();
	t.same(stage.states, [
		"waiting OFFLINE",
		"connecting OFFLINE",
		"waiting OFFLINE",
		"connecting OFFLINE",
		"connected",
		"closed",
	]);
});

t.test("the network's return and a person's wish end the wait", async (t) => {
	const stage = new Stage();
	stage.failing = 2;
	const client = stage.client();
	await stage.clock.settle();
	t.equal(stage.loads, 1);
	stage.wake();
	await stage.clock.settle();
	t.equal(stage.loads, 2);
	client.retry();
	await stage.clock.settle();
	t.equal(stage.loads, 3);
	t.not(stage.peer, null);
	await client.close();
});

t.test("a client that is closed asks no more", async (t) => {
	const stage = new Stage();
	stage.failing = Number.POSITIVE_INFINITY;
	const client = stage.client();
	const done = client.open("bob");
	await stage.clock.settle();
	await client.close();
	await t.rejects(done, { code: "CLOSED" });
	const { loads } = stage;
	await stage.clock.pass(60_000);
	t.equal(stage.loads, loads);
	t.match(client.state.snapshot(), { type: "closed", retryAt: null });
});

t.test("closing does not wait for a piece that never comes", async (t) => {
	const stage = new Stage();
	stage.hanging = true;
	const client = stage.client();
	await stage.clock.settle();
	t.equal(stage.loads, 1);
	await client.close();
	t.same(stage.states, ["closed"]);
});

t.test("storage whose code is late is waited for; one that fails is done without", async (t) => {
	const stage = new Stage();
	stage.failing = 1;
	const client = stage.client("name");
	await stage.clock.settle();
	t.match(client.storage.snapshot(), { durable: false, error: null });
	stage.wake();
	await stage.clock.settle();
	t.match(client.storage.snapshot(), { durable: true, error: null });
	await client.close();
	const other = new Stage();
	other.openStorage = () => Promise.reject(new Error("private mode"));
	const without = other.client("name");
	await other.clock.settle();
	t.match(without.storage.snapshot(), { durable: false, error: { code: "STORAGE_FAILED" } });
	t.not(other.peer, null, "memory instead");
	await without.close();
});

t.test("the table of errors for pages decides as the whole one does", async (t) => {
	const texts = textsOf(errorTable);
	let fails = true;
	let loads = 0;
	const table = briefTable(brief(errorTable), async () => {
		loads += 1;
		if (fails) throw new Error("no network");
		return { texts };
	});
	t.same(Object.keys(table), Object.keys(errorTable));
	const decisions = ({ retryable, close }: { retryable: boolean; close?: number }) => {
		return { retryable, close };
	};
	for (const [code, row] of Object.entries(errorTable)) {
		t.same(decisions(table[code] ?? row), decisions(row), code);
		t.equal("close" in (table[code] ?? {}), "close" in row, code);
	}
	t.equal(loads, 0, "nobody has looked at a text");
	t.equal(table.OFFLINE?.message, "OFFLINE");
	t.match(table.OFFLINE?.action, "docs/errors.md");
	t.equal(loads, 1, "one at a time");
	await new Promise((resolve) => setImmediate(resolve));
	fails = false;
	t.equal(table.OFFLINE?.message, "OFFLINE");
	await new Promise((resolve) => setImmediate(resolve));
	t.equal(table.OFFLINE?.message, errorTable.OFFLINE.message);
	t.equal(table.PROTOCOL?.action, errorTable.PROTOCOL.action);
	t.equal(loads, 2);
});
