// Files on the screen: below what was said, and above the input while they are under way.

import t from "tap";
import { frame } from "../../src/terminal/frame.js";
import { asciiSigns, unicodeSigns } from "../../src/terminal/theme.js";
import type { MessageView, TransferView } from "../../src/terminal/view.js";
import { message, openView, rowsOf, typing, viewWith } from "./views.js";

process.env.TZ = "UTC";

const photo = { name: "summit.jpg", size: 2_100_000, contentType: "image/jpeg" };
const film = { name: "film.mp4", size: 200e6, contentType: "video/mp4" };

function transfer(way: "up" | "down", name: string, done: number): TransferView {
	return { way, name, done, size: 200e6 };
}

function rows(
	messages: readonly MessageView[],
	transfers: readonly TransferView[],
	{ columns = 60, signs = unicodeSigns, height = 11 } = {},
) {
	const view = viewWith(openView(messages), { transfers, editor: typing("hi") });
	return rowsOf(frame(view, { columns, rows: height }, { signs, order: "here" }));
}

t.test("files stand below the text, or alone, and go with a deleted message", async (t) => {
	const messages = [
		{ ...message(1, "bob", 20, "from the summit"), files: [photo, film] },
		{ ...message(2, "ann", 10, ""), files: [photo] },
		{ ...message(3, "ann", 1, ""), files: [photo], deleted: true },
	];
	t.strictSame(rows(messages, []).slice(-8), [
		"────────────────────────── Today ───────────────────────────",
		" 17:52   bob │ from the summit",
		"             │ ▤ summit.jpg  2.1 MB  image/jpeg",
		"             │ ▤ film.mp4  200 MB  video/mp4",
		" 18:02   ann │ ▤ summit.jpg  2.1 MB  image/jpeg         ✓✓●",
		" 18:11   ann │ deleted",
		"────────────────────────────────────────────────────────────",
		" › hi",
	]);
});

t.test("what is under way has a bar, two at most, and takes no room afterwards", async (t) => {
	const said = [message(1, "bob", 20, "hello")];
	const under = [
		transfer("up", "film.mp4", 84_900_000),
		transfer("down", "a name that is longer than there is room for.bin", 200e6),
		transfer("up", "third", 0),
	];
	t.strictSame(rows(said, under, { signs: asciiSigns }).slice(-5), [
		" 17:52   bob | hello",
		" ^ film.mp4            ########............  42 % of 200 MB",
		" v a name that is lo…  #################### 100 % of 200 MB",
		"------------------------------------------------------------",
		" > hi",
	]);
	t.equal(rows(said, under).length, 11);
	t.match(rows(said, [transfer("up", "new", 0)])[8], /░{20} {3}0 % of 200 MB$/);
	t.notMatch(rows(said, []).join("\n"), "%");
});
