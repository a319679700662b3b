// Files in a chat: sending one with its progress in sight, saving those of a message under
// names that do no harm. The transfers themselves are the SDK's.

import { existsSync, readdirSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { basename, join, parse } from "node:path";
import { openMedia } from "../sdk/media.js";
import type { Conversation, MediaFile } from "../sdk/types.js";
import type { Chat } from "./chat.js";
import { withSigns } from "./commands.js";
import { pick } from "./find.js";
import { harmlessLine } from "./text.js";
import { sizeText } from "./theme.js";

/** `/send path words`. Resolves when it is uploaded and the message is queued. */
export async function sendFile(
	chat: Chat,
	conversation: Conversation,
	[path = "", ...words]: readonly string[],
): Promise<void> {
	const file = atHome(path);
	if (!existsSync(file)) return chat.say("bad", `there is no ${harmlessLine(path)}`);
	const upload = await chat.transfer("up", basename(file), (options) =>
		openMedia(chat.client).upload(file, options),
	);
	conversation.send({ text: withSigns(words.join(" ")), media: [upload] });
	chat.unreadFrom = null;
	chat.changed();
}

/** `/save #n path`: all files of a message, into a folder or, when it is one, under a name. */
export async function saveFiles(
	chat: Chat,
	conversation: Conversation,
	seq: number | null,
	path: string,
): Promise<void> {
	const { media } = pick(conversation, seq, ({ media }) => media.length > 0);
	if (media.length === 0) return chat.say("bad", `#${seq} has no files`);
	const given = atHome(path);
	const named = path !== "" && !isFolder(given);
	if (named && media.length > 1) return chat.say("bad", `${harmlessLine(path)} is no folder`);
	if (named && existsSync(given)) return chat.say("bad", `${harmlessLine(path)} is there already`);
	const saved: string[] = [];
	for (const file of media) {
		const to = named ? given : free(path === "" ? "." : given, nameOf(file));
		await chat.transfer("down", nameOf(file), (options) => file.save(to, options));
		saved.push(`${to} (${sizeText(file.size)})`);
	}
	chat.say("good", `saved ${saved.join(", ")}`);
}

function atHome(path: string): string {
	return path === "~" || path.startsWith("~/") ? join(homedir(), path.slice(1)) : path;
}

/** For Tab: what there is that begins so. Names with blanks would need quotes, and are left out. */
export function pathsLike(begun: string): string[] {
	const folder = /^.*\//.exec(begun)?.[0] ?? "";
	const rest = begun.slice(folder.length);
	try {
		return readdirSync(atHome(folder === "" ? "." : folder), { withFileTypes: true })
			.filter(({ name }) => name.startsWith(rest) && !/\s/.test(name))
			.filter(({ name }) => rest !== "" || !name.startsWith("."))
			.map((entry) => `${folder}${entry.name}${entry.isDirectory() ? "/" : ""}`)
			.sort();
	} catch {
		// No such folder, or none that may be read: nothing fits.
		return [];
	}
}

function isFolder(path: string): boolean {
	return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/** A name that its sender chose, as one of a file here: no folder, nothing hidden, never empty. */
export function nameOf({ name, hash }: Pick<MediaFile, "name" | "hash">): string {
	const base = name.split(/[/\\]/).at(-1) ?? "";
	const plain = base
		.replace(/[\p{C}\u2028\u2029]/gu, "")
		.replace(/^[.\s-]+/, "")
		.trimEnd();
	return plain === "" ? Buffer.from(hash.subarray(0, 6)).toString("hex") : plain;
}

/** In this folder, with a number when the name is taken. */
function free(folder: string, name: string): string {
	const { name: stem, ext } = parse(name);
	for (let count = 1; ; count += 1) {
		const path = join(folder, count === 1 ? name : `${stem} (${count})${ext}`);
		if (!existsSync(path)) return path;
	}
}
