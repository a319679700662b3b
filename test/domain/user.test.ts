// A user: devices with their generations (S7), what a new device gets (Y3), when a mark may be
// dropped (Y2), tokens, profile.

import assert from "node:assert/strict";
import type { LevelEffect } from "../../src/domain/effect.js";
import type { UserEvent } from "../../src/domain/event.js";
import { forgotten, greet, type UserCommand } from "../../src/domain/user.js";
import { givenUser, spec, type UserStage, userCaps } from "../helpers/given.js";
import { now, write } from "./words.js";

const base = { at: now, by: "ann" };
const registered: UserEvent = { ...base, type: "registered" };

function current(device: string, generation = 1, at = now): UserEvent {
	return { ...base, at, type: "device-current", device, generation, outbox: `o${generation}` };
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

function hold(
	device: string,
	marks: Readonly<Record<string, number>>,
	generation = 1,
): UserCommand {
	return { type: "held", at: now, device, generation, held: list(marks) };
}

function ready(device: string, generation: number, at = now): UserCommand {
	return { type: "ready", at, device, generation, outbox: `o${generation}` };
}

function hello(stage: UserStage, device: string, generation: number, at = now): string {
	const greeting = greet(stage.state, { at, device, generation, issuedAt: at }, userCaps);
	return greeting.ok
		? `${greeting.generation} ${greeting.fresh ? "fresh" : "known"}`
		: greeting.code;
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
	assert.equal(hello(stage, "c", 0, now + 1001), "1 fresh");
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
	const asked = { at: now, device: "a", generation: 1 };
	const old = greet(stage.state, { ...asked, issuedAt: now - 1 }, userCaps);
	assert.equal(old.ok ? "" : old.code, "AUTH_REVOKED");
	assert.equal(greet(stage.state, { ...asked, issuedAt: now }, userCaps).ok, true);
});

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
