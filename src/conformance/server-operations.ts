// Chapters 9, 10 and 11: every request and every command once, with what it brings to whoever said
// it and to the others; bounds of fields and pages.

import type { WriteCommand } from "../protocol/frames.js";
import { type Caller, editOf, randomHex, sendOf } from "./caller.js";
import { check, type ServerCheck, type ServerStage, words } from "./stage.js";

async function ready(stage: ServerStage): Promise<Caller> {
	return stage.device(await stage.person());
}

async function pair(stage: ServerStage) {
	const [ann, bob] = (await stage.several(2)) as [Caller, Caller];
	const group = await stage.group(ann, [bob]);
	await bob.next("changed");
	return { ann, bob, group };
}

/** A command that is not lawful, by its code. */
function refused(
	clause: string,
	situation: string,
	code: string,
	command: WriteCommand,
): ServerCheck {
	return check(clause, situation, code, async (s) => {
		const { ann, group } = await pair(s);
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
		const { ann, bob, group } = await pair(s);
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
			const ann = await ready(s);
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

export const operationChecks = [
	check("9.1", "a token of 8,193 bytes in refresh", "BAD_REQUEST", async (s) =>
		(await ready(s)).asked({ type: "refresh", token: long(8_193) }),
	),
	check("9.1", "1,001 users in profiles", "BAD_REQUEST", async (s) => {
		const users = Array.from({ length: 1_001 }, (_, i) => `u${i}`);
		return (await ready(s)).asked({ type: "profiles", users });
	}),
	check("9.1", "1,000 conversations in held", "nothing", async (s) => {
		const ann = await ready(s);
		const held = Array.from({ length: 1_000 }, (_, i) => ({ conversation: `h${i}`, position: 1 }));
		ann.say({ type: "held", held });
		return words(...(await ann.quiet()));
	}),
	check("9.1", "1,001 conversations in held", "error nil BAD_REQUEST", async (s) => {
		const ann = await ready(s);
		const held = Array.from({ length: 1_001 }, (_, i) => ({ conversation: `h${i}`, position: 1 }));
		ann.say({ type: "held", held });
		return words(await ann.next("error"));
	}),
	check(
		"9.2",
		"ping, profiles, list, open, refresh, info, history, pull, receipts, logout",
		"one result of each kind",
		async (s) => {
			const ann = await ready(s);
			const group = await s.group(ann);
			await ann.send(group);
			const { token } = ann.identity.person;
			const all = [
				await ann.ask({ type: "ping" }),
				await ann.ask({ type: "profiles", users: [ann.me] }),
				await ann.ask({ type: "list", cursor: null, limit: 1 }),
				await ann.ask({ type: "open", user: ann.me }),
				await ann.ask({ type: "refresh", token }),
				await ann.ask({ type: "info", conversation: group, cursor: null, limit: 1 }),
				await ann.ask({ type: "history", conversation: group, before: null, limit: 1 }),
				await ann.ask({
					type: "pull",
					conversation: group,
					position: 0,
					until: null,
					limit: 1,
					fresh: false,
				}),
				await ann.ask({ type: "receipts", conversation: group, seq: 1 }),
				await ann.ask({ type: "logout", device: "another" }),
			];
			const kinds = all.map((op) => (op.type === "result" ? op.result.type : op.code)).join(", ");
			return kinds === "ping, profiles, list, open, refresh, info, history, pull, receipts, logout"
				? "one result of each kind"
				: kinds;
		},
	),
	check("9.3", "history of ten, four at a time", "10 9 8 7, 6 5 4 3, 2 1", async (s) => {
		const ann = await ready(s);
		const group = await s.group(ann);
		for (let i = 0; i < 10; i++) await ann.send(group);
		const pages: string[] = [];
		for (let before: number | null = null; ; ) {
			const page: Awaited<ReturnType<Caller["history"]>> = await ann.history(group, before, 4);
			pages.push(page.messages.map(({ seq }) => seq).join(" "));
			if (!page.more || pages.length > 5) return pages.join(", ");
			before = page.messages.at(-1)?.seq ?? null;
		}
	}),
	check(
		"9.3",
		"history of limit 0, of a limit above pageItems",
		"BAD_REQUEST, a page",
		async (s) => {
			const ann = await ready(s);
			const group = await s.group(ann);
			await ann.send(group);
			const none = await ann.asked({
				type: "history",
				conversation: group,
				before: null,
				limit: 0,
			});
			const { messages } = await ann.history(group, null, 1_000_000);
			return `${none}, ${messages.length === 1 ? "a page" : messages.length}`;
		},
	),
	check(
		"9.3",
		"a list longer than pageItems, asked for with more",
		"pageItems at most",
		async (s) => {
			const ann = await ready(s);
			const { pageItems } = ann.welcome.limits;
			const { entries } = await ann.result({ type: "list", cursor: null, limit: 1_000_000 });
			return entries.length <= pageItems ? "pageItems at most" : String(entries.length);
		},
	),
	check("9.4", "open twice", "the same conversation, nothing more happens", async (s) => {
		const [ann, bob] = (await s.several(2)) as [Caller, Caller];
		const ids = [await ann.open(bob.me), await ann.open(bob.me)];
		const items = await ann.pull(ids[0] as string);
		const created = items.filter(
			(item) => item.type === "change" && item.change.type === "created",
		);
		return ids[0] === ids[1] && created.length === 1
			? "the same conversation, nothing more happens"
			: `${ids.join()}, created ${created.length} times`;
	}),
	check(
		"9.4",
		"a direct conversation that nobody opened",
		"CONVERSATION_UNKNOWN",
		async (s) => {
			const [ann, bob] = (await s.several(2)) as [Caller, Caller];
			const conversation = [ann.me, bob.me].sort().join("~");
			return ann.asked({ type: "info", conversation, cursor: null, limit: 1 });
		},
		{ madeUsers: true },
	),
	check(
		"9.5",
		"profiles of two users and of nobody, in that order",
		"the two, in the order asked",
		async (s) => {
			const [ann, bob] = (await s.several(2)) as [Caller, Caller];
			const users = [bob.me, `nobody-${randomHex(8)}`, ann.me];
			const { profiles } = await ann.result({ type: "profiles", users });
			const found = profiles.map(({ user }) => user).join();
			return found === `${bob.me},${ann.me}` ? "the two, in the order asked" : found;
		},
	),
	check("9.6", "logout of a device that the user does not have", "ok", async (s) =>
		(await ready(s)).asked({ type: "logout", device: "nobody-has-this" }),
	),
	check("9.6", "logout of this device", "ended, and forgotten: DEVICE_FORGOTTEN", async (s) => {
		const ann = await ready(s);
		ann.say({ type: "logout", request: 1_000, device: null });
		await ann.end();
		const { generation } = ann.welcome;
		const again = await s.dial(ann.identity.person, { ...ann.identity, generation });
		again.hello();
		const op = await again.match(
			({ type }) => type === "goodbye" || type === "welcome",
			"an answer",
		);
		return `ended, and forgotten: ${op.type === "goodbye" ? op.code : "welcome"}`;
	}),
	check("10.1", "seq in the answer to a send", "1, then 2", async (s) => {
		const ann = await ready(s);
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
		const { ann, bob, group } = await pair(s);
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
	check("10.1", "content over limits.contentBytes", "MESSAGE_TOO_LARGE", async (s) => {
		const ann = await ready(s);
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
		const ann = await ready(s);
		const group = await s.group(ann);
		const made = (await ann.pull(group)).flatMap((item) =>
			item.type === "change" && item.change.type === "created" ? [item.change] : [],
		);
		const [one] = made;
		return `created ${one?.kind}, ${made.length === 1 && one?.title === "group" ? "once" : made.length}`;
	}),
	check("10.3", "a link made, as the owner's other device is told", "changed link", async (s) => {
		const ann = await ready(s);
		const other = await s.device(ann.identity.person);
		const group = await s.group(ann);
		await other.next("changed");
		await ann.do(group, { type: "link", on: true });
		return words(await other.next("changed"));
	}),
	check("10.3", "add by an owner, as members are told", "added, by the owner", async (s) => {
		const { ann, bob, group } = await pair(s);
		const cy = await ready(s);
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
			const { ann, bob, group } = await pair(s);
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
			const { ann, bob, group } = await pair(s);
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
			return `${sound ? "all of it" : JSON.stringify(mine)}; the link for ${links ? "the owner only" : "others"}`;
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
