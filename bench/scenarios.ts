// Every scenario: what it shows, its parameters at three sizes, and where it is. A module is loaded
// when it is run, so that one that is broken does not stop the others.

import type { Flags } from "./flags.js";
import type { Figures } from "./table.js";

export const sizes = ["small", "medium", "large"] as const;
export type Size = (typeof sizes)[number];

export interface Scenario {
	readonly about: string;
	/** Defaults of flags; without `--size` a scenario has its own. */
	readonly sizes: Readonly<Record<Size, Readonly<Record<string, number>>>>;
	readonly run: (flags: Flags) => Promise<readonly Figures[]>;
	/** Part of a run that names no scenario: needs no input and ends within half a minute. */
	readonly quickly: boolean;
}

type Sizes = readonly [small: number, medium: number, large: number];

/** One flag that grows, beside others that stay. */
function by(flag: string, [small, medium, large]: Sizes, same: Record<string, number> = {}) {
	return {
		small: { [flag]: small, ...same },
		medium: { [flag]: medium, ...same },
		large: { [flag]: large, ...same },
	};
}

export const scenarios: Readonly<Record<string, Scenario>> = {
	codec: {
		about: "bytes of the protocol: ns for one operation in or out, by size of the text",
		sizes: by("bytes", [20, 100, 2_000]),
		run: async (flags) => parts("codec", await (await import("./codec.js")).codec(flags)),
		quickly: true,
	},
	domain: {
		about: "the rules alone: ns for a send and a receipt, by members",
		sizes: by("members", [2, 32, 1_000]),
		run: async (flags) => (await import("./domain.js")).domain(flags),
		quickly: true,
	},
	journal: {
		about: "group commits of several sizes, synced or not, by size of the text",
		sizes: by("bytes", [20, 100, 2_000]),
		run: async (flags) => (await import("./journal.js")).journal(flags),
		quickly: true,
	},
	actors: {
		about: "the actor runtime: messages, an idle actor, crash loops, by number of actors",
		sizes: by("actors", [1_000, 100_000, 1_000_000]),
		run: async (flags) => parts("actors", await (await import("./actors.js")).actors(flags)),
		quickly: true,
	},
	cycle: {
		about: "out, durable, `sent`, delivered, `delivered` back: rate and server CPU, by pairs",
		sizes: by("pairs", [10, 100, 1_000], { window: 16 }),
		run: async (flags) => (await import("./cycle.js")).cycle(flags),
		quickly: true,
	},
	latency: {
		about: "the same at an offered rate: sent, received, delivered and seen apart",
		sizes: by("rate", [500, 2_000, 8_000]),
		run: async (flags) => (await import("./cycle.js")).latency(flags),
		quickly: true,
	},
	idle: {
		about: "memory and CPU of users that are silent, then of users that pulse",
		sizes: by("users", [1_000, 4_000, 12_000]),
		run: async (flags) => (await import("./idle.js")).idle(flags),
		quickly: true,
	},
	storm: {
		about: "everybody back at once: after a cut, and after the server was killed",
		sizes: by("users", [200, 1_000, 5_000]),
		run: async (flags) => (await import("./storm.js")).storm(flags),
		quickly: true,
	},
	group: {
		about: "fan-out: one member writes, all have it, by members",
		sizes: by("members", [10, 100, 1_000]),
		run: async (flags) => (await import("./group.js")).group(flags),
		quickly: true,
	},
	hot: {
		about: "one conversation in which many write at once, by senders",
		sizes: by("senders", [5, 50, 200]),
		run: async (flags) => (await import("./group.js")).hot(flags),
		quickly: true,
	},
	activation: {
		about: "first answer of a cold conversation, by length of its history",
		sizes: by("messages", [1_000, 10_000, 100_000]),
		run: async (flags) => (await import("./activation.js")).activation(flags),
		quickly: true,
	},
	recovery: {
		about: "start of the server, after an orderly end and after a kill, by conversations",
		sizes: by("conversations", [100, 1_000, 10_000], { messages: 20 }),
		run: async (flags) => (await import("./recovery.js")).recovery(flags),
		quickly: true,
	},
	disk: {
		about: "bytes written and kept for each byte of text, by messages",
		sizes: by("messages", [10_000, 100_000, 500_000]),
		run: async (flags) => (await import("./disk.js")).disk(flags),
		quickly: true,
	},
	replay: {
		about: "hours of real talk, with devices that drop and a server that is killed",
		sizes: by("limit", [1_000, 10_000, 100_000]),
		run: async (flags) => (await import("./replay.js")).replay(flags),
		quickly: false,
	},
	media: {
		about: "downloads beside nginx, uploads beside a plain stream, memory, chat beside uploads",
		sizes: by("media-transfers", [8, 64, 256]),
		run: async (flags) => (await import("./media.js")).media(flags),
		quickly: false,
	},
	sdk: {
		about: "what the SDK costs above the session layer (in a checkout only)",
		sizes: by("sdk-conversations", [100, 1_000, 10_000]),
		run: async (flags) => (await import("./sdk.js").catch(inCheckoutOnly)).sdk(flags),
		quickly: false,
	},
};

/** It needs a browser and a bundler, which a package does not bring. */
function inCheckoutOnly(cause: NodeJS.ErrnoException): never {
	throw cause.code === "ERR_MODULE_NOT_FOUND" ? new Error("it runs in a checkout only") : cause;
}

/** Rows of a scenario that measures several things carry its name in front. */
function parts(scenario: string, rows: readonly object[]): Figures[] {
	return rows.map((row) => {
		const { name = "", ...figures } = row as { name?: string };
		return { parameters: {}, ...figures, name: `${scenario}: ${name}` };
	});
}
