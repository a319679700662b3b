// `colloquy chat` and those who never signed in: they are waited for, nobody is carried off.

import t from "tap";
import { runCli } from "../helpers/server-process.js";
import { onScreen, stage } from "./stage.js";

t.test("who is waited for never takes the screen from another", onScreen, async (t) => {
	const { server, chat, env } = await stage(t);
	const signIn = (user: string) =>
		runCli(["send", user, "x", "--as", user, "--data", server.data], { env });
	await signIn("bob");
	const ann = chat("ann", "bob");
	await ann.until(/message to bob/);
	// Each is still being looked for when the next is wanted.
	for (const user of ["dora", "bob", "carol"]) ann.type(`/open ${user}`, "Enter");
	await ann.until(/carol has never signed in/);
	t.notMatch(ann.rows().join("\n"), "dora");
	await signIn("dora");
	ann.type("for bob alone");
	await signIn("carol");
	const seen = await ann.until(/carol is here now: \/open carol/);
	t.match(seen, /^ bob /m, "and bob stands open");
	t.match(seen, /› for bob alone$/m);
});
