// A user: devices with their generations (S7), what a new device gets (Y3), when a mark may be
// dropped (Y2), tokens, profile.

import assert from "node:assert/strict";
import type { LevelEffect } from "../../src/domain/effect.js";
import type { UserEvent } from "../../src/domain/event.js";
import {
	forgotten,
	generationStep,
	greet,
	revokedDevicesMax,
	type UserCommand,
} from "../../src/domain/user.js";
import { givenUser, spec, type UserStage, userCaps } from "../helpers/given.js";
import { now, write } from "./words.js";

const base = { at: now, by: "ann" };
const registered: UserEvent = { ...base, type: "registered" };

/** The generations of a device, by their count. */
function current(device: string, count = 1, at = now): UserEvent {
	const generation = count * generationStep;
	return { ...base, at, type: "device-current", device, generation, outbox: `o${count}` };
}

function listed(device: string): UserEvent {
	return { ...base, type: "device-listed", device };
}

function held(device: string, marks: Readonly<Record<string, number>>): UserEvent {
	return { ...base, type: "device-held", device, held: list(marks) };
}

function list(marks: Readonly<Record<string, number>>) {
	return Object.entries(marks).map(([conversation, position]) => ({ conversation, position }));
}

function dropped(device: string, reason: "unseen" | "logout" = "unseen"): UserEvent {
	return { ...base, type: "device-dropped", device, reason };
}

function hold(device: string, marks: Readonly<Record<string, number>>, count = 1): UserCommand {
	const generation = count * generationStep;
	return { type: "held", at: now, device, generation, held: list(marks) };
}

function ready(device: string, count: number, after = count - 1): UserCommand {
	const names = { current: after * generationStep, generation: count * generationStep };
	return { type: "ready", at: now, device, ...names, outbox: `o${count}`, issuedAt: now };
}

interface Said {
	readonly at?: number;
	readonly accepted?: number;
	readonly outbox?: string;
	readonly random?: number;
	readonly issuedAt?: number;
}

function greeted(stage: UserStage, device: string, offered: number, said: Said = {}) {
	const { at = now, accepted = offered, outbox = "o", random = 0, issuedAt = at } = said;
	const names = { accepted: accepted * generationStep, offered: offered * generationStep };
	return greet(stage.state, { at, device, outbox, issuedAt, random, ...names }, userCaps);
}

/** The count that is offered and whether the device is new, or why there is none. */
function hello(stage: UserStage, device: string, offered: number, said: Said = {}): string {
	const greeting = greeted(stage, device, offered, said);
	if (!greeting.ok) return greeting.code;
	return `${greeting.generation / generationStep} ${greeting.fresh ? "fresh" : "known"}`;
}

function level(conversation: string, position: number): LevelEffect {
	return { type: "level", conversation, user: "ann", position };
}

const two = [registered, current("a"), listed("a"), current("b"), listed("b")] as const;

spec("user · provisioned · exists, once", () =>
	givenUser()
		.when({ type: "provision", at: now })
		.then(registered)
		.thenRows({ type: "user", user: "ann", row: { createdAt: now, presence: "everyone" } })
		.when({ type: "provision", at: now })
		.thenNothing(),
);

spec("S7 · a new device · is offered generation 1 and gets the list", () =>
	assert.equal(hello(givenUser(registered), "a", 0), "1 fresh"),
);

spec("S7 · a known device · is offered the next generation, current with its first use", () => {
	const stage = givenUser(registered, current("a"), listed("a"));
	assert.equal(hello(stage, "a", 1), "2 known");
	assert.equal(hello(stage, "a", 1), "2 known");
	stage.when(ready("a", 2)).then(current("a", 2));
	assert.equal(hello(stage, "a", 1), "DEVICE_FORKED");
	assert.equal(hello(stage, "a", 2), "3 known");
});

spec("S7 · a device stored the offer and crashed before its first use · goes on", () => {
	const stage = givenUser(registered, current("a", 1));
	assert.equal(hello(stage, "a", 2), "3 fresh");
});

spec("S7 · two copies of one storage · the second to use the offer is forked", () =>
	givenUser(registered, current("a", 1))
		.when(ready("a", 2))
		.thenAccepted()
		.when(ready("a", 2))
		.thenRejected("DEVICE_FORKED"),
);

spec("S7 · copies side by side · never have the same name for what they are offered", () => {
	const stage = givenUser(registered, current("a", 1));
	const [one, two] = [7, 8].map((random) => greeted(stage, "a", 1, { random }));
	assert.ok(one?.ok && two?.ok);
	assert.notEqual(one.generation, two.generation);
	const { current: after, generation } = one;
	stage
		.when({
			type: "ready",
			at: now,
			device: "a",
			current: after,
			generation,
			outbox: "o",
			issuedAt: now,
		})
		.thenAccepted();
	const names = { accepted: after, offered: two.generation };
	const said = { at: now, device: "a", outbox: "o", issuedAt: now, random: 0, ...names };
	assert.equal(greet(stage.state, said, userCaps).ok, false, "the other one is the copy");
	assert.equal(greet(stage.state, { ...said, offered: generation }, userCaps).ok, true);
});

spec("S7 · an offer that was never used · leaves the accepted one good", () => {
	const stage = givenUser(registered, current("a", 4));
	assert.equal(hello(stage, "a", 5, { accepted: 4 }), "6 fresh");
	assert.equal(hello(stage, "a", 5, { accepted: 3 }), "DEVICE_FORKED");
});

spec("S7 · the server's own storage is the older one · the device goes on", () =>
	assert.equal(hello(givenUser(registered, current("a", 2)), "a", 6, { accepted: 5 }), "7 fresh"),
);

spec("S7 · a count without an end · is refused before it stops being exact", () =>
	assert.equal(
		hello(givenUser(registered, current("a", 1)), "a", 2 ** 29 - 1, { accepted: 1 }),
		"DEVICE_FORKED",
	),
);

spec("S7 · a dropped device whose outbox another one has · keeps the outbox", () =>
	assert.equal(hello(givenUser(...two), "c", 3, { outbox: "o1" }), "DEVICE_FORKED"),
);

spec("a device that was dropped · says hello · starts again from the list", () =>
	assert.equal(
		hello(givenUser(registered, current("a"), current("a", 2), dropped("a")), "a", 2),
		"DEVICE_FORGOTTEN",
	),
);

spec("one device too many · says hello · is refused, at the door and at its first use", () => {
	const stage = givenUser(...two);
	assert.equal(hello(stage, "c", 0), "DEVICE_LIMIT");
	stage.when(ready("c", 1)).thenRejected("DEVICE_LIMIT");
});

spec("a device unseen for too long · makes room for another", () => {
	const stage = givenUser(...two, current("b", 2, now + 900));
	assert.equal(hello(stage, "c", 0, { at: now + 1001 }), "1 fresh");
	assert.deepEqual(forgotten(stage.state, now + 1001, userCaps), ["a"]);
	assert.deepEqual(forgotten(stage.state, now + 1000, userCaps), []);
});

spec("Y3 · a device · is new until it has stored the list", () => {
	const stage = givenUser(registered, current("a"));
	stage.when({ type: "listed", at: now, device: "a" }).then(listed("a"));
	assert.equal(hello(stage, "a", 1), "2 known");
	stage.when({ type: "listed", at: now, device: "a" }).thenNothing();
});

spec("Y3 · new still at its next generation · stays new", () =>
	assert.equal(hello(givenUser(registered, current("a"), current("a", 2)), "a", 2), "3 fresh"),
);

spec("Y2 · the only device held the position · the conversation is told", () =>
	givenUser(registered, current("a"), listed("a"))
		.when(hold("a", { x: 7 }))
		.then(held("a", { x: 7 }))
		.thenEffects(level("x", 7)),
);

spec("Y2 · one of two devices held it · nobody is told until the other does", () =>
	givenUser(...two)
		.when(hold("a", { x: 7, y: 3 }))
		.thenEffects()
		.when(hold("b", { x: 5 }))
		.thenEffects(level("x", 5)),
);

spec("Y2 · one device is new · what the others hold is not enough", () =>
	givenUser(registered, current("a"), listed("a"), current("b"))
		.when(hold("a", { x: 7 }))
		.thenEffects(),
);

spec("Y2 · a new generation · what the former one held proves nothing", () =>
	givenUser(...two, held("a", { x: 7 }), current("a", 2))
		.when(hold("b", { x: 7 }))
		.thenEffects()
		.when(hold("a", { x: 7 }, 2))
		.thenEffects(level("x", 7)),
);

spec("Y2 · a late word of an older generation · counts for nothing", () =>
	givenUser(registered, current("a", 2), listed("a"))
		.when(hold("a", { x: 7 }, 1))
		.thenNothing(),
);

spec("Y2 · the device that lagged is dropped · what the rest holds is told", () =>
	givenUser(...two, held("a", { x: 7, y: 9 }))
		.when({ type: "drop", at: now, device: "b", reason: "unseen" })
		.then(dropped("b"))
		.thenEffects(level("x", 7), level("y", 9)),
);

spec("Y2 · the device that lagged is revoked · its sessions end, the rest is told", () =>
	givenUser(...two, held("a", { x: 7 }))
		.when({ type: "revoke", at: now, device: "b" })
		.thenEffects({ type: "end", user: "ann", device: "b", code: "AUTH_REVOKED" }, level("x", 7)),
);

spec("Y2 · the last device logs out · nobody holds anything", () =>
	givenUser(registered, current("a"), listed("a"), held("a", { x: 7 }))
		.when({ type: "drop", at: now, device: "a", reason: "logout" })
		.thenEffects({ type: "end", user: "ann", device: "a", code: "AUTH_REVOKED" }),
);

spec("what a device held · is bounded, and may still be said anew", () =>
	givenUser(registered, current("a"), listed("a"))
		.when(hold("a", { x: 1, y: 1, z: 1, more: 1 }))
		.then(held("a", { x: 1, y: 1, z: 1 }))
		.when(hold("a", { more: 1, x: 2 }))
		.then(held("a", { x: 2 }))
		.thenEffects(level("x", 2)),
);

spec("device unknown · holds or lists · nothing", () =>
	givenUser(registered)
		.when(hold("a", { x: 1 }))
		.thenNothing()
		.when({ type: "listed", at: now, device: "a" })
		.thenNothing()
		.when({ type: "drop", at: now, device: "a", reason: "logout" })
		.thenNothing(),
);

spec("user revoked · all sessions end, older tokens are void", () => {
	const stage = givenUser(registered, current("a"));
	stage
		.when({ type: "revoke", at: now, device: null })
		.thenEffects({ type: "end", user: "ann", device: null, code: "AUTH_REVOKED" });
	assert.equal(hello(stage, "a", 1, { issuedAt: now - 1 }), "AUTH_REVOKED");
	assert.equal(hello(stage, "a", 1, { issuedAt: now }), "2 fresh");
});

function revokedDevice(device: string, at: number): UserEvent {
	return { ...base, at, type: "revoked", before: at, device };
}

spec("device revoked · its older tokens are void, other devices' are not", () => {
	const stage = givenUser(registered, current("a"), current("b"), revokedDevice("a", now));
	assert.equal(hello(stage, "a", 0, { issuedAt: now - 1 }), "AUTH_REVOKED");
	assert.equal(hello(stage, "b", 1, { issuedAt: now - 1 }), "2 fresh");
	assert.equal(hello(stage, "a", 0, { issuedAt: now }), "1 fresh");
	stage
		.when({ ...(ready("a", 1) as UserCommand & { type: "ready" }), issuedAt: now - 1 })
		.thenRejected("AUTH_REVOKED");
});

spec("more devices revoked than are kept apart · the oldest is held against all", () => {
	const many = Array.from({ length: revokedDevicesMax + 1 }, (_, i) => `d${i}`);
	const stage = givenUser(registered, ...many.map((device, i) => revokedDevice(device, now + i)));
	assert.equal(stage.state.revokedDevices.size, revokedDevicesMax);
	assert.equal(hello(stage, "d0", 0, { issuedAt: now - 1 }), "AUTH_REVOKED");
	assert.equal(hello(stage, "other", 0, { issuedAt: now - 1 }), "AUTH_REVOKED");
	assert.equal(hello(stage, "other", 0, { issuedAt: now }), "1 fresh");
	assert.equal(hello(stage, "d9", 0, { issuedAt: now + 8 }), "AUTH_REVOKED");
	stage.when({ type: "revoke", at: now + 99, device: null });
	assert.equal(stage.state.revokedDevices.size, 0);
	assert.equal(hello(stage, "d9", 0, { issuedAt: now + 98 }), "AUTH_REVOKED");
});

spec("a device that stays connected · is seen, in its own generation only", () =>
	givenUser(registered, current("a", 2))
		.when({ type: "seen", at: now + 5, device: "a", generation: generationStep })
		.thenNothing()
		.when({ type: "seen", at: now + 5, device: "a", generation: 2 * generationStep })
		.then({ ...base, at: now + 5, type: "device-seen", device: "a" })
		.thenState((user) => user.devices.get("a")?.seenAt, now + 5)
		.when({ type: "seen", at: now + 5, device: "a", generation: 2 * generationStep })
		.thenNothing()
		.when({ type: "seen", at: now + 5, device: "gone", generation: 2 * generationStep })
		.thenNothing(),
);

spec("profile and privacy · are public facts, kept with their answer", () =>
	givenUser(registered)
		.when({ type: "profile", at: now, write: write("ann", 1), name: "Ann", picture: "p" })
		.thenRows({ type: "user", row: { name: "Ann", picture: "p", presence: "everyone" } })
		.thenEffects()
		.when({ type: "privacy", at: now, write: write("ann", 2, 0), presence: "nobody" })
		.thenRows({ type: "user", row: { name: "Ann", presence: "nobody", createdAt: now } })
		.thenState(
			(user) => [...user.outboxes.values()].flat().flatMap((box) => box.kept.map((kept) => kept.n)),
			[1, 2],
		),
);
