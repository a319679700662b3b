// Chapter 9: every request once, with what it brings, and the bounds of its fields and pages.

import { type Caller, randomHex } from "./caller.js";
import { check, words } from "./stage.js";

const long = (bytes: number) => "x".repeat(bytes);

export const operationChecks = [
	check("9.1", "a token of 8,193 bytes in refresh", "BAD_REQUEST", async (s) =>
		(await s.one()).asked({ type: "refresh", token: long(8_193) }),
	),
	check("9.1", "1,001 users in profiles", "BAD_REQUEST", async (s) => {
		const users = Array.from({ length: 1_001 }, (_, i) => `u${i}`);
		return (await s.one()).asked({ type: "profiles", users });
	}),
	check("9.1", "1,000 conversations in held", "nothing", async (s) => {
		const ann = await s.one();
		const held = Array.from({ length: 1_000 }, (_, i) => ({ conversation: `h${i}`, position: 1 }));
		ann.say({ type: "held", held });
		return words(...(await ann.quiet()));
	}),
	check("9.1", "1,001 conversations in held", "error nil BAD_REQUEST", async (s) => {
		const ann = await s.one();
		const held = Array.from({ length: 1_001 }, (_, i) => ({ conversation: `h${i}`, position: 1 }));
		ann.say({ type: "held", held });
		return words(await ann.next("error"));
	}),
	check(
		"9.2",
		"ping, profiles, list, open, refresh, info, history, pull, receipts, logout",
		"one result of each kind",
		async (s) => {
			const ann = await s.one();
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
		const ann = await s.one();
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
			const ann = await s.one();
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
		"history of pageItems and one more, asked for at once",
		"pageItems at most, and more",
		async (s) => {
			const ann = await s.one();
			const group = await s.group(ann);
			const { pageItems } = ann.welcome.limits;
			for (let i = 0; i <= pageItems; i++) await ann.send(group);
			const { messages, more } = await ann.history(group, null, 1_000_000);
			const some = messages.length > 0 && messages.length <= pageItems;
			return some && more ? "pageItems at most, and more" : `${messages.length}, ${more}`;
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
		(await s.one()).asked({ type: "logout", device: "nobody-has-this" }),
	),
	check("9.6", "logout of this device", "ended, and forgotten: DEVICE_FORGOTTEN", async (s) => {
		const ann = await s.one();
		ann.say({ type: "logout", request: 1_000, device: null });
		await ann.end();
		const again = await s.dial(ann.identity.person, ann.stored);
		again.hello();
		const op = await again.match(
			({ type }) => type === "goodbye" || type === "welcome",
			"an answer",
		);
		return `ended, and forgotten: ${op.type === "goodbye" ? op.code : "welcome"}`;
	}),
];
