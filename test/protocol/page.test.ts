// docs/protocol.md against the code: codes, fields, words, errors and permissions are the same.

import t from "tap";
import { describe, type ErrorCode, errorTable } from "../../src/base/errors.js";
import { clientOps } from "../../src/protocol/client-ops.js";
import { commands } from "../../src/protocol/commands.js";
import { commandCode, opCode } from "../../src/protocol/frames.js";
import * as limits from "../../src/protocol/limits.js";
import type { Variants } from "../../src/protocol/record.js";
import { changes, items } from "../../src/protocol/records.js";
import { results, serverOps } from "../../src/protocol/server-ops.js";
import * as words from "../../src/protocol/words.js";
import { page, type Row, table, tableOf } from "./documented.js";

/** `name: type` and `name?: type`, but not what stands in brackets. */
function documentedFields(cell: string): string[] {
	const flat = cell.replace(/\(the code of [^)]*\)/, "").replace(/\[\[.*?\]\]|\[[^\]]*\]/g, "");
	return [...flat.matchAll(/(\w+)(\??):/g)].map(([, name, mark]) => `${name}${mark}`);
}

/** What differs between rows `code | name | fields` and the code; empty: nothing. */
function differences(rows: readonly Row[], coded: Variants): string[] {
	const found: string[] = [];
	const left = new Map(coded.byType);
	for (const [code, name, fields] of rows) {
		const own = left.get(name as string);
		left.delete(name as string);
		if (own === undefined || String(own.code) !== code) {
			found.push(`${code} ${name} is not in the code`);
			continue;
		}
		const inCode = own.rows.map(
			([field, type]) => `${field}${type.missing === undefined ? "" : "?"}`,
		);
		const onPage = documentedFields(fields as string);
		if (inCode.join() !== onPage.join()) found.push(`${name}: ${onPage} but ${inCode} in the code`);
	}
	return [...found, ...[...left.keys()].map((name) => `${name} is not on the page`)];
}

const without = (rows: readonly Row[], name: string) => rows.filter((row) => row[1] !== name);

t.test("the operations on the page are those of the code, field by field", async (t) => {
	t.same(differences(without(tableOf("P-9.1"), "write"), clientOps), []);
	t.same(differences(without(tableOf("P-11.1"), "result"), serverOps), []);
	t.same(differences(tableOf("P-11.2"), results), []);
	t.same(differences(tableOf("P-10.1"), commands), []);
	t.same(differences(tableOf("P-10.3"), changes), []);
	t.same(differences(tableOf("P-10.4"), items), []);
});

t.test("every code of an operation and a command is on the page", async (t) => {
	const coded = (codes: Readonly<Record<string, number>>) =>
		Object.entries(codes).map(([name, code]) => `${code} ${name}`);
	const onPage = (rows: readonly Row[]) => rows.map(([code, name]) => `${code} ${name}`);
	t.same(onPage([...tableOf("P-9.1"), ...tableOf("P-11.1")]), coded(opCode));
	t.same(onPage(tableOf("P-10.1")), coded(commandCode));
	t.same(onPage(tableOf("P-10.3")), coded(words.changeCode));
	t.same(onPage(tableOf("P-10.4")), coded(words.itemCode));
});

t.test("the words on the page have the numbers of the code", async (t) => {
	const sets = new Map(tableOf("P-2.9").map(([name, list]) => [name, list]));
	const listed = (list: readonly string[]) => list.map((word, i) => `${i} ${word}`).join(", ");
	t.equal(sets.get("kind"), listed(words.kinds));
	t.equal(sets.get("role"), `${listed(words.entryRoles)} (only in an entry of the list)`);
	t.same(words.entryRoles.slice(0, 3), words.roles);
	t.equal(sets.get("state"), listed(words.states));
	t.equal(sets.get("status"), listed(words.statuses));
	t.equal(sets.get("visibility"), listed(words.visibilities));
	t.equal(sets.get("presence"), listed(words.presences));
	t.equal(sets.get("ack"), listed(words.acks));
});

t.test("the errors on the page are those of the code, in its order", async (t) => {
	const coded = (Object.keys(errorTable) as ErrorCode[]).map((code) => {
		const { message, action, retryable, close, http } = describe(code);
		const shown = [close ?? "-", http ?? "-"].map(String);
		return [code, message, action, retryable ? "yes" : "no", ...shown];
	});
	t.same(table("errors"), coded);
});

t.test("close codes tell whether to reconnect", async (t) => {
	for (const [code, , , retryable, close] of table("errors")) {
		const number = Number(close);
		if (close === "-" || number < 4_000) continue;
		t.equal(number < 4_500, retryable === "yes" || code === "REDIRECT", code as string);
	}
});

t.test("the limits on the page are those of the code", async (t) => {
	const fields = [...tableOf("P-9.1"), ...tableOf("P-10.1"), ...tableOf("P-10.2")]
		.map((row) => row.join(" "))
		.join(" ");
	const bounds = [
		["token: text", limits.tokenBytesMax],
		["client?: text", limits.clientBytesMax],
		["cursor?: text", limits.cursorBytesMax],
		["users: [user]", limits.usersMax],
		["position: uint]]", limits.heldMax],
		["contentType: text", limits.contentTypeBytesMax],
		["mentions?: [user]", limits.mentionsMax],
		["media?: [media]", limits.mediaMax],
		["emoji?: text", limits.emojiBytesMax],
		["title: text", limits.titleBytesMax],
		["link: text", limits.linkBytesMax],
		["name: text", limits.nameBytesMax],
		["picture: text", limits.pictureBytesMax],
		["description?: text", limits.descriptionBytesMax],
		["ticket: bytes", limits.ticketBytesMax],
	] as const;
	for (const [field, max] of bounds) t.ok(fields.includes(`${field}≤${max}`), field);
	t.ok(fields.includes(`id: bytes ${limits.messageIdBytesMin}–${limits.messageIdBytesMax}`));
	for (const number of [limits.clientTimeMin, limits.clientTimeMax, limits.ttlMsMax]) {
		t.ok(page.includes(String(number)), String(number));
	}
	t.ok(page.includes(String(limits.muteUntilMax)));
	t.ok(page.includes(`nest at most ${limits.depthMax} deep`));
	t.ok(
		page.includes(`operations in one message | ${limits.opsPerFrameMax.toLocaleString("en")} |`),
	);
});

const columns = ["owner", "admin", "member", "outsider", "removed", "blocked", "blocker"];

t.test("the tables of permissions are complete and speak only of known outcomes", async (t) => {
	const kinds = ["group", "channel", "direct"];
	const rows = new Map(kinds.map((kind) => [kind, permissions(kind)]));
	t.same([...(rows.get("group")?.keys() ?? [])], [...(rows.get("channel")?.keys() ?? [])]);
	for (const [kind, operations] of rows) {
		for (const [operation, cells] of operations) {
			t.equal(cells.length, columns.length, `${kind} ${operation}`);
			for (const cell of cells) {
				const known = ["ok", "silent", "-"].includes(cell) || Object.hasOwn(errorTable, cell);
				if (!known) t.fail(`${kind} ${operation}: ${cell} is no outcome`);
			}
			t.ok(rows.get("group")?.has(operation) || kind === "direct", operation);
		}
	}
});

function permissions(kind: string): Map<string, string[]> {
	const begin = page.indexOf(`<!-- permissions:begin ${kind} -->`);
	const lines = page.slice(begin, page.indexOf("<!-- permissions:end -->", begin)).split("\n");
	const cells = lines
		.filter((line) => line.startsWith("| "))
		.map((line) =>
			line
				.split("|")
				.slice(1, -1)
				.map((cell) => cell.trim()),
		);
	const [head = [], ...rows] = cells;
	if (head.slice(1).join() !== columns.join()) throw new Error(`columns of ${kind}: ${head}`);
	return new Map(rows.map(([operation, ...outcomes]) => [operation as string, outcomes]));
}

t.test("every clause has a number of its own, and every clause cited exists", async (t) => {
	const defined = [...page.matchAll(/^\[(P-\d+\.\d+)\]/gm)].map(([, clause]) => clause as string);
	t.equal(new Set(defined).size, defined.length);
	const cited = [...page.matchAll(/\((\d+\.\d+)(?:[,)])/g)].map(([, clause]) => `P-${clause}`);
	for (const clause of cited) t.ok(defined.includes(clause), clause);
});
