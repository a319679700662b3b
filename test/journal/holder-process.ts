// Run as a process of its own: opens the folder, says so, and writes one message a line that it is
// asked for, saying its number once it is committed. Meant to be killed.

import { createInterface } from "node:readline";
import { openStore, sender } from "./store.js";

const folder = process.argv[2] as string;
try {
	const { send } = await sender(await openStore(folder));
	console.log("open");
	createInterface({ input: process.stdin }).on("line", async () => {
		console.log(await send());
	});
} catch (error) {
	console.log((error as Error).message);
	process.exit(1);
}
