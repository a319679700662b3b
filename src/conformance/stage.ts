// The scene of one check against a server: users, devices and conversations with names of their
// own, so that checks neither meet each other nor what a former run has left.

import type { ServerOp } from "../protocol/frames.js";
import { Caller, type CallerParts, type Identity, randomHex } from "./caller.js";
import { CannotTry, type Check } from "./check.js";
import type { Person, Tokens } from "./people.js";
import { type Headers, RawSocket } from "./raw-socket.js";

export class ServerStage {
	readonly parts: CallerParts;
	readonly tokens: Tokens;
	private readonly sockets: RawSocket[] = [];
	private readonly devices: Identity[] = [];
	private taken = 0;

	constructor(parts: CallerParts, tokens: Tokens) {
		this.parts = parts;
		this.tokens = tokens;
	}

	/** Somebody new, or the next of those given. */
	async person(name = "user"): Promise<Person> {
		if (this.tokens.type === "made") {
			const user = `${name}-${randomHex(6)}`;
			return { user, token: await this.tokens.make(user) };
		}
		const given = this.tokens.people[this.taken];
		this.taken += 1;
		if (given === undefined) throw new CannotTry(`needs ${this.taken} users`);
		return given;
	}

	/** A token of another life. */
	async token(user: string, ttlMs: number): Promise<string> {
		if (this.tokens.type === "given") throw new CannotTry("tokens cannot be made here");
		return this.tokens.make(user, ttlMs);
	}

	/** An answer to an upgrade, whatever it is. */
	async upgrade(path?: string, headers?: Headers): Promise<RawSocket> {
		const socket = await RawSocket.open(this.parts.url, path, headers);
		this.sockets.push(socket);
		return socket;
	}

	/** A connection on which nothing was said. */
	async dial(person: Person, changes: Partial<Identity> = {}): Promise<Caller> {
		const names = { device: `kit-${randomHex(8)}`, outbox: randomHex(16) };
		const identity = { person, ...names, accepted: 0, offered: 0, ...changes };
		const socket = await this.upgrade();
		if (socket.status !== 101) throw new Error(`the upgrade was answered ${socket.status}`);
		this.devices.push(identity);
		return new Caller(socket, identity, this.parts);
	}

	/** A new device that is ready, has its list and gets pushes. */
	async device(person: Person, changes: Partial<Identity> = {}): Promise<Caller> {
		return (await this.dial(person, changes)).begin();
	}

	/** The same device once more. */
	async again(caller: Caller): Promise<Caller> {
		return this.device(caller.identity.person, caller.stored);
	}

	/** A device of somebody new. */
	async one(): Promise<Caller> {
		return this.device(await this.person());
	}

	/** Two users in a group that both have heard of. */
	async pair(): Promise<{ ann: Caller; bob: Caller; group: string }> {
		const [ann, bob] = (await this.several(2)) as [Caller, Caller];
		const group = await this.group(ann, [bob]);
		await bob.next("changed");
		return { ann, bob, group };
	}

	/** Several users with a device each. */
	async several(count: number): Promise<Caller[]> {
		const callers: Caller[] = [];
		for (let i = 0; i < count; i++) callers.push(await this.one());
		return callers;
	}

	/** A new group or channel with these members besides its owner. */
	async group(
		owner: Caller,
		members: readonly Caller[] = [],
		kind: "group" | "channel" = "group",
	): Promise<string> {
		const id = randomHex(16);
		const names = members.map(({ me }) => me);
		await owner.do(id, { type: "create", kind, title: kind, members: names });
		return id;
	}

	/** Ends all connections; a given user's devices are signed out, because they are few. */
	async end(): Promise<void> {
		for (const socket of this.sockets) socket.destroy();
		if (this.tokens.type === "made") return;
		const byUser = new Map(this.devices.map(({ person }) => [person.user, person]));
		for (const person of byUser.values()) await this.signOut(person);
	}

	private async signOut(person: Person): Promise<void> {
		const mine = this.devices.filter((one) => one.person.user === person.user);
		const one = mine[0] as Identity;
		const broom = await this.dial(person, { ...one, device: `kit-${randomHex(8)}` });
		broom.hello();
		broom.say({ type: "ready", generation: (await broom.next("welcome")).generation });
		for (const { device } of mine) await broom.asked({ type: "logout", device });
		broom.say({ type: "logout", request: 1_000, device: null });
		await broom.end();
	}
}

export type ServerCheck = Check<ServerStage>;

export function check(
	clause: string,
	situation: string,
	expected: string,
	run: ServerCheck["run"],
	flags: Pick<ServerCheck, "waitsS" | "madeUsers" | "scene"> = {},
): ServerCheck {
	return { clause: `P-${clause}`, situation, expected, run, ...flags };
}

/** Operations in the words of a table. */
export function words(...ops: readonly ServerOp[]): string {
	return ops.map(word).join(", ") || "nothing";
}

function word(op: ServerOp): string {
	switch (op.type) {
		case "answer":
			return `answer ${op.n}`;
		case "refused":
			return `refused ${op.n} ${op.code}`;
		case "result":
			return `result ${op.request} ${op.result.type}`;
		case "error":
			return `error ${op.request ?? "nil"} ${op.code}`;
		case "message":
			return `message ${op.message.seq}`;
		case "skip":
			return `skip ${op.seq}`;
		case "changed":
			return `changed ${op.change.type}`;
		case "goodbye":
			return `goodbye ${op.code}`;
		default:
			return op.type;
	}
}
