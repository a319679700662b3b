// The help desk as a process of its own: `node dist/test/examples/desk-main.js`.

import { createBroker } from "../../src/index.js";
import { Accounts, startDesk } from "./desk.js";

const accounts = new Accounts();
const broker = await createBroker(
	{ data: process.env.DESK_DATA ?? "./data", pingMs: 30_000 },
	{
		authenticate: accounts.authenticate,
		log: (level, event, fields) => console.error(JSON.stringify({ level, event, ...fields })),
	},
);
const desk = await startDesk(broker, accounts);
console.log(`desk on ${desk.url}`);

// Sessions first, while the server still stands under them; then the server.
process.once("SIGTERM", async () => {
	await broker.close({ graceMs: 5_000 });
	await desk.close();
});
