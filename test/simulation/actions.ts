// What people, networks, disks and operators do in a run: one of these at each beat, by chance.

import type { WriteCommand } from "../../src/protocol/frames.js";
import { backupOf } from "../helpers/backup.js";
import type { Phone } from "./phone.js";
import { delay } from "./store.js";
import type { World } from "./world.js";

type Action = (world: World) => void | Promise<void>;

function someone(world: World): Phone | null {
	const running = world.phones.filter((phone) => phone.running);
	return running.length === 0 ? null : world.chance.pick(running);
}

/** Mostly a conversation that the phone shows. */
function somewhere(world: World, phone: Phone): string | null {
	const { chance, places } = world;
	const known = [...phone.store.views()].map((view) => view.conversation);
	if (known.length > 0 && !chance.once(12)) return chance.pick(known);
	return places.length > 0 ? chance.pick(places) : null;
}

function body(world: World) {
	const { chance } = world;
	const content = new TextEncoder().encode("x".repeat(chance.below(40)));
	const id = chance.bytes(12);
	return { id, contentType: "text/plain", content, replyTo: null, mentions: [], media: [] };
}

function someSeq(world: World, phone: Phone, conversation: string): number {
	const view = phone.store.view(conversation);
	const seqs = [...(view?.rows.keys() ?? [])];
	return seqs.length > 0 && !world.chance.once(20)
		? world.chance.pick(seqs)
		: 1 + world.chance.below(5);
}

function inSomewhere(make: (world: World, phone: Phone, conversation: string) => void): Action {
	return (world) => {
		const phone = someone(world);
		const conversation = phone === null ? null : somewhere(world, phone);
		if (phone !== null && conversation !== null) make(world, phone, conversation);
	};
}

function writes(make: (world: World, phone: Phone, place: string) => WriteCommand): Action {
	return inSomewhere((world, phone, place) => phone.write(place, make(world, phone, place)));
}

const send = inSomewhere((world, phone, place) => {
	const { chance } = world;
	for (let left = chance.once(5) ? 1 + chance.below(6) : 1; left > 0; left -= 1) {
		phone.write(place, {
			...body(world),
			type: "send",
			replyTo: chance.once(8) ? someSeq(world, phone, place) : null,
			ttlMs: chance.once(10) ? 1 + chance.below(8_000) : null,
			clientTime: null,
			seenUpTo: chance.once(8) ? (phone.store.view(place)?.held ?? 0) : null,
		});
	}
});

const edit = writes((world, phone, place) => ({
	...body(world),
	type: "edit",
	seq: someSeq(world, phone, place),
}));

/** An edit that others read past: their page may be older than the push that overtakes it. */
const editWhileRead = inSomewhere((world, phone, place) => {
	const rows = [...(phone.store.view(place)?.rows.values() ?? [])];
	const own = rows.findLast((row) => row.sender === phone.user && row.state === "live");
	if (own === undefined) return;
	phone.write(place, { ...body(world), type: "edit", seq: own.seq });
	for (const reader of world.phones) {
		if (reader === phone || reader.store.view(place) === undefined) continue;
		reader.history(place, own.seq + 1, 3);
	}
});

const remove = writes((world, phone, place) => ({
	type: world.chance.once(2) ? "delete" : "hide",
	seq: someSeq(world, phone, place),
}));

const react = writes((world, phone, place) => ({
	type: "react",
	seq: someSeq(world, phone, place),
	emoji: world.chance.pick(["+", "-", null]),
}));

const membership = writes((world) => {
	const { chance } = world;
	const user = chance.pick(world.users);
	return chance.weighted<WriteCommand>([
		[4, { type: "add", users: [user] }],
		[4, { type: "remove", users: [user] }],
		[2, { type: "leave" }],
		[3, { type: "role", user, role: chance.pick(["owner", "admin", "member"]) }],
		[1, { type: "describe", title: "t", picture: null, description: null }],
		[3, { type: "link", on: !chance.once(4) }],
		[2, { type: "mute", until: chance.below(2) * 1_000 }],
	]);
});

const block = writes((world) => ({ type: world.chance.once(3) ? "block" : "unblock" }));

const join: Action = (world) => {
	const phone = someone(world);
	if (phone === null || world.links.size === 0) return;
	const [place, link] = world.chance.pick([...world.links]);
	phone.write(place, { type: "join", link });
};

const create: Action = (world) => {
	const { chance, users, places } = world;
	const phone = someone(world);
	if (phone === null) return;
	const kind = chance.once(3) ? "channel" : "group";
	const id = places.length > 3 ? chance.pick(places) : `${kind}${places.length + 1}`;
	if (!places.includes(id)) places.push(id);
	const members = users.filter(() => chance.once(2));
	phone.write(id, { type: "create", kind, title: id, members });
};

const openDirect: Action = (world) => {
	const phone = someone(world);
	const user = world.chance.pick(world.users);
	phone?.ask({ type: "open", user }, (result) => {
		if (result.type !== "open") return;
		const { conversation } = result;
		world.note(`${phone.name}: ${conversation} is open`);
		if (!world.places.includes(conversation)) world.places.push(conversation);
	});
};

const seen = inSomewhere((_world, phone, place) => {
	const held = phone.store.view(place)?.held ?? 0;
	if (held > 0) phone.seen(place, held);
});

const look = inSomewhere((world, phone, place) => {
	const { chance } = world;
	const view = phone.store.view(place);
	const before = chance.once(3) ? null : (view?.first ?? 5) + chance.below(4);
	const seq = someSeq(world, phone, place);
	chance.weighted([
		[8, () => phone.history(place, before, 1 + chance.below(6))],
		[1, () => phone.ask({ type: "info", conversation: place, cursor: null, limit: 2 })],
		[2, () => phone.ask({ type: "receipts", conversation: place, seq })],
		[1, () => phone.ask({ type: "profiles", users: world.users })],
		[1, () => phone.ask({ type: "ping" })],
	])();
});

const self: Action = (world) => {
	const { chance } = world;
	const phone = someone(world);
	phone?.write(
		null,
		chance.once(2)
			? { type: "profile", name: `n${chance.below(9)}`, picture: "" }
			: { type: "privacy", presence: chance.pick(["everyone", "contacts", "nobody"]) },
	);
};

const hint: Action = (world) => {
	const phone = someone(world);
	const place = phone === null ? null : somewhere(world, phone);
	if (place !== null) phone?.device?.typing(place, true);
	else phone?.device?.watch(world.users);
};

// -- Misfortune --------------------------------------------------------------------------------

const cut: Action = (world) => {
	const { chance } = world;
	const calls = [...world.calls];
	if (calls.length === 0) return;
	const { link, phone } = chance.pick(calls);
	world.note(`network: ${phone.name} is cut off`);
	const half = chance.once(5) ? 70_000 : 0;
	link.cut(delay(chance, 2_000) + (chance.once(2) ? half : 0), delay(chance, 2_000) + half);
};

const stall: Action = (world) => {
	const calls = [...world.calls];
	if (calls.length === 0) return;
	const ms = world.chance.once(6) ? 40_000 : 200 + world.chance.below(5_000);
	world.chance.pick(calls).link.stall(ms);
};

const phoneDies: Action = (world) => {
	const phone = someone(world);
	if (phone === null) return;
	if (world.chance.once(2)) phone.crash();
	else phone.crashIn = 1 + world.chance.below(4);
};

const phoneRests: Action = (world) => someone(world)?.quit();

const phoneWakes: Action = (world) => {
	const resting = world.phones.filter((phone) => !phone.running);
	if (resting.length > 0) world.chance.pick(resting).start();
};

const backUp: Action = (world) => {
	const phone = world.chance.pick(world.phones);
	phone.backups.push(backupOf(phone.store));
	if (phone.backups.length > 2) phone.backups.shift();
};

const restore: Action = (world) => {
	const { chance } = world;
	const phone = chance.pick(world.phones);
	if (phone.backups.length === 0 || phone.restores >= 6) return;
	if (phone.running) phone.crash();
	phone.restore(chance.pick(phone.backups));
};

const logOut: Action = (world) => {
	const phone = someone(world);
	const others = world.phones.filter((one) => one.user === phone?.user);
	if (phone === null) return;
	const { device } = world.chance.pick(others).store.identity();
	phone.ask({ type: "logout", device });
};

const revoke: Action = (world) => {
	const { core } = world.host;
	const phone = world.chance.pick(world.phones);
	if (core === null) return;
	const device = world.chance.once(2) ? phone.store.identity().device : null;
	world.note(`operator: revokes ${phone.user} ${device}`);
	core.revoke(phone.user, device).catch(() => {});
};

const serverCrash: Action = (world) => world.host.crash();

const serverStarts: Action = async (world) => {
	if (world.host.core === null) await world.host.start();
};

const wait: Action = (world) => {
	world.resumeAt = world.scheduler.now + world.chance.pick([500, 3_000, 15_000, 65_000]);
};

const serverEnds: Action = (world) => {
	void world.host.stop();
};

export const actions: readonly (readonly [number, Action])[] = [
	[30, send],
	[8, edit],
	[4, editWhileRead],
	[6, remove],
	[8, react],
	[8, membership],
	[4, block],
	[4, join],
	[4, create],
	[5, openDirect],
	[14, seen],
	[10, look],
	[2, self],
	[1, hint],
	[6, cut],
	[3, stall],
	[3, phoneDies],
	[3, phoneRests],
	[8, phoneWakes],
	[2, backUp],
	[1, restore],
	[0.4, logOut],
	[0.3, revoke],
	[0.8, serverCrash],
	[0.3, serverEnds],
	[4, serverStarts],
	[5, wait],
];
