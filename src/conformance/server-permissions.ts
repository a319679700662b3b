// Chapter 12: every row of the tables of permissions, with all its columns, as the page has them.

import { editOf, randomHex, sendOf } from "./caller.js";
import { DirectCast, GroupCast, type Scene } from "./cast.js";
import { type Kind, type PermissionRow, permissions } from "./page.js";
import { check, type ServerCheck, type ServerStage } from "./stage.js";

type Attempt = (scene: Scene, kind: Kind) => Promise<string>;

/** An operation that only ever hears an error; a request behind it shows where that would end. */
async function hinted(scene: Scene, op: "delivered" | "seen" | "typing", seq = 0): Promise<string> {
	const { asker, conversation } = scene;
	asker.heard.splice(0);
	if (op === "typing") asker.say({ type: op, conversation, on: true });
	else asker.say({ type: op, conversation, seq });
	await asker.ask({ type: "info", conversation, cursor: null, limit: 1 });
	const error = asker.heard.find((one) => one.type === "error");
	if (error?.type === "error") return error.code;
	return op === "typing" ? "silent" : "ok";
}

const write =
	(make: (scene: Scene, kind: Kind) => Parameters<Scene["asker"]["tried"]>[1]): Attempt =>
	(scene, kind) =>
		scene.asker.tried(scene.conversation, make(scene, kind));

const ask =
	(make: (scene: Scene) => Parameters<Scene["asker"]["asked"]>[0]): Attempt =>
	(scene) =>
		scene.asker.asked(make(scene));

const role = (user: (scene: Scene) => string, given: "owner" | "admin" | "member"): Attempt =>
	write((scene) => ({ type: "role", user: user(scene), role: given }));

const unknown = ({ beyond }: Scene) => beyond + 100;

/** What each row does. */
const attempts: Readonly<Record<string, Attempt>> = {
	send: write(() => sendOf()),
	"edit-own": write((scene) => editOf(scene.own())),
	"edit-other": write((scene) => editOf(scene.other())),
	"edit-unknown": write((scene) => editOf(unknown(scene))),
	"edit-gone": write((scene) => editOf(scene.gone())),
	"delete-own": write((scene) => ({ type: "delete", seq: scene.own() })),
	"delete-other": write((scene) => ({ type: "delete", seq: scene.other() })),
	"delete-unknown": write((scene) => ({ type: "delete", seq: unknown(scene) })),
	hide: write((scene) => ({ type: "hide", seq: scene.other() })),
	react: write((scene) => ({ type: "react", seq: scene.other(), emoji: "+" })),
	"react-gone": write((scene) => ({ type: "react", seq: scene.gone(), emoji: "+" })),
	create: write((_, kind) => ({
		type: "create",
		kind: kind === "direct" ? "group" : kind,
		title: "again",
		members: [],
	})),
	add: write(({ outsider }) => ({ type: "add", users: [outsider] })),
	"add-unknown": write(() => ({ type: "add", users: [`nobody-${randomHex(8)}`] })),
	"remove-member": write((scene) => ({ type: "remove", users: [scene.peer("member")] })),
	"remove-admin": write((scene) => ({ type: "remove", users: [scene.peer("admin")] })),
	"remove-owner": write((scene) => ({ type: "remove", users: [scene.peer("owner")] })),
	"remove-self": write(({ asker }) => ({ type: "remove", users: [asker.me] })),
	leave: write(() => ({ type: "leave" })),
	"leave-last": write(() => ({ type: "leave" })),
	join: write(({ link }) => ({ type: "join", link })),
	"join-wrong": write(() => ({ type: "join", link: "wrong" })),
	"role-to-owner": role((scene) => scene.peer("member"), "owner"),
	"role-to-admin": role((scene) => scene.peer("member"), "admin"),
	"role-of-admin": role((scene) => scene.peer("admin"), "member"),
	"role-of-owner": role((scene) => scene.peer("owner"), "member"),
	"role-last": role((scene) => scene.peer("only"), "member"),
	"role-stranger": role(({ outsider }) => outsider, "admin"),
	describe: write(() => ({
		type: "describe",
		title: "described",
		picture: null,
		description: null,
	})),
	"link-on": write(() => ({ type: "link", on: true })),
	"link-off": write(() => ({ type: "link", on: false })),
	mute: write(() => ({ type: "mute", until: 2_000_000_000_000 })),
	block: write(() => ({ type: "block" })),
	unblock: write(() => ({ type: "unblock" })),
	delivered: (scene) => hinted(scene, "delivered", scene.head),
	"delivered-beyond": (scene) => hinted(scene, "delivered", scene.beyond),
	seen: (scene) => hinted(scene, "seen", scene.head),
	"seen-beyond": (scene) => hinted(scene, "seen", scene.beyond),
	history: ask(({ conversation }) => ({ type: "history", conversation, before: null, limit: 5 })),
	pull: ask(({ conversation }) => ({
		type: "pull",
		conversation,
		position: 0,
		until: null,
		limit: 5,
		fresh: false,
	})),
	info: ask(({ conversation }) => ({ type: "info", conversation, cursor: null, limit: 5 })),
	"receipts-own": ask((scene) => receiptsOf(scene, scene.own())),
	"receipts-other": ask((scene) => receiptsOf(scene, scene.other())),
	"receipts-unknown": ask((scene) => receiptsOf(scene, unknown(scene))),
	typing: (scene) => hinted(scene, "typing"),
};

function receiptsOf({ conversation }: Scene, seq: number) {
	return { type: "receipts", conversation, seq } as const;
}

const harmless = /^(delivered|seen|history|pull|info|typing|receipts)/;
const last = /-last$/;

const casts = new WeakMap<ServerStage, Promise<GroupCast | DirectCast>>();

async function cell(
	stage: ServerStage,
	kind: Kind,
	operation: string,
	column: string,
	expected: string,
): Promise<string> {
	const attempt = attempts[operation];
	if (attempt === undefined) return "no such row in this kit";
	const gathered =
		casts.get(stage) ??
		(kind === "direct" ? DirectCast.gather(stage) : GroupCast.gather(stage, kind));
	casts.set(stage, gathered);
	const cast = await gathered;
	if (cast instanceof DirectCast) {
		const got = await attempt(await cast.scene(column), kind);
		await cast.restore(operation, column);
		return got;
	}
	// What changes something must not be met by the next cell.
	const alone = last.test(operation) || (expected === "ok" && !harmless.test(operation));
	return attempt(await cast.scene(column, { own: alone, last: last.test(operation) }), kind);
}

const clauseOf: Readonly<Record<Kind, string>> = { group: "12.5", channel: "12.6", direct: "12.7" };

/** So many casts of each kind share the rows of its table. */
const castsOfKind = 3;

function rowCheck(kind: Kind, { operation, cells }: PermissionRow, at: number): ServerCheck {
	const columns = [...cells];
	const expected = columns.map(([column, outcome]) => `${column} ${outcome}`).join(", ");
	const run = async (stage: ServerStage): Promise<string> => {
		const got: string[] = [];
		for (const [column, outcome] of columns) {
			got.push(`${column} ${await cell(stage, kind, operation, column, outcome)}`);
		}
		return got.join(", ");
	};
	// One after the other on one cast: what an error without a number is about must be plain.
	const flags = {
		scene: `${kind} ${at % castsOfKind}`,
		...(kind === "direct" ? { madeUsers: true } : {}),
	};
	return check(clauseOf[kind], `${operation} in a ${kind}`, expected, run, flags);
}

export const permissionChecks: readonly ServerCheck[] = [
	check(
		"12.2",
		"a conversation that is not there, and one of others",
		"no difference",
		async (s) => {
			const [ann, bob] = await s.several(2);
			if (ann === undefined || bob === undefined) throw new Error("two users were asked for");
			const said: string[] = [];
			for (const conversation of [await s.group(ann), randomHex(16)]) {
				const ask = { type: "info", conversation, cursor: null, limit: 1 } as const;
				const [read, sent, joined] = [
					await bob.ask(ask),
					await bob.outcome(conversation, sendOf()),
					await bob.outcome(conversation, { type: "join", link: "guess" }),
				];
				const details = [read, sent, joined].map((op) =>
					op.type === "error" || op.type === "refused" ? `${op.code} ${op.detail}` : op.type,
				);
				said.push(details.join(", "));
			}
			return said[0] === said[1] ? "no difference" : said.join(" but ");
		},
	),
	check("12.3", "what changes nothing: a member added, a stranger removed", "ok, ok", async (s) => {
		const [ann, bob, cy] = await s.several(3);
		if (ann === undefined || bob === undefined || cy === undefined) throw new Error("three users");
		const group = await s.group(ann, [bob]);
		const add = await ann.tried(group, { type: "add", users: [bob.me] });
		return `${add}, ${await ann.tried(group, { type: "remove", users: [cy.me] })}`;
	}),
	check(
		"12.8",
		"open and create with a user who does not exist",
		"USER_UNKNOWN, twice; nothing is made",
		async (s) => {
			const ann = await s.device(await s.person());
			const user = `nobody-${randomHex(8)}`;
			const group = randomHex(16);
			const opened = await ann.asked({ type: "open", user });
			const made = await ann.tried(group, {
				type: "create",
				kind: "group",
				title: "",
				members: [user],
			});
			const info = await ann.asked({ type: "info", conversation: group, cursor: null, limit: 1 });
			return opened === "USER_UNKNOWN" && made === opened && info === "CONVERSATION_UNKNOWN"
				? "USER_UNKNOWN, twice; nothing is made"
				: `${opened}, ${made}, ${info}`;
		},
	),
	...(["group", "channel", "direct"] as const).flatMap((kind) =>
		permissions(kind).map((row, at) => rowCheck(kind, row, at)),
	),
];
