// One script of events for the SDK, and what is to be seen after each: the same in memory, on a
// folder, in a browser. Ann sits where the SDK is tried, in one window and then two; Bob in Node.
// The broker is that of `colloquy/testing`, which crashes, and whose network drops and delays.

import assert from "node:assert/strict";
import type { Test } from "tap";
import { connect } from "../../src/sdk/index.js";
import { passes, startBroker } from "../../src/testing/index.js";
import { type Seat, type SeatOptions, takeSeat } from "./seat.js";

type Window = "first" | "second";
type Who = Window | "bob";

type Step =
	| { readonly type: "says"; readonly who: Who; readonly text: string }
	| { readonly type: "edits"; readonly who: Who; readonly text: string; readonly to: string }
	| { readonly type: "reacts"; readonly who: Who; readonly text: string; readonly emoji: string }
	| { readonly type: "deletes"; readonly who: Who; readonly text: string }
	| { readonly type: "sees"; readonly who: Who }
	| { readonly type: "removes ann" }
	/** In each window of Ann's that is open. */
	| { readonly type: "ann has"; readonly list: readonly string[]; readonly unread?: number }
	| { readonly type: "bob has"; readonly list: readonly string[]; readonly unread?: number }
	| { readonly type: "opens"; readonly window: Window }
	/** Without a word, as systems kill. */
	| { readonly type: "killed"; readonly window: Window }
	| { readonly type: "all windows close" }
	| { readonly type: "the broker"; readonly does: "crash" | "start" }
	/** Ann's network. */
	| { readonly type: "the network"; readonly does: "drop" | "down" | "heal" }
	| { readonly type: "the network delays"; readonly ms: number };

const seen = ["ann one: seen"];
const both = [...seen, "ann two: delivered", "bob three: delivered"];
const changed = ["ann one, again*: seen", "ann (deleted): delivered", "bob three 👍 ann: seen"];
const carried = [...changed, "ann slowly: delivered", "ann cut off: delivered"];
const waiting = ["ann by the first: queued", "ann by the second: queued"];
const after = ["ann by the first: delivered", "ann by the second: delivered"];
const later = [...after, "ann after the kill: delivered"];
const last = [...carried, ...later, "ann said to nobody: delivered"];

/** What Bob is told of, one by one. */
const arriving = [
	"one",
	"two",
	"slowly",
	"cut off",
	"by the first",
	"by the second",
	"after the kill",
	"said to nobody",
];

const script: readonly Step[] = [
	// Both ways, and ticks.
	{ type: "opens", window: "first" },
	{ type: "says", who: "first", text: "one" },
	{ type: "ann has", list: ["ann one: delivered"] },
	{ type: "bob has", list: ["ann one: delivered"], unread: 1 },
	{ type: "sees", who: "bob" },
	{ type: "ann has", list: seen },
	// Two windows on one storage.
	{ type: "opens", window: "second" },
	{ type: "ann has", list: seen },
	{ type: "says", who: "second", text: "two" },
	{ type: "ann has", list: both.slice(0, 2) },
	{ type: "says", who: "bob", text: "three" },
	{ type: "ann has", list: both, unread: 1 },
	{ type: "sees", who: "second" },
	{ type: "reacts", who: "first", text: "three", emoji: "👍" },
	{ type: "edits", who: "second", text: "one", to: "one, again" },
	{ type: "deletes", who: "first", text: "two" },
	{ type: "ann has", list: changed, unread: 0 },
	{ type: "bob has", list: changed, unread: 0 },
	// A network that is slow, then broken.
	{ type: "the network delays", ms: 40 },
	{ type: "says", who: "first", text: "slowly" },
	{ type: "the network", does: "drop" },
	{ type: "says", who: "second", text: "cut off" },
	{ type: "ann has", list: carried },
	{ type: "the network delays", ms: 0 },
	// A broker that crashes, and the window killed that has the outbox.
	{ type: "the broker", does: "crash" },
	{ type: "says", who: "first", text: "by the first" },
	{ type: "says", who: "second", text: "by the second" },
	{ type: "ann has", list: [...carried, ...waiting] },
	{ type: "killed", window: "first" },
	{ type: "says", who: "second", text: "after the kill" },
	{ type: "ann has", list: [...carried, ...waiting, "ann after the kill: queued"] },
	{ type: "the broker", does: "start" },
	{ type: "ann has", list: [...carried, ...later] },
	{ type: "bob has", list: [...carried, ...later], unread: 5 },
	// Opened again where there is no network: all is there, and more can be said.
	{ type: "all windows close" },
	{ type: "the network", does: "down" },
	{ type: "opens", window: "first" },
	{ type: "ann has", list: [...carried, ...later] },
	{ type: "says", who: "first", text: "said to nobody" },
	{ type: "ann has", list: [...carried, ...later, "ann said to nobody: queued"] },
	{ type: "the network", does: "heal" },
	{ type: "ann has", list: last },
	{ type: "bob has", list: last, unread: 6 },
	// A refusal.
	{ type: "removes ann" },
	{ type: "says", who: "first", text: "still here?" },
	{ type: "ann has", list: [...last, "ann still here?: refused NOT_A_MEMBER"] },
	{ type: "bob has", list: last, unread: 6 },
];

/** Where Ann sits. */
export interface Place {
	/** The first time on a storage that is empty. */
	open(options: SeatOptions): Promise<Seat>;
	kill(seat: Seat): Promise<void>;
	/** What is to be closed at the end. */
	end(): Promise<void>;
}

/** Plays the script; what is not as it says fails the test. */
export async function play(t: Test, place: Place): Promise<void> {
	const broker = await startBroker({
		users: ["ann", "bob"],
		config: { allowedOrigins: ["*"] },
	});
	t.teardown(() => broker.close());
	const network = await broker.addNetwork();
	const group = await startGroup();
	const seats = new Map<Who, Seat>();
	const windows = () => [...seats].filter(([who]) => who !== "bob").map(([, seat]) => seat);
	const at = (who: Who) => seats.get(who) as Seat;
	t.teardown(() => seats.get("bob")?.close());
	t.teardown(() => place.end());

	async function startGroup(): Promise<string> {
		const client = connect({ url: broker.url, token: await broker.token("bob") });
		const { id } = await client.create({ title: "Script", members: ["ann"] });
		await client.close();
		return id;
	}

	async function options(user: string, url: string): Promise<SeatOptions> {
		return { url, token: await broker.token(user), conversation: group };
	}

	async function has(seat: Seat, list: readonly string[], unread?: number): Promise<void> {
		await passes(
			async () => {
				const now = await seat.picture();
				assert.deepEqual(now.list, list);
				if (unread !== undefined) assert.equal(now.unread, unread);
			},
			{ withinMs: 15_000 },
		);
	}

	async function perform(step: Step): Promise<unknown> {
		switch (step.type) {
			case "says":
				return at(step.who).says(step.text);
			case "edits":
				return at(step.who).edits(step.text, step.to);
			case "reacts":
				return at(step.who).reacts(step.text, step.emoji);
			case "deletes":
				return at(step.who).deletes(step.text);
			case "sees":
				return at(step.who).sees();
			case "removes ann":
				return at("bob").removes("ann");
			case "ann has":
				return Promise.all(windows().map((seat) => has(seat, step.list, step.unread)));
			case "bob has":
				return has(at("bob"), step.list, step.unread);
			case "opens":
				return seats.set(step.window, await place.open(await options("ann", network.url)));
			case "killed":
				await place.kill(at(step.window));
				return seats.delete(step.window);
			case "all windows close":
				await Promise.all(windows().map((seat) => seat.close()));
				seats.delete("first");
				return seats.delete("second");
			case "the broker":
				return broker[step.does]();
			case "the network":
				return network[step.does]();
			case "the network delays":
				return network.delay(step.ms);
			default:
				return step satisfies never;
		}
	}

	seats.set("bob", takeSeat(connect, await options("bob", broker.url)));
	for (const [number, step] of script.entries()) {
		try {
			await perform(step);
		} catch (cause) {
			throw new Error(`step ${number + 1}, ${JSON.stringify(step)}`, { cause });
		}
	}
	const pictures = await Promise.all([...seats.values()].map((seat) => seat.picture()));
	for (const { faults } of pictures) t.strictSame(faults, []);
	t.strictSame((await at("bob").picture()).arrivals, arriving, "each once, in order");
	const stored = (await broker.history(group)).map(({ text }) => text);
	t.strictSame(stored, ["one, again", null, "three", ...arriving.slice(2)], "and so on the disk");
}
