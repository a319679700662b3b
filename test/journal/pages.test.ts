// How much one page of the store may hold: reactions count as the bytes they are.

import t from "tap";
import { history } from "../../src/journal/history.js";
import { list } from "../../src/journal/list.js";
import { pull } from "../../src/journal/pull.js";
import { Stage } from "./stage.js";

const names = Array.from({ length: 20 }, (_, i) => `${i}`.padEnd(50, "u"));

/** Four messages with a kilobyte of reactions each, and hardly any content. */
async function reacted(): Promise<Stage> {
	const stage = new Stage("c");
	await stage.create("group", "ann", ...names);
	for (let seq = 1; seq <= 4; seq += 1) await stage.send("ann", "m");
	for (let seq = 1; seq <= 4; seq += 1) {
		for (const name of names) await stage.react(name, seq, "+");
	}
	return stage;
}

t.test("history · reactions fill a page, one message at least comes", async (t) => {
	const { journal } = await reacted();
	const seqs = async (before: number | null, bytesMax: number) => {
		const page = await history(journal, "ann", "c", before, 100, bytesMax);
		return [page?.rows.map(({ seq }) => seq), page?.more];
	};
	t.same(await seqs(null, 100), [[4], true]);
	t.same(await seqs(null, 3_000), [[4, 3], true]);
	t.same(await seqs(3, 3_000), [[2, 1], false]);
	t.same(await seqs(null, 100_000), [[4, 3, 2, 1], false]);
});

t.test("pull · reactions fill a page, and the pages together hold all", async (t) => {
	const { journal, position: end } = await reacted();
	const seqs: number[] = [];
	let pages = 0;
	for (let position = 0; position < end; pages += 1) {
		const page = await pull(journal, "ann", "c", position, null, 100, 3_000);
		if (page === null || page.reset) throw new Error("no page");
		const rows = page.items.flatMap((it) => (it.type === "message" ? [it.row.seq] : []));
		t.ok(rows.length <= 2, `${rows.length} messages`);
		seqs.push(...rows);
		position = page.position;
	}
	t.same(seqs, [1, 2, 3, 4]);
	t.ok(pages > 2);
});

t.test("list · the newest messages fill a page, one entry at least comes", async (t) => {
	const one = await reacted();
	for (const id of ["d", "e"]) {
		const other = new Stage(id, one.journal);
		await other.create("group", "ann");
		await other.send("ann", "m".repeat(1_000));
	}
	const pages: string[][] = [];
	for (let cursor: string | null = null, more = true; more; ) {
		const page = await list(one.journal, "ann", cursor, 100, 1_500);
		pages.push(page.entries.map(({ conversation }) => conversation));
		cursor = page.cursor;
		more = cursor !== null;
	}
	t.same(pages, [["c"], ["d"], ["e"]]);
});
