// The scenarios of what is on disk, as small as they get: they come to an end, find no fault, and
// their figures are of the right kind.

import t from "tap";
import type { BenchDocument } from "../../bench/document.js";
import { runCli } from "../helpers/server-process.js";

// Servers are started again and again: a busy machine takes its time.
t.setTimeout(180_000);

t.test("disk and recovery", async (t) => {
	const args = ["--messages", "20", "--pairs", "2", "--conversations", "4", "--quick"];
	const { code, stdout, stderr } = await runCli(["bench", "disk", "recovery", ...args, "--json"], {
		withinMs: 120_000,
	});
	t.equal(code, 0, `${stderr}${stdout}`);
	const [disk, recovery] = (JSON.parse(stdout) as BenchDocument).scenarios;
	t.match(disk, { name: "disk", faults: 0, correctness: { lost: 0 } });
	t.ok((disk?.messages as number) >= 20);
	t.ok((disk?.keptPerByte as number) > 1, "texts are incompressible");
	t.ok((disk?.keptBeforeCompaction as number) >= (disk?.keptPerByte as number));
	t.match(recovery, {
		parameters: { conversations: 4, messages: 20 },
		startMs: Number,
		startAfterKillMs: Number,
		firstAnswerMs: Number,
		faults: 0,
	});
});
