// How a run ends: everything heals, everybody connects, and within bounded virtual time each device
// holds what the store shows its user, every write has its outcome, and nothing is owed.

import { isDeepStrictEqual } from "node:util";
import { wireRow } from "../../actors/wire.js";
import type { View } from "../../src/client/store.js";
import { effectiveSeen } from "../../src/domain/conversation.js";
import { sees } from "../../src/domain/visibility.js";
import { history } from "../../src/journal/history.js";
import { type Listed, list } from "../../src/journal/list.js";
import { pull } from "../../src/journal/pull.js";
import type { WireMessage } from "../../src/protocol/frames.js";
import { noTickets } from "../helpers/no-tickets.js";
import type { Phone } from "./phone.js";
import { soundDisk } from "./store.js";
import { whileAway } from "./told.js";
import { Violation, type World } from "./world.js";

/** Longest virtual time until all is level again. */
const settleMsMax = 240_000;
const pollMs = 1_000;
const stepsMax = 400_000;
/** Bytes of a page that is not cut. */
const everything = Number.POSITIVE_INFINITY;

export async function settle(world: World): Promise<void> {
	world.note("-- everything heals");
	Object.assign(world.faults, soundDisk);
	world.network.latencyMsMax = 2;
	for (const { link } of world.calls) link.heal();
	const { scheduler } = world;
	const from = scheduler.now;
	const stepsUntil = scheduler.steps + stepsMax;
	let missing: string[] = [];
	while (scheduler.now - from < settleMsMax) {
		if (world.host.core === null) await world.host.start();
		for (const phone of world.phones) if (!phone.running) phone.start();
		const until = scheduler.now + pollMs;
		while (scheduler.now < until && (await scheduler.step())) {
			if (world.violation !== null) throw new Violation(world.violation);
			if (scheduler.steps > stepsUntil) throw new Violation("it never comes to rest");
		}
		missing = await unsettled(world);
		if (missing.length === 0) break;
	}
	if (missing.length > 0) throw new Violation(missing.slice(0, 12).join("\n  "));
	books(world);
	if (world.violation !== null) throw new Violation(world.violation);
}

/** What is not yet as it should be, in words; nothing: all is settled. */
async function unsettled(world: World): Promise<string[]> {
	const said = world.host.unwell();
	for (const phone of world.phones) {
		if (!phone.ready) said.push(`${phone.name} is not connected (${phone.stopped})`);
		if (phone.open.size > 0) said.push(`${phone.name} waits for ${phone.open.size} answers`);
		for (const { conversation, queue } of phone.store.streams()) {
			if (queue.length > 0) said.push(`${phone.name} has ${queue.length} for ${conversation}`);
		}
		for (const one of phone.store.moving()) said.push(`${phone.name} still moves ${one}`);
	}
	for (const { link, owed, phone } of world.calls) {
		if (!link.serverAlive || owed.size === 0) continue;
		said.push(`${phone.name} is owed ${[...owed].flat().join(" ")}`);
	}
	if (said.length > 0) return said;
	for (const phone of world.phones) said.push(...(await behind(world, phone)));
	return said;
}

/** Where a phone differs from what its user may see. */
async function behind(world: World, phone: Phone): Promise<string[]> {
	const journal = world.host.disk?.inner;
	if (journal === undefined) return ["no disk"];
	const said: string[] = [];
	const { entries } = await list(journal, phone.user, null, 1_000, everything);
	for (const entry of entries) {
		const { conversation } = entry;
		const what = `${phone.name}: ${conversation}`;
		// Not by `view`, which a planted fault may have changed.
		const view = [...phone.store.views()].find((one) => one.conversation === conversation);
		if (view === undefined || view.reset) {
			said.push(`${what} is not there`);
			continue;
		}
		if (view.position > entry.position && entry.member.kind !== "channel") {
			said.push(`${what} is at ${view.position}, its end is ${entry.position}`);
		}
		const page = await history(journal, phone.user, conversation, null, 100_000, everything);
		const rows = (page?.rows ?? []).map((row) =>
			wireRow(row, { user: phone.user, tickets: noTickets }),
		);
		said.push(...rowsOf(world, phone, view, entry, rows).map((text) => `${what}/${text}`));
		said.push(...statuses(world, phone, view, entry).map((text) => `${what}: ${text}`));
		const rest = await pull(journal, phone.user, conversation, view.position, null, 99, 99_999);
		if (rest === null || rest.reset) said.push(`${what} cannot be pulled from ${view.position}`);
		else {
			const news = rest.items.filter((item) => item.type !== "watermarks");
			const [first] = news;
			if (first !== undefined) said.push(`${what} lacks ${first.type} at ${first.position}`);
		}
	}
	return said;
}

function rowsOf(
	world: World,
	phone: Phone,
	view: View,
	entry: Listed,
	shown: readonly WireMessage[],
): string[] {
	const said: string[] = [];
	const { intervals } = entry.member;
	const numbers = new Set(shown.map((row) => row.seq));
	for (const row of shown) {
		const held = view.rows.get(row.seq);
		if (held === undefined) {
			if (row.seq >= view.first) said.push(`${row.seq} is missing (from ${view.first})`);
			continue;
		}
		// What changed a row between a cut and a return is told neither then nor later; a device goes
		// on from what it held.
		if (changedAway(world, entry, row.seq)) continue;
		if (row.state !== "skip") {
			// An answer that passes a full mailbox overtakes the row with the frozen status before it.
			const overtaken = (world.config.mailboxMax ?? 0) < 100 && held.frozen === null;
			const compared = overtaken ? { ...row, frozen: null } : row;
			for (const text of differences(held, compared)) {
				said.push(`${row.seq} (${held.changed}, ${row.changed}) has ${text}`);
			}
			continue;
		}
		// What was held before the cut stays; what was never theirs must not be there.
		const kept = held.state === "skip" || !whileAway(intervals, held.changed);
		const withheld = world.ledger.facts(entry.conversation).messages[row.seq - 1]?.withheldFrom;
		if (!kept || (withheld === phone.user && held.state !== "skip")) {
			said.push(`${row.seq} is held, shown as a skip`);
		}
	}
	for (const held of view.rows.values()) {
		if (!numbers.has(held.seq) && held.state !== "skip") {
			said.push(`${held.seq} is held as ${held.state}, and history has none`);
		}
	}
	return said;
}

/** Something happened to a message while the user was no member. */
function changedAway(world: World, { conversation, member }: Listed, seq: number): boolean {
	for (const [position, event] of world.ledger.facts(conversation).events) {
		if (!("seq" in event) || event.seq !== seq) continue;
		if (whileAway(member.intervals, position)) return true;
	}
	return false;
}

/** The fields in which two versions of a row differ. */
function differences(held: WireMessage, shown: WireMessage): string[] {
	if (isDeepStrictEqual(held, shown)) return [];
	const [one, other] = [plain(held), plain(shown)];
	return Object.keys(one).flatMap((name) =>
		one[name] === other[name] ? [] : [`${name} ${one[name]} for ${other[name]}`],
	);
}

function plain(row: WireMessage): Record<string, string> {
	const { body, reactions, ...fields } = row;
	const content = body && {
		id: hex(body.id),
		contentType: body.contentType,
		content: hex(body.content),
		replyTo: body.replyTo,
		mentions: body.mentions,
		media: body.media,
	};
	const sorted = reactions.map((one) => `${one.user}${one.emoji}`).sort();
	const all = Object.entries({ ...fields, body: content, reactions: sorted });
	return Object.fromEntries(all.map(([name, value]) => [name, JSON.stringify(value)]));
}

function hex(bytes: Uint8Array): string {
	return Buffer.from(bytes).toString("hex");
}

/** The status of each own message, and what of others' messages counts as seen. */
function statuses(world: World, phone: Phone, view: View, entry: Listed): string[] {
	const { kind, intervals } = entry.member;
	const open = intervals.at(-1)?.to === null;
	if (kind === "channel" || !open) return [];
	const differences: string[] = [];
	const facts = world.ledger.facts(entry.conversation);
	// Of what was said before a device began with the list it knows no watermarks.
	const start = view.entry?.start ?? 0;
	for (const row of view.rows.values()) {
		if (row.position <= start) continue;
		if (row.state === "skip" || row.frozen !== null || row.seq > view.held) continue;
		for (const [reader, stored] of facts.watermarks) {
			const own = row.sender === phone.user;
			if (own === (reader === phone.user)) continue;
			if (!own && reader !== phone.user) continue;
			const member = facts.members.get(reader);
			if (member === undefined || !sees(member.intervals, row.seq)) continue;
			// What was seen with a message shares its position; a device that was cut off between the two
			// learns of it when somebody sees more.
			if (facts.messages.some((it) => it.sender === reader && (it.seenUpTo ?? 0) >= row.seq)) {
				continue;
			}
			const known = view.watermarks.get(reader);
			const told = { delivered: known?.delivered ?? 0, seen: known?.seen ?? 0 };
			const said = own ? 0 : Math.max(phone.saidSeen.get(entry.conversation) ?? 0, view.seen);
			told.seen = Math.max(told.seen, Math.min(said, effectiveSeen(stored)));
			const differs =
				effectiveSeen(stored) >= row.seq !== told.seen >= row.seq ||
				(own && stored.delivered >= row.seq !== told.delivered >= row.seq);
			if (differs) {
				const has = `${stored.delivered}/${effectiveSeen(stored)}`;
				const shows = `${told.delivered}/${told.seen}`;
				differences.push(`of ${row.seq} by ${row.sender} ${reader} has ${has}, shown is ${shows}`);
			}
		}
	}
	return differences;
}

/** What phones were told for good, held against what is stored. */
function books(world: World): void {
	for (const phone of world.phones) {
		for (const { item, outcome, code } of phone.verdicts) {
			const { command, conversation } = item;
			if (command.type !== "send" || conversation === null) continue;
			const name = Buffer.from(command.id).toString("hex");
			const stored = world.ledger.sends.get(name);
			const what = `${phone.name}: send ${item.n} in ${conversation}`;
			// A restored backup sends again what was refused after it was made.
			if (outcome === null && stored !== undefined && phone.restores === 0) {
				world.complain(`${what} was refused (${code}) and is message ${stored.seq}`);
			}
			if (outcome === null) continue;
			// After a restore a number may have been given twice, and a row without its first content no
			// longer tells whose it was: taken as its own, so that nothing is sent twice.
			const veiled = world.ledger.veiled(phone.user, { conversation, seq: outcome.seq });
			if (phone.restores > 0 && veiled) continue;
			if (stored?.conversation !== conversation || stored.seq !== outcome.seq) {
				world.complain(`${what} was accepted as ${outcome.seq}, and is ${stored?.seq}`);
			}
		}
	}
}
