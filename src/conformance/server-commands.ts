// Chapters 10 and 11: every command once, with what it brings to whoever said it and to the others,
// and the bounds of its fields.

import type { WriteCommand } from "../protocol/frames.js";
import { type Caller, editOf, sendOf } from "./caller.js";
import { check, type ServerCheck, words } from "./stage.js";

/** A command that is not lawful, by its code. */
function refused(
	clause: string,
	situation: string,
	code: string,
	command: WriteCommand,
): ServerCheck {
	return check(clause, situation, code, async (s) => {
		const { ann, group } = await s.pair();
		return ann.tried(group, command);
	});
}

const changes: readonly (readonly [string, string, (bob: Caller) => WriteCommand])[] = [
	["edit", "changed row", () => editOf(1)],
	["delete", "changed row", () => ({ type: "delete", seq: 1 })],
	["react", "changed reacted", () => ({ type: "react", seq: 1, emoji: "+" })],
	["react, taken back", "changed reacted", () => ({ type: "react", seq: 1, emoji: null })],
	["remove", "changed removed", (bob) => ({ type: "remove", users: [bob.me] })],
	["role", "changed role", (bob) => ({ type: "role", user: bob.me, role: "admin" })],
	[
		"describe",
		"changed described",
		() => ({ type: "describe", title: "T", picture: null, description: null }),
	],
];

/** What one member's command brings another one. */
const pushed: ServerCheck[] = changes.map(([name, expected, command]) =>
	check("10.3", `${name} by a member, as another one is told`, expected, async (s) => {
		const { ann, bob, group } = await s.pair();
		await ann.send(group);
		await ann.do(group, { type: "react", seq: 1, emoji: "-" });
		await bob.match((op) => op.type === "changed", "the first reaction");
		await ann.do(group, command(bob));
		return words(await bob.match((op) => op.type === "changed", "a change"));
	}),
);

const commands: readonly (readonly [string, WriteCommand, "message" | "zero"])[] = [
	["edit", editOf(1), "message"],
	["delete", { type: "delete", seq: 1 }, "message"],
	["hide", { type: "hide", seq: 1 }, "message"],
	["react", { type: "react", seq: 1, emoji: "+" }, "message"],
	["describe", { type: "describe", title: null, picture: "p", description: null }, "zero"],
	["link", { type: "link", on: true }, "zero"],
	["mute", { type: "mute", until: 2_000_000_000_000 }, "zero"],
];

const answers: ServerCheck[] = commands.map(([name, command, kind]) =>
	check(
		"10.1",
		`seq in the answer to ${name}`,
		kind === "zero" ? "0" : "the message's",
		async (s) => {
			const ann = await s.one();
			const group = await s.group(ann);
			await ann.send(group);
			const { seq } = await ann.do(group, command);
			return seq === 1 ? "the message's" : String(seq);
		},
	),
);

const long = (bytes: number) => "x".repeat(bytes);
const media = {
	hash: new Uint8Array(32),
	size: 1,
	contentType: "a/b",
	name: "n",
	ticket: new Uint8Array(1),
};

export const commandChecks = [
	check("10.1", "seq in the answer to a send", "1, then 2", async (s) => {
		const ann = await s.one();
		const group = await s.group(ann);
		return `${(await ann.send(group)).seq}, then ${(await ann.send(group)).seq}`;
	}),
	check(
		"10.1",
		"link on, join by it, link off, join by it",
		"a text; ok; LINK_INVALID",
		async (s) => {
			const [ann, bob, cy] = (await s.several(3)) as [Caller, Caller, Caller];
			const group = await s.group(ann);
			const { text } = await ann.do(group, { type: "link", on: true });
			const join = { type: "join", link: text ?? "" } as const;
			const first = await bob.tried(group, join);
			await ann.do(group, { type: "link", on: false });
			return `${text === null ? "no text" : "a text"}; ${first}; ${await cy.tried(group, join)}`;
		},
	),
	check("10.1", "all fields of a send, as a reader gets them", "all of them", async (s) => {
		const { ann, bob, group } = await s.pair();
		await ann.send(group);
		const more = {
			replyTo: 1,
			mentions: [bob.me],
			ttlMs: 3_600_000,
			clientTime: 1_700_000_000_000,
		};
		const { at } = await ann.do(group, sendOf("full", more));
		const op = await bob.match(
			(one) => one.type === "message" && one.message.seq === 2,
			"the message",
		);
		if (op.type !== "message") return op.type;
		const { body, expiresAt, clientTime, sender } = op.message;
		const sound =
			body?.replyTo === 1 &&
			body.mentions.join() === bob.me &&
			sender === ann.me &&
			expiresAt === at + 3_600_000 &&
			clientTime === 1_700_000_000_000;
		return sound ? "all of them" : JSON.stringify(op.message);
	}),
	check("10.2", "an entry of the list, all its fields", "each as it was made", async (s) => {
		const { ann, bob, group } = await s.pair();
		await ann.do(group, { type: "describe", title: "T", picture: "P", description: null });
		await ann.do(group, { type: "mute", until: 2_000_000_000_000 });
		const { seq, position } = await bob.send(group, "last");
		const { entries } = await ann.result({ type: "list", cursor: null, limit: 200 });
		const entry = entries.find(({ conversation }) => conversation === group);
		if (entry === undefined) return "no entry";
		const { kind, title, picture, role, mutedUntil, head, unread, last } = entry;
		const words = `${kind} ${title} ${picture} ${role} ${mutedUntil} ${unread}`;
		const sound =
			words === "group T P owner 2000000000000 1" &&
			head === seq &&
			entry.position === position &&
			last?.seq === seq &&
			last.sender === bob.me;
		return sound ? "each as it was made" : JSON.stringify(entry);
	}),
	check("10.1", "content over limits.contentBytes", "MESSAGE_TOO_LARGE", async (s) => {
		const ann = await s.one();
		const group = await s.group(ann);
		return ann.tried(group, sendOf(long(ann.welcome.limits.contentBytes + 1)));
	}),
	refused(
		"10.1",
		"65 mentions",
		"BAD_REQUEST",
		sendOf("hi", { mentions: Array.from({ length: 65 }, (_, i) => `m${i}`) }),
	),
	refused(
		"10.1",
		"17 media",
		"BAD_REQUEST",
		sendOf("hi", { media: Array.from({ length: 17 }, () => media) }),
	),
	refused(
		"10.1",
		"a content type of 129 bytes",
		"BAD_REQUEST",
		sendOf("hi", { contentType: long(129) }),
	),
	refused("10.1", "an id of 17 bytes", "BAD_REQUEST", sendOf("hi", { id: new Uint8Array(17) })),
	refused("10.1", "a title of 201 bytes", "BAD_REQUEST", {
		type: "describe",
		title: long(201),
		picture: null,
		description: null,
	}),
	refused("10.1", "a description of 2,001 bytes", "BAD_REQUEST", {
		type: "describe",
		title: null,
		picture: null,
		description: long(2_001),
	}),
	refused("10.1", "an emoji of 65 bytes", "BAD_REQUEST", {
		type: "react",
		seq: 1,
		emoji: long(65),
	}),
	...answers,
	...pushed,
	check("10.3", "created, as it is pulled", "created group, once", async (s) => {
		const ann = await s.one();
		const group = await s.group(ann);
		const made = (await ann.pull(group)).flatMap((item) =>
			item.type === "change" && item.change.type === "created" ? [item.change] : [],
		);
		const [one] = made;
		const once = made.length === 1 && one?.title === "group";
		return `created ${one?.kind}, ${once ? "once" : made.length}`;
	}),
	check("10.3", "a link made, as the owner's other device is told", "changed link", async (s) => {
		const ann = await s.one();
		const other = await s.device(ann.identity.person);
		const group = await s.group(ann);
		await other.next("changed");
		await ann.do(group, { type: "link", on: true });
		return words(await other.next("changed"));
	}),
	check("10.3", "add by an owner, as members are told", "added, by the owner", async (s) => {
		const { ann, bob, group } = await s.pair();
		const cy = await s.one();
		await ann.do(group, { type: "add", users: [cy.me] });
		const { change } = await bob.next("changed");
		return change.type === "added" && change.by === ann.me && change.users.join() === cy.me
			? "added, by the owner"
			: JSON.stringify(change);
	}),
	check(
		"10.4",
		"items of a pull after a send, a change and a receipt",
		"messages, changes and status",
		async (s) => {
			const { ann, bob, group } = await s.pair();
			await ann.send(group);
			await ann.do(group, { type: "describe", title: "T", picture: null, description: null });
			bob.say({ type: "delivered", conversation: group, seq: 1 });
			await ann.next("status");
			const kinds = new Set((await ann.pull(group)).map(({ type }) => type));
			return kinds.size === 3 ? "messages, changes and status" : [...kinds].join();
		},
	),
	check(
		"11.2",
		"info of a group for its owner and for a member",
		"all of it; the link for the owner only",
		async (s) => {
			const { ann, bob, group } = await s.pair();
			await ann.do(group, { type: "describe", title: "T", picture: "P", description: "D" });
			const { text } = await ann.do(group, { type: "link", on: true });
			const ask = { type: "info", conversation: group, cursor: null, limit: 10 } as const;
			const [mine, theirs] = [await ann.result(ask), await bob.result(ask)];
			const { title, picture, description, members, createdBy, page } = mine;
			const roles = page
				.map(({ user, role }) => `${user} ${role}`)
				.sort()
				.join();
			const lawful = [`${ann.me} owner`, `${bob.me} member`].sort().join();
			const sound =
				`${title}${picture}${description}${members}` === "TPD2" &&
				createdBy === ann.me &&
				roles === lawful;
			const links = mine.link === text && theirs.link === null;
			const told = sound ? "all of it" : JSON.stringify(mine);
			return `${told}; the link for ${links ? "the owner only" : "others"}`;
		},
	),
	check("11.2", "members of a group of three, one a page", "three, each once", async (s) => {
		const all = await s.several(3);
		const [ann, bob, cy] = all as [Caller, Caller, Caller];
		const group = await s.group(ann, [bob, cy]);
		const found: string[] = [];
		for (let cursor: string | null = null, pages = 0; pages < 10; pages++) {
			const info: { page: readonly { user: string }[]; cursor: string | null } = await ann.result({
				type: "info",
				conversation: group,
				cursor,
				limit: 1,
			});
			found.push(...info.page.map(({ user }) => user));
			cursor = info.cursor;
			if (cursor === null) break;
		}
		return found.sort().join() ===
			all
				.map(({ me }) => me)
				.sort()
				.join()
			? "three, each once"
			: found.join();
	}),
];
