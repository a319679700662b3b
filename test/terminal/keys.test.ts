// Bytes to keys, cut anywhere.

import t from "tap";
import { type Key, KeyReader } from "../../src/terminal/keys.js";

function keys(...chunks: string[]): Key[] {
	const reader = new KeyReader();
	return chunks.flatMap((chunk) => reader.read(chunk));
}

function named(name: string, more: object = {}) {
	return { type: "key", name, ctrl: false, alt: false, shift: false, ...more };
}

t.test("text, controls and keys in one piece", async (t) => {
	t.strictSame(keys("hé👍\r\u007f\t\u0003"), [
		{ type: "text", text: "hé👍" },
		named("enter"),
		named("backspace"),
		named("tab"),
		{ type: "chord", letter: "c", ctrl: true },
	]);
});

t.test("cursor keys in both forms, with modifiers", async (t) => {
	t.strictSame(keys("\u001b[A\u001bOB\u001b[1;5C\u001b[1;3D\u001b[1;2H\u001b[Z"), [
		named("up"),
		named("down"),
		named("right", { ctrl: true }),
		named("left", { alt: true }),
		named("home", { shift: true }),
		named("tab", { shift: true }),
	]);
	t.strictSame(keys("\u001b[5~\u001b[6~\u001b[3~\u001b[1~\u001b[4~"), [
		named("pageUp"),
		named("pageDown"),
		named("delete"),
		named("home"),
		named("end"),
	]);
});

t.test("Alt with a letter, with Enter, with Backspace", async (t) => {
	t.strictSame(keys("\u001bb\u001b\r\u001b\u007f"), [
		{ type: "chord", letter: "b", ctrl: false },
		named("enter", { alt: true }),
		named("backspace", { alt: true }),
	]);
});

t.test("a sequence that comes in pieces is one key", async (t) => {
	t.strictSame(keys("\u001b", "[", "1;", "5C", "x"), [
		named("right", { ctrl: true }),
		{ type: "text", text: "x" },
	]);
});

t.test("Escape alone is a key once nothing follows", async (t) => {
	const reader = new KeyReader();
	t.strictSame(reader.read("\u001b"), []);
	t.ok(reader.waits);
	t.strictSame(reader.flush(), [named("escape")]);
	t.notOk(reader.waits);
	t.strictSame(reader.flush(), []);
});

t.test("of what is typed after Escape nothing is lost, also in one piece", async (t) => {
	t.strictSame(keys("\u001b/members\r"), [
		named("escape"),
		{ type: "text", text: "/members" },
		named("enter"),
	]);
	t.strictSame(keys("\u001b👍"), [named("escape"), { type: "text", text: "👍" }]);
});

t.test("what is pasted is text, whatever keys it looks like, in any pieces", async (t) => {
	const pasted = "a\r\nb\u001b[A\u0003";
	t.strictSame(keys(`\u001b[200~${pasted.slice(0, 3)}`, `${pasted.slice(3)}\u001b[20`, "1~x"), [
		{ type: "paste", text: pasted },
		{ type: "text", text: "x" },
	]);
});

t.test("focus is told, unknown sequences are nothing", async (t) => {
	t.strictSame(keys("\u001b[I\u001b[O"), [
		{ type: "focus", on: true },
		{ type: "focus", on: false },
	]);
	t.strictSame(keys("\u001b[99;99;99m\u001b[?1;2cx"), [{ type: "text", text: "x" }]);
	t.strictSame(keys(`\u001b[${"9".repeat(60)}`, "x"), [{ type: "text", text: "x" }]);
});
