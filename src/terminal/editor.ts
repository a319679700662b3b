// The input line: what is typed, where the cursor is, what was typed before. Pure: a key goes in,
// the next state comes out. A position is a number of clusters, so that no key ever cuts a
// character.

import type { Key } from "./keys.js";
import { clusters, harmless } from "./text.js";

export interface Editor {
	readonly text: string;
	/** Clusters before the cursor. */
	readonly cursor: number;
	/** What was entered, oldest first. */
	readonly history: readonly string[];
	/** Which entry of the history is shown; null: what is being typed. */
	readonly recalled: number | null;
	/** What was being typed when the history was opened. */
	readonly draft: string;
	/** What was cut last, for Ctrl-Y. */
	readonly cut: string;
}

const historyMax = 500;

export const emptyEditor: Editor = {
	text: "",
	cursor: 0,
	history: [],
	recalled: null,
	draft: "",
	cut: "",
};

export function withText(editor: Editor, text: string): Editor {
	return { ...editor, text, cursor: clusters(text).length };
}

/** The line was entered: it is remembered, and the next one is empty. */
export function entered(editor: Editor): Editor {
	const { history, text } = editor;
	const next = history.at(-1) === text || text === "" ? history : [...history, text];
	const { cut } = editor;
	return { ...emptyEditor, history: next.slice(-historyMax), cut };
}

/** Null: the key means nothing to an input line. */
export function edit(editor: Editor, key: Key): Editor | null {
	switch (key.type) {
		case "text":
			return insert(editor, key.text);
		case "paste":
			return insert(editor, key.text);
		case "focus":
			return null;
		case "chord":
			return key.ctrl ? controlled(editor, key.letter) : alternate(editor, key.letter);
		case "key":
			return moved(editor, key);
		default:
			return key satisfies never;
	}
}

function insert(editor: Editor, raw: string): Editor {
	const all = clusters(editor.text);
	const before = all.slice(0, editor.cursor).join("") + harmless(raw);
	const text = before + all.slice(editor.cursor).join("");
	// Counted anew: a combining mark joins what stands before it.
	return { ...editor, text, cursor: clusters(before).length };
}

function moved(editor: Editor, key: Key & { readonly type: "key" }): Editor | null {
	const { cursor } = editor;
	const last = clusters(editor.text).length;
	const words = key.ctrl || key.alt;
	switch (key.name) {
		case "left":
			return at(editor, words ? wordLeft(editor) : cursor - 1);
		case "right":
			return at(editor, words ? wordRight(editor) : cursor + 1);
		case "home":
			return at(editor, 0);
		case "end":
			return at(editor, last);
		case "backspace":
			return words ? remove(editor, wordLeft(editor), cursor) : erase(editor, cursor - 1, cursor);
		case "delete":
			return erase(editor, cursor, cursor + 1);
		case "up":
			return key.alt || key.ctrl ? null : recall(editor, -1);
		case "down":
			return key.alt || key.ctrl ? null : recall(editor, 1);
		case "enter":
			return key.alt ? insert(editor, "\n") : null;
		default:
			return null;
	}
}

function controlled(editor: Editor, letter: string): Editor | null {
	const { cursor } = editor;
	const last = clusters(editor.text).length;
	switch (letter) {
		case "a":
			return at(editor, 0);
		case "e":
			return at(editor, last);
		case "b":
			return at(editor, cursor - 1);
		case "f":
			return at(editor, cursor + 1);
		case "d":
			return last === 0 ? null : erase(editor, cursor, cursor + 1);
		case "h":
			return erase(editor, cursor - 1, cursor);
		case "k":
			return remove(editor, cursor, last);
		case "u":
			return remove(editor, 0, cursor);
		case "w":
			return remove(editor, wordLeft(editor), cursor);
		case "y":
			return insert(editor, editor.cut);
		case "p":
			return recall(editor, -1);
		case "n":
			return recall(editor, 1);
		default:
			return null;
	}
}

function alternate(editor: Editor, letter: string): Editor | null {
	switch (letter) {
		case "b":
			return at(editor, wordLeft(editor));
		case "f":
			return at(editor, wordRight(editor));
		case "d":
			return remove(editor, editor.cursor, wordRight(editor));
		default:
			return null;
	}
}

function at(editor: Editor, cursor: number): Editor {
	const last = clusters(editor.text).length;
	return { ...editor, cursor: Math.min(last, Math.max(0, cursor)) };
}

function erase(editor: Editor, from: number, to: number): Editor {
	const all = clusters(editor.text);
	const start = Math.max(0, from);
	const before = all.slice(0, start).join("");
	const text = before + all.slice(to).join("");
	return { ...editor, text, cursor: Math.min(start, clusters(text).length) };
}

/** Erases a stretch that can be put back. */
function remove(editor: Editor, from: number, to: number): Editor {
	const cut = clusters(editor.text).slice(from, to).join("");
	return { ...erase(editor, from, to), cut: cut === "" ? editor.cut : cut };
}

function wordLeft({ text, cursor }: Editor): number {
	const all = clusters(text);
	let to = cursor;
	while (to > 0 && isGap(all[to - 1])) to -= 1;
	while (to > 0 && !isGap(all[to - 1])) to -= 1;
	return to;
}

function wordRight({ text, cursor }: Editor): number {
	const all = clusters(text);
	let to = cursor;
	while (to < all.length && isGap(all[to])) to += 1;
	while (to < all.length && !isGap(all[to])) to += 1;
	return to;
}

function isGap(cluster: string | undefined): boolean {
	return cluster === undefined || /^[\s\p{P}]/u.test(cluster);
}

function recall(editor: Editor, step: -1 | 1): Editor {
	const { history, recalled, text } = editor;
	const next = (recalled ?? history.length) + step;
	if (next < 0 || next > history.length || (recalled === null && step === 1)) return editor;
	const draft = recalled === null ? text : editor.draft;
	if (next === history.length) {
		return { ...withText(editor, draft), recalled: null, draft: "" };
	}
	return { ...withText(editor, history[next] as string), recalled: next, draft };
}
