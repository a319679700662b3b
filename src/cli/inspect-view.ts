// What `inspect` prints for people: the same facts as with --json, folded to what a screen shows.

import type { ConversationFacts, MessageFacts, UserFacts } from "./inspect-read.js";
import type { Paint } from "./output.js";
import { type Column, fit, grouped, heading, line } from "./table.js";

/** Members, devices and conversations that are shown; the rest is a number. */
const shownMax = 20;

export function conversationView(facts: ConversationFacts, paint: Paint): string {
	const columns: readonly Column[] = [
		{ title: "member", width: 24 },
		{ title: "role", width: 8 },
		{ title: "sees", width: 20 },
		{ title: "delivered", width: 9, right: true },
		{ title: "seen", width: 9, right: true },
	];
	const title = facts.title === "" ? "" : `  “${facts.title}”`;
	return [
		`${paint("bold", facts.id)}  ${facts.conversationKind}${title}`,
		row("head", `${grouped(facts.head)} messages, position ${grouped(facts.position)}`, paint),
		row("created", `${time(facts.createdAt)} by ${facts.createdBy}`, paint),
		row("actor", registryText(facts.registry), paint),
		...(facts.blockedBy.length === 0 ? [] : [row("blocked", facts.blockedBy.join(", "), paint)]),
		"",
		paint("dim", heading(columns)),
		...facts.members
			.slice(0, shownMax)
			.map((member) =>
				line(columns, [
					member.user,
					member.active ? member.role : "removed",
					member.intervals.map(({ from, to }) => `${from}–${to ?? ""}`).join(" "),
					grouped(member.delivered),
					grouped(member.seen),
				]),
			),
		...rest(facts.members.length, paint),
		"",
	].join("\n");
}

export function messageView(message: MessageFacts, paint: Paint): string {
	const bytes = message.content === null ? 0 : Buffer.byteLength(message.content, "base64");
	const printable = message.text !== null && !/\p{Cc}/u.test(message.text.replaceAll("\n", " "));
	const body =
		message.state !== "live"
			? paint("dim", message.state)
			: printable
				? fit((message.text ?? "").replaceAll("\n", " "), 40)
				: paint("dim", `${bytes} bytes ${message.contentType}`);
	const seq = String(message.seq).padStart(6);
	const head = `${paint("dim", seq)}  ${time(message.at).slice(5, 19)}  ${fit(message.sender, 14)}`;
	return `${head}  ${paint("cyan", message.status)}  ${body}`;
}

export function userView(facts: UserFacts, paint: Paint): string {
	const columns: readonly Column[] = [
		{ title: "conversation", width: 40 },
		{ title: "role", width: 8 },
		{ title: "sees", width: 20 },
		{ title: "behind", width: 6 },
	];
	const name = facts.name === "" ? "" : `  “${facts.name}”`;
	return [
		`${paint("bold", facts.id)}  user${name}`,
		row("created", time(facts.createdAt), paint),
		row("actor", registryText(facts.registry), paint),
		row("presence", `shown to ${facts.presence}, last seen ${time(facts.lastSeen)}`, paint),
		...(facts.blocks.length === 0 ? [] : [row("blocks", facts.blocks.join(", "), paint)]),
		...facts.devices
			.slice(0, shownMax)
			.map((device) =>
				row(
					"device",
					`${fit(device.device, 36)} generation ${device.generation}, ${time(device.seenAt)}`,
					paint,
				),
			),
		"",
		paint("dim", heading(columns)),
		...facts.conversations
			.slice(0, shownMax)
			.map((one) =>
				line(columns, [
					one.conversation,
					one.role,
					one.intervals.map(({ from, to }) => `${from}–${to ?? ""}`).join(" "),
					one.pending ? "maybe" : "no",
				]),
			),
		...rest(facts.conversations.length, paint),
	].join("\n");
}

function row(name: string, text: string, paint: Paint): string {
	return `  ${paint("dim", name.padEnd(10))}${text}`;
}

function rest(count: number, paint: Paint): string[] {
	return count > shownMax ? [paint("dim", `… and ${grouped(count - shownMax)} more`)] : [];
}

function registryText(registry: UserFacts["registry"]): string {
	if (registry === null) return "not running";
	return registry.running ? `running as ${registry.pid}` : `not running (last ${registry.pid})`;
}

/** UTC, to the second. */
function time(at: number): string {
	return at === 0 ? "never" : `${new Date(at).toISOString().slice(0, 19)}Z`;
}
