// What each command after a slash does. The table of them, and how a line becomes one, is
// `commands.ts`; whatever is refused is told in one line by the caller.

import { BrokerError } from "../base/errors.js";
import { userId } from "../base/ids.js";
import type { Conversation, ConversationInfo } from "../sdk/types.js";
import type { Chat } from "./chat.js";
import { type Entered, helpRows, helpUsageCells, withSigns } from "./commands.js";
import { saveFiles, sendFile } from "./files.js";
import { pick } from "./find.js";
import { blank, type Line, span } from "./line.js";
import { harmlessLine, pad } from "./text.js";
import { nameTone, whenOf } from "./theme.js";
import { listItem } from "./view-of.js";

/** An offline device that never heard of the members shows none after this. */
const membersWithinMs = 3_000;

type Command = Entered & { readonly type: "command" };

/** Errors: BrokerError as the server or the rules of ids have it. */
export async function perform(chat: Chat, command: Command): Promise<void> {
	const { client } = chat;
	switch (command.name) {
		case "open":
			return chat.go(command.words[0] as string);
		case "list":
			return chat.show({ title: "conversations", lines: listLines(chat) });
		case "group": {
			const [title = "", ...others] = command.words;
			await chat.enter(await client.create({ title, members: usersOf(others) }));
			return chat.say("good", `${title} is there`);
		}
		case "join":
			return chat.enter(await client.join(command.words[0] as string));
		case "block":
			for (const user of usersOf(command.words)) await client.block(user);
			return chat.say("good", "blocked");
		case "unblock":
			for (const user of usersOf(command.words)) await client.unblock(user);
			return chat.say("good", "no longer blocked");
		case "help":
			return chat.show({ title: "help", lines: helpLines() });
		case "cancel":
			return chat.cancel();
		case "quit":
			return chat.quit();
		default:
			return within(chat, command, command.name);
	}
}

/** Commands that need an open conversation. */
async function within(
	chat: Chat,
	command: Command,
	name: Exclude<
		Command["name"],
		"open" | "list" | "group" | "join" | "block" | "unblock" | "help" | "cancel" | "quit"
	>,
): Promise<void> {
	const { opened } = chat;
	if (opened === null) return chat.say("bad", "no conversation is open: /open who");
	// Those show how far they are.
	if (name === "send") return sendFile(chat, opened, command.words);
	if (name === "save") return saveFiles(chat, opened, command.seq, command.words[0] ?? "");
	// Said before the server has answered: without a connection it stays so.
	chat.say("faint", "…");
	switch (name) {
		case "add":
			await opened.add(...usersOf(command.words));
			return chat.say("good", `added ${command.words.join(", ")}`);
		case "remove":
			await opened.remove(...usersOf(command.words));
			return chat.say("good", `removed ${command.words.join(", ")}`);
		case "leave":
			await opened.leave();
			return chat.say("good", "you have left");
		case "title":
			await opened.rename(command.rest.trim());
			return chat.say("good", "renamed");
		case "members":
			chat.say("faint", "");
			return chat.show({ title: "members", lines: memberLines(await known(opened, chat), chat) });
		case "link":
			return chat.say("good", `/join ${await opened.link()}`);
		case "mute":
			return mute(chat, opened, command.words[0] ?? "8h");
		case "reply":
		case "react":
		case "edit":
		case "delete":
		case "hide":
			return withMessage(chat, opened, command, name);
		default:
			return name satisfies never;
	}
}

/** Commands about one message. */
async function withMessage(
	chat: Chat,
	opened: Conversation,
	command: Command,
	name: "reply" | "react" | "edit" | "delete" | "hide",
): Promise<void> {
	const { seq, rest } = command;
	const others = () => pick(opened, seq, ({ own }) => !own);
	const mine = () => pick(opened, seq, ({ own }) => own);
	switch (name) {
		case "reply":
			opened.send({ text: withSigns(rest), replyTo: others() });
			chat.unreadFrom = null;
			return chat.say("faint", "");
		case "react": {
			const emoji = withSigns(rest.trim());
			await opened.react(others(), emoji === "" ? null : emoji);
			return chat.say("faint", "");
		}
		case "edit":
			await opened.edit(mine(), rest);
			return chat.say("good", "edited");
		case "delete":
			await opened.deleteForAll(mine());
			return chat.say("good", "deleted for all");
		case "hide":
			await opened.deleteForMe(pick(opened, seq, () => true));
			return chat.say("good", "deleted for you");
		default:
			return name satisfies never;
	}
}

const muteUnits: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: 86_400_000 };

async function mute(chat: Chat, opened: Conversation, word: string): Promise<void> {
	if (word === "off") {
		await opened.mute(null);
		return chat.say("good", "no longer muted");
	}
	const [, number, unit = ""] = /^(\d{1,4})([mhd])$/.exec(word) ?? [];
	const ms = Number(number) * (muteUnits[unit] ?? Number.NaN);
	if (!(ms > 0)) return chat.say("bad", "/mute 30m, 8h, 7d or off");
	await opened.mute(chat.clock.now() + ms);
	return chat.say("good", `muted for ${word}`);
}

function usersOf(words: readonly string[]): string[] {
	return words.map((word) => {
		const user = userId(word.replace(/^@|,$/g, ""));
		if (user === null) throw new BrokerError("ID_INVALID", word);
		return user;
	});
}

function helpLines(): Line[] {
	const keys: readonly (readonly [string, string])[] = [
		["PageUp PageDown", "older and newer messages"],
		["Alt-Up Alt-Down", "the next conversation"],
		["Tab", "completes commands, names, #numbers and :+1:"],
		["Alt-Enter", "a new line; Ctrl-C or Ctrl-D leaves"],
	];
	const rows = [...helpRows().map(({ usage, about }) => [usage, about] as const), ...keys];
	return rows.map(([left, right]) => [
		blank(1),
		span(pad(left, helpUsageCells + 2), "accent"),
		span(right),
	]);
}

function listLines({ client, clock }: Chat): Line[] {
	const items = client.conversations.snapshot().map((summary) => listItem(client, summary));
	return items.map(({ title, unread, at, preview }) => [
		blank(1),
		span(pad(harmlessLine(title), 24), "text", { bold: unread > 0 }),
		span(pad(unread > 0 ? `${unread} new` : "", 8), "warn"),
		span(pad(at === null ? "" : whenOf(at, clock.now()), 11), "faint"),
		span(harmlessLine(preview), "faint"),
	]);
}

/** Members are asked for when somebody looks: of what was just entered they take a moment. */
function known({ info }: Conversation, { clock }: Chat): Promise<ConversationInfo> {
	return new Promise((resolve) => {
		const look = () => {
			if (info.snapshot().members.length > 0) done();
		};
		const done = () => {
			stop();
			timer.cancel();
			resolve(info.snapshot());
		};
		const stop = info.subscribe(look);
		const timer = clock.after(membersWithinMs, done);
		look();
	});
}

function memberLines(info: ConversationInfo, chat: Chat): Line[] {
	return info.members.map(({ user, role }) => [
		blank(1),
		span(pad(harmlessLine(user), 24), nameTone(user), { bold: user === chat.client.user }),
		span(role, "faint"),
	]);
}
