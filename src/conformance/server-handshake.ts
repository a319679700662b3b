// Chapter 4: hello, welcome, ready, and who may have how many of them.

import { type Caller, randomHex } from "./caller.js";
import { check, type ServerStage, words } from "./stage.js";

async function dialled(stage: ServerStage): Promise<Caller> {
	return stage.dial(await stage.person());
}

/** What a hello with this token comes to. */
async function withToken(stage: ServerStage, token: string): Promise<string> {
	const ann = await dialled(stage);
	ann.hello({ token });
	const op = await ann.match(({ type }) => type === "welcome" || type === "goodbye", "an answer");
	if (op.type === "welcome") return "welcome";
	ann.heard.push(op);
	return ann.end();
}

/** Connects a device `times` times in a row; how the last one went. */
async function takeovers(stage: ServerStage, times: number): Promise<string> {
	let last = await stage.one();
	for (let i = 0; i < times; i++) {
		const next = await stage.dial(last.identity.person, last.stored);
		next.hello();
		const op = await next.match(
			({ type }) => type === "welcome" || type === "goodbye",
			"an answer",
		);
		if (op.type === "goodbye") {
			next.heard.push(op);
			return `${await next.end()} at takeover ${i + 1}`;
		}
		next.say({ type: "ready", generation: next.welcome.generation });
		await next.result({ type: "ping" });
		last = next;
	}
	return "borne";
}

export const handshakeChecks = [
	check("4.2", "hello", "welcome, no current generation, fresh", async (s) => {
		const ann = await dialled(s);
		ann.hello();
		const { current, fresh } = await ann.next("welcome");
		const known = current === 0 ? "no" : current;
		return `welcome, ${known} current generation, ${fresh ? "fresh" : "not fresh"}`;
	}),
	check("4.2", "another operation first", "goodbye PROTOCOL, close 4500", async (s) => {
		const ann = await dialled(s);
		ann.say({ type: "ping", request: 1 });
		return ann.end();
	}),
	check(
		"4.2",
		"something behind hello in the same message",
		"goodbye PROTOCOL, close 4500",
		async (s) => {
			const ann = await dialled(s);
			ann.say(ann.helloOp(), { type: "ping", request: 1 });
			return ann.end();
		},
	),
	check("4.2", "a second hello", "goodbye PROTOCOL, close 4500", async (s) => {
		const ann = await dialled(s);
		ann.hello();
		await ann.next("welcome");
		ann.hello();
		return ann.end();
	}),
	check("4.2", "a token that nobody made", "goodbye AUTH_REJECTED, close 4501", (s) =>
		withToken(s, "no.such.token"),
	),
	check(
		"4.2",
		"a lawful token with its last letter changed",
		"goodbye AUTH_REJECTED, close 4501",
		async (s) => {
			const { token } = await s.person();
			// The last letter's lowest bits are padding: the one before it is wholly of the signature.
			const at = token.length - 2;
			return withToken(
				s,
				token.slice(0, at) + (token[at] === "A" ? "B" : "A") + token.slice(at + 1),
			);
		},
	),
	check(
		"4.2",
		"a token that has expired",
		"goodbye AUTH_EXPIRED, close 4010 or goodbye AUTH_REJECTED, close 4501",
		async (s) => {
			const { user } = await s.person();
			return withToken(s, await s.token(user, -3_600_000));
		},
		{ madeUsers: true },
	),
	check("4.3", "what welcome says", "version 1, the token's user, all in range", async (s) => {
		const { welcome: w, me } = await s.one();
		const { frameBytes, contentBytes, window, pageItems, pulseMs } = w.limits;
		const bounds = [frameBytes, contentBytes, window, pageItems, pulseMs].every((one) => one > 0);
		const named = w.epoch !== "" && w.session !== "" && w.pid !== "" && w.node !== "";
		const sound = bounds && named && contentBytes <= frameBytes && w.expiresAt > w.now;
		const who = w.user === me ? "the token's user" : w.user;
		return `version ${w.version}, ${who}, ${sound ? "all in range" : JSON.stringify(w)}`;
	}),
	check(
		"4.3",
		"the profile and privacy in a later welcome",
		"those that were set",
		async (s) => {
			const ann = await s.one();
			await ann.do(null, { type: "profile", name: "Ann", picture: "p" });
			await ann.do(null, { type: "privacy", presence: "contacts" });
			const { name, picture, presence } = (await s.again(ann)).welcome;
			await ann.end();
			return name === "Ann" && picture === "p" && presence === "contacts"
				? "those that were set"
				: `${name} ${picture} ${presence}`;
		},
		{ madeUsers: true },
	),
	check(
		"4.4",
		"the same device connects again",
		"the offer is current, a new one is made; the older one: goodbye REPLACED, close 4503",
		async (s) => {
			const ann = await s.one();
			const again = await s.again(ann);
			const { current, generation } = again.welcome;
			const known = current === ann.welcome.generation && generation !== current;
			const offer = known ? "the offer is current, a new one is made" : `${current}, ${generation}`;
			return `${offer}; the older one: ${await ann.end()}`;
		},
	),
	check(
		"4.4",
		"two connections welcomed, the second says ready",
		"two offers; the first: goodbye REPLACED, close 4503",
		async (s) => {
			const one = await dialled(s);
			const other = await s.dial(one.identity.person, one.identity);
			one.hello();
			const first = (await one.next("welcome")).generation;
			other.hello();
			const { generation } = await other.next("welcome");
			other.say({ type: "ready", generation });
			const end = await one.end();
			return `${generation === first ? "one offer" : "two offers"}; the first: ${end}`;
		},
	),
	check(
		"4.4",
		"an offer stored, ready never said",
		"welcome to both what was current and what was offered",
		async (s) => {
			const ann = await s.one();
			const again = await s.dial(ann.identity.person, ann.stored);
			again.hello();
			await again.next("welcome");
			again.socket.destroy();
			const third = await s.dial(ann.identity.person, again.stored);
			third.hello();
			const { current } = await third.next("welcome");
			return current === ann.welcome.generation
				? "welcome to both what was current and what was offered"
				: String(current);
		},
	),
	check("4.4", "ready with another generation", "goodbye PROTOCOL, close 4500", async (s) => {
		const ann = await dialled(s);
		ann.hello();
		const { generation } = await ann.next("welcome");
		ann.say({ type: "ready", generation: generation + 1 });
		return ann.end();
	}),
	check("4.4", "an operation before ready", "goodbye PROTOCOL, close 4500", async (s) => {
		const ann = await dialled(s);
		ann.hello();
		await ann.next("welcome");
		ann.say({ type: "ping", request: 1 });
		return ann.end();
	}),
	check("4.4", "operations behind ready in the same message", "result 1 ping", async (s) => {
		const ann = await dialled(s);
		ann.hello();
		const { generation } = await ann.next("welcome");
		ann.say({ type: "ready", generation }, { type: "ping", request: 1 });
		return words(await ann.next("result"));
	}),
	check(
		"4.4",
		"five replacements in a row",
		"goodbye TAKEOVER_LIMIT, close 4004 at takeover 4",
		(s) => takeovers(s, 5),
	),
	check("4.4", "three replacements in a row", "borne", (s) => takeovers(s, 3)),
	check(
		"4.5",
		"a hello that names no current generation",
		"goodbye DEVICE_FORKED, close 4504",
		async (s) => {
			const ann = await s.one();
			const again = await s.again(ann);
			const copy = await s.dial(ann.identity.person, {
				...again.identity,
				accepted: 0,
				offered: 0,
			});
			copy.hello();
			return copy.end();
		},
	),
	check(
		"4.5",
		"a seventeenth device",
		"goodbye DEVICE_LIMIT, close 4506",
		async (s) => {
			const person = await s.person();
			for (let i = 0; i < 16; i++) await s.device(person);
			const one = await s.dial(person);
			one.hello();
			return one.end();
		},
		{ madeUsers: true },
	),
	check("4.6", "a fresh device that has not read its list", "no marks; fresh again", async (s) => {
		const ann = await (await dialled(s)).begin(false);
		const marks = (await ann.quiet()).some(({ type }) => type === "marks");
		const again = await s.dial(ann.identity.person, ann.stored);
		again.hello();
		const { fresh } = await again.next("welcome");
		return `${marks ? "marks" : "no marks"}; ${fresh ? "fresh again" : "not fresh"}`;
	}),
	check("4.6", "a device that has read its list", "marks by themselves; not fresh", async (s) => {
		const ann = await s.one();
		const again = await s.dial(ann.identity.person, ann.stored);
		again.hello();
		const { fresh } = await again.next("welcome");
		again.say({ type: "ready", generation: again.welcome.generation });
		await again.marks();
		return `marks by themselves; ${fresh ? "fresh" : "not fresh"}`;
	}),
	check("4.7", "the epoch, twice", "the same", async (s) => {
		const [ann, bob] = (await s.several(2)) as [Caller, Caller];
		return ann.welcome.epoch === bob.welcome.epoch ? "the same" : "another";
	}),
	check(
		"4.8",
		"refresh with a token of a longer life",
		"a later end",
		async (s) => {
			const ann = await s.one();
			const token = await s.token(ann.me, 48 * 3_600_000);
			const { expiresAt } = await ann.result({ type: "refresh", token });
			return expiresAt > ann.welcome.expiresAt ? "a later end" : String(expiresAt);
		},
		{ madeUsers: true },
	),
	check("4.8", "refresh with a token of another user", "AUTH_REJECTED", async (s) => {
		const ann = await s.one();
		return ann.asked({ type: "refresh", token: (await s.person()).token });
	}),
	check("4.8", "refresh with no token", "AUTH_REJECTED", async (s) =>
		(await s.one()).asked({ type: "refresh", token: "no.such.token" }),
	),
	check(
		"4.8",
		"the token's end",
		"goodbye AUTH_EXPIRED, close 4010",
		async (s) => {
			const { user } = await s.person();
			const ann = await s.device({ user, token: await s.token(user, 2_000) });
			return ann.end(40_000);
		},
		{ madeUsers: true },
	),
	check(
		"4.8",
		"this device is signed out by another",
		"goodbye AUTH_REVOKED, close 4502",
		async (s) => {
			const person = await s.person();
			const [one, other] = [await s.device(person), await s.device(person)];
			await other.result({ type: "logout", device: one.identity.device });
			return one.end();
		},
	),
	check(
		"4.1",
		"an outbox name that another device of another user has",
		"each counts for itself",
		async (s) => {
			const outbox = randomHex(16);
			const [ann, bob] = [
				await s.device(await s.person(), { outbox }),
				await s.device(await s.person(), { outbox }),
			];
			await ann.send(await ann.open(ann.me));
			await bob.send(await bob.open(bob.me));
			return "each counts for itself";
		},
	),
];
