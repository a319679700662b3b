// Conversations in which every cell of the tables of permissions can be tried: who is who, which
// message is whose [P-12.1], [P-12.4].

import type { Caller } from "./caller.js";
import { randomHex } from "./caller.js";
import type { ServerStage } from "./stage.js";

/** A conversation as one column of a table meets it. */
export interface Scene {
	readonly conversation: string;
	readonly asker: Caller;
	readonly link: string;
	/** A living message of the asker; one of somebody else; one that its author deleted. */
	own(): number;
	other(): number;
	gone(): number;
	/** The last message that the asker may see, and one more than the last of all. */
	readonly head: number;
	readonly beyond: number;
	/** Another member in that role; `only`: the one owner that is left. */
	peer(role: string): string;
	readonly outsider: string;
}

const roles = [
	"owner",
	"owner2",
	"admin",
	"admin2",
	"member",
	"member2",
	"removed",
	"outsider",
] as const;
type Role = (typeof roles)[number];

interface Group {
	readonly id: string;
	readonly link: string;
	readonly own: ReadonlyMap<Role, number>;
	readonly gone: ReadonlyMap<Role, number>;
	readonly cut: number;
	readonly head: number;
}

/** Eight people, and as many groups or channels of theirs as are asked for. */
export class GroupCast {
	private readonly kind: "group" | "channel";
	private readonly people = new Map<Role, Caller>();
	private shared: Group | null = null;

	private constructor(kind: "group" | "channel") {
		this.kind = kind;
	}

	static async gather(stage: ServerStage, kind: "group" | "channel"): Promise<GroupCast> {
		const cast = new GroupCast(kind);
		for (const role of roles) {
			cast.people.set(role, await stage.device(await stage.person(role)));
		}
		return cast;
	}

	/** `own`: a conversation for this scene alone; `last`: one in which a single owner is left. */
	async scene(column: string, options: { own: boolean; last: boolean }): Promise<Scene> {
		if (!options.own) this.shared ??= await this.build(false);
		const group = options.own ? await this.build(options.last) : (this.shared as Group);
		const role = column as Role;
		const targets: Readonly<Record<string, Role>> = {
			member: "member2",
			admin: "admin2",
			owner: "owner2",
			only: "owner",
		};
		return {
			conversation: group.id,
			asker: this.at(role),
			link: group.link,
			own: () => group.own.get(role) ?? 1,
			other: () => group.own.get("owner2") as number,
			gone: () => group.gone.get(role) ?? (group.gone.get("owner") as number),
			head: role === "removed" ? group.cut : group.head,
			beyond: group.head + 1,
			peer: (name) => this.at(targets[name] as Role).me,
			outsider: this.at("outsider").me,
		};
	}

	private at(role: Role): Caller {
		return this.people.get(role) as Caller;
	}

	private async build(last: boolean): Promise<Group> {
		const owner = this.at("owner");
		const id = randomHex(16);
		const members = roles.filter((role) => role !== "owner" && role !== "outsider");
		const names = members.map((role) => this.at(role).me);
		await owner.do(id, { type: "create", kind: this.kind, title: this.kind, members: names });
		const give = (role: Role, given: "owner" | "admin" | "member") =>
			owner.do(id, { type: "role", user: this.at(role).me, role: given });
		await give("owner2", "owner");
		const channel = this.kind === "channel";
		const admins: Role[] = ["admin", "admin2"];
		// Who only reads a channel has messages there from when it was an admin.
		if (channel) admins.push("member", "removed");
		for (const role of admins) await give(role, "admin");
		const own = new Map<Role, number>();
		const gone = new Map<Role, number>();
		const writers = roles.filter((role) => role !== "outsider" && !(channel && role === "member2"));
		await Promise.all(
			writers.map(async (role) => {
				own.set(role, (await this.at(role).send(id, `of ${role}`)).seq);
				const { seq } = await this.at(role).send(id, `gone of ${role}`);
				gone.set(role, seq);
				await this.at(role).do(id, { type: "delete", seq });
			}),
		);
		if (channel) await give("member", "member");
		const link = (await owner.do(id, { type: "link", on: true })).text ?? "";
		const cut = Math.max(...own.values(), ...gone.values());
		await owner.do(id, { type: "remove", users: [this.at("removed").me] });
		const head = (await owner.send(id, "after")).seq;
		if (last) await give("owner2", "member");
		return { id, link, own, gone, cut, head };
	}
}

/** Messages that each of a pair has sent before any block; a cell takes one or two. */
const poolSize = 16;

type Person = "ann" | "bob" | "cy" | "dan";
const others: Readonly<Record<Person, Person>> = { ann: "bob", bob: "ann", cy: "dan", dan: "cy" };

/** Two pairs, Ann and Bob, and Cy, whom Dan has blocked; and a stranger. */
export class DirectCast {
	private readonly people = new Map<string, Caller>();
	private readonly pools = new Map<Person, number[]>();
	private readonly deleted = new Map<Person, number>();
	private readonly ids = new Map<Person, string>();

	static async gather(stage: ServerStage): Promise<DirectCast> {
		const cast = new DirectCast();
		for (const name of ["ann", "bob", "cy", "dan", "outsider"]) {
			cast.people.set(name, await stage.device(await stage.person(name)));
		}
		for (const name of ["ann", "bob", "cy", "dan"] as const) await cast.fill(name);
		await cast.at("dan").do(cast.ids.get("dan") as string, { type: "block" });
		return cast;
	}

	private at(name: string): Caller {
		return this.people.get(name) as Caller;
	}

	private async fill(name: Person): Promise<void> {
		const caller = this.at(name);
		const id = await caller.open(this.at(others[name]).me);
		this.ids.set(name, id);
		const seqs: number[] = [];
		for (let i = 0; i < poolSize; i++) seqs.push((await caller.send(id, `${name} ${i}`)).seq);
		const seq = seqs.shift() as number;
		await caller.do(id, { type: "delete", seq });
		this.deleted.set(name, seq);
		this.pools.set(name, seqs);
	}

	private take(name: Person): number {
		const seq = this.pools.get(name)?.pop();
		if (seq === undefined) throw new Error("more messages are needed than were sent");
		return seq;
	}

	async scene(column: string): Promise<Scene> {
		const names: Readonly<Record<string, Person>> = {
			member: "ann",
			blocked: "cy",
			blocker: "dan",
		};
		// A stranger tries the conversation of Ann and Bob.
		const name = names[column] ?? "ann";
		const asker = this.at(names[column] ?? "outsider");
		const conversation = this.ids.get(name) as string;
		const [newest] = (await this.at(name).history(conversation, null, 1)).messages;
		const head = newest?.seq ?? 0;
		return {
			conversation,
			asker,
			link: "",
			own: () => this.take(name),
			other: () => this.take(others[name]),
			gone: () => this.deleted.get(name) as number,
			head,
			beyond: head + 1,
			peer: () => this.at(others[name]).me,
			outsider: this.at("outsider").me,
		};
	}

	/** A cell that moved a block moves it back. */
	async restore(operation: string, column: string): Promise<void> {
		const { asker, conversation } = await this.scene(column);
		if (operation === "block" && (column === "member" || column === "blocked")) {
			await asker.do(conversation, { type: "unblock" });
		}
		if (operation === "unblock" && column === "blocker") {
			await asker.do(conversation, { type: "block" });
		}
	}
}
