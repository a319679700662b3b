// Lines that begin with a slash, and what Tab makes of half a line.

import t from "tap";
import { commands, complete, helpRows, namesMessage, parse } from "../../src/terminal/commands.js";
import { width } from "../../src/terminal/text.js";

const known = {
	people: ["bob", "bella", "carol"],
	messages: [12, 11, 3],
	paths: (begun: string) => [`${begun}es/`],
};

t.test("what has no slash is said, and two slashes say one", async (t) => {
	t.strictSame(parse("hello there "), { type: "say", text: "hello there" });
	t.strictSame(parse("  indented"), { type: "say", text: "  indented" });
	t.strictSame(parse("//etc/hosts"), { type: "say", text: "/etc/hosts" });
	t.strictSame(parse("   "), { type: "nothing" });
});

t.test("a command has words, and the number of a message where it takes one", async (t) => {
	t.match(parse("/open bob"), { name: "open", words: ["bob"], seq: null });
	t.match(parse('/group "Two words" bob carol'), { words: ["Two words", "bob", "carol"] });
	t.match(parse("/reply #12 yes, I  do"), { name: "reply", seq: 12, rest: "yes, I  do" });
	t.match(parse("/reply yes"), { seq: null, rest: "yes" });
	t.match(parse("/react 👍"), { seq: null, rest: "👍" });
	t.match(parse("/title #1 of many"), { seq: null, rest: "#1 of many" });
	t.match(parse("/hide #3"), { name: "hide", seq: 3 });
});

t.test("a beginning is enough when it is the only one", async (t) => {
	t.match(parse("/rep #1 x"), { name: "reply" });
	t.match(parse("/q"), { name: "quit" });
	t.match(parse("/re x"), { type: "wrong", why: /no command/ });
});

t.test("what is missing or unknown is told with the usage", async (t) => {
	t.match(parse("/nonsense"), { type: "wrong", why: /help/ });
	t.match(parse("/open"), { type: "wrong", why: /\/open who/ });
	t.match(parse("/edit #3"), { type: "wrong", why: /words/ });
});

t.test("numbers of messages are shown while one is asked for", async (t) => {
	t.ok(namesMessage("/reply "));
	t.ok(namesMessage("/rep"));
	t.notOk(namesMessage("/open bob"));
	t.notOk(namesMessage("reply"));
});

t.test("Tab completes commands, people, messages and signs", async (t) => {
	t.match(complete("/op", 3, known), { text: "/open ", cursor: 6, choices: [] });
	t.match(complete("/open b", 7, known), { text: "/open b", choices: ["bob", "bella"] });
	t.match(complete("/open bo", 8, known), { text: "/open bob " });
	t.match(complete("/reply ", 7, known), { text: "/reply #12 " });
	t.match(complete("/reply #1", 9, known), { choices: ["#12", "#11"] });
	t.match(complete("/send fil", 9, known), { text: "/send files/", cursor: 12 });
	t.equal(complete("/send file wor", 14, known), null, "words are no paths");
	t.match(complete("hi @ca", 6, known), { text: "hi @carol " });
	t.match(complete("nice :tad", 9, known), { text: "nice 🎉 " });
	t.equal(complete("hello", 5, known), null);
	t.match(complete("/op x", 3, known), { text: "/open x", cursor: 6 }, "what follows stays");
});

t.test("help names every command and fits a terminal of 80", async (t) => {
	const rows = helpRows();
	t.equal(rows.length, commands.length);
	for (const { usage, about } of rows) t.ok(width(usage) <= 24 && width(about) <= 52, usage);
});
