// Chapter 8: who is there, who may know, and typing.

import type { PresenceState } from "../protocol/frames.js";
import type { Caller } from "./caller.js";
import { check, type ServerStage } from "./stage.js";

/** What is told of this user, the next time something is; `?` for last seen that is told. */
async function presence(caller: Caller, user: string, wants?: PresenceState): Promise<string> {
	let said = "";
	await caller.match(
		(op) => {
			if (op.type !== "presence") return false;
			const found = op.users.find((one) => one.user === user);
			if (found === undefined || (wants !== undefined && found.state !== wants)) return false;
			const { state, lastSeen } = found;
			said = `${state}${lastSeen === null ? ", last seen nil" : ""}`;
			return true;
		},
		`presence ${wants ?? ""}`,
	);
	return said;
}

async function pair(stage: ServerStage) {
	const [ann, bob] = (await stage.several(2)) as [Caller, Caller];
	return { ann, bob };
}

const made = { madeUsers: true };

export const presenceChecks = [
	check("8.1", "any operation is a pulse, pulse itself is not answered", "nothing", async (s) => {
		const { ann } = await pair(s);
		ann.say({ type: "pulse", active: true });
		return (await ann.quiet()).length === 0 ? "nothing" : "something";
	}),
	check(
		"8.2",
		"watched: connected, idle, active again",
		"online, away, online",
		async (s) => {
			const { ann, bob } = await pair(s);
			ann.say({ type: "watch", users: [bob.me] });
			const told = [await presence(ann, bob.me, "online")];
			bob.say({ type: "pulse", active: false });
			told.push(await presence(ann, bob.me, "away"));
			bob.say({ type: "pulse", active: true });
			told.push(await presence(ann, bob.me, "online"));
			return told.join(", ");
		},
		made,
	),
	check(
		"8.2",
		"watched: gone",
		"offline, with last seen",
		async (s) => {
			const { ann, bob } = await pair(s);
			ann.say({ type: "watch", users: [bob.me] });
			await presence(ann, bob.me, "online");
			bob.socket.close(1000);
			await ann.wait(3_000);
			const got = await presence(ann, bob.me, "offline");
			return got === "offline" ? "offline, with last seen" : got;
		},
		made,
	),
	check(
		"8.2",
		"watched: silent for 70 s",
		"away",
		async (s) => {
			const { ann, bob } = await pair(s);
			ann.say({ type: "watch", users: [bob.me] });
			await presence(ann, bob.me, "online");
			await ann.wait(72_000);
			return presence(ann, bob.me, "away");
		},
		{ madeUsers: true, waitsS: 73 },
	),
	check("8.3", "watch a user who was never here", "offline", async (s) => {
		const { ann } = await pair(s);
		const nobody = `nobody-${ann.identity.device}`;
		ann.say({ type: "watch", users: [nobody] });
		return (await presence(ann, nobody)).split(",")[0] as string;
	}),
	check(
		"8.3",
		"unwatched",
		"no more is told",
		async (s) => {
			const { ann, bob } = await pair(s);
			ann.say({ type: "watch", users: [bob.me] });
			await presence(ann, bob.me, "online");
			ann.say({ type: "unwatch", users: [bob.me] });
			await ann.quiet();
			bob.say({ type: "pulse", active: false });
			const told = (await ann.quiet(1_500)).filter(({ type }) => type === "presence").length;
			return told === 0 ? "no more is told" : `told ${told} times`;
		},
		made,
	),
	check("8.3", "a thousand watched, and one more", "error nil BAD_REQUEST", async (s) => {
		const { ann } = await pair(s);
		const users = Array.from({ length: 1_000 }, (_, i) => `w${i}-${ann.identity.device}`);
		ann.say({ type: "watch", users });
		ann.say({ type: "watch", users: [`more-${ann.identity.device}`] });
		const { request, code } = await ann.next("error");
		return `error ${request ?? "nil"} ${code}`;
	}),
	check(
		"8.4",
		"who hides from everybody",
		"offline, last seen nil",
		async (s) => {
			const { ann, bob } = await pair(s);
			await bob.do(null, { type: "privacy", presence: "nobody" });
			ann.say({ type: "watch", users: [bob.me] });
			return presence(ann, bob.me);
		},
		made,
	),
	check(
		"8.4",
		"who hides sees nobody",
		"offline, last seen nil",
		async (s) => {
			const { ann, bob } = await pair(s);
			await ann.do(null, { type: "privacy", presence: "nobody" });
			ann.say({ type: "watch", users: [bob.me] });
			return presence(ann, bob.me);
		},
		made,
	),
	check(
		"8.4",
		"for contacts only: a stranger, then a direct conversation",
		"offline, last seen nil; online",
		async (s) => {
			const { ann, bob } = await pair(s);
			await bob.do(null, { type: "privacy", presence: "contacts" });
			ann.say({ type: "watch", users: [bob.me] });
			const stranger = await presence(ann, bob.me);
			await ann.open(bob.me);
			return `${stranger}; ${await presence(ann, bob.me, "online")}`;
		},
		made,
	),
	check(
		"8.4",
		"a block",
		"hides both from each other",
		async (s) => {
			const { ann, bob } = await pair(s);
			const direct = await ann.open(bob.me);
			await bob.do(direct, { type: "block" });
			ann.say({ type: "watch", users: [bob.me] });
			bob.say({ type: "watch", users: [ann.me] });
			const told = [await presence(ann, bob.me), await presence(bob, ann.me)];
			const hidden = told.every((one) => one === "offline, last seen nil");
			return hidden ? "hides both from each other" : told.join("; ");
		},
		made,
	),
	check("9.7", "typing in a group", "typed on, typed off", async (s) => {
		const { ann, bob } = await pair(s);
		const group = await s.group(ann, [bob]);
		await bob.next("changed");
		const told: string[] = [];
		for (const on of [true, false]) {
			ann.say({ type: "typing", conversation: group, on });
			const typed = await bob.next("typed");
			if (typed.user === ann.me && typed.conversation === group)
				told.push(`typed ${typed.on ? "on" : "off"}`);
		}
		return told.join(", ");
	}),
	check(
		"9.7",
		"typing in a channel, by a stranger, past a block",
		"dropped, dropped, dropped",
		async (s) => {
			const [ann, bob, cy] = (await s.several(3)) as [Caller, Caller, Caller];
			const channel = await s.group(ann, [bob], "channel");
			const group = await s.group(ann, [bob]);
			const direct = await ann.open(bob.me);
			await bob.do(direct, { type: "block" });
			await bob.quiet();
			const dropped: string[] = [];
			for (const [who, conversation] of [
				[ann, channel],
				[cy, group],
				[ann, direct],
			] as const) {
				who.say({ type: "typing", conversation, on: true });
				const heard = [...(await who.quiet()), ...(await bob.quiet())];
				dropped.push(
					heard.some(({ type }) => type === "typed" || type === "error") ? "told" : "dropped",
				);
			}
			return dropped.join(", ");
		},
		made,
	),
];
