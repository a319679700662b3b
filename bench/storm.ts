// Everybody comes back at once: first after a cut of the network, with the server running, then
// after the server was killed and started again.

import { runLoad } from "./child.js";
import type { Flags } from "./flags.js";
import { startServer } from "./server.js";
import type { StormOptions, StormResult } from "./storm-load.js";
import type { Figures } from "./table.js";

export async function storm(flags: Flags): Promise<Figures[]> {
	const parameters = { users: flags.number("users", 1_000) };
	const server = await startServer();
	// The load kills it; it is started again as soon as it has ended.
	const again = server.restart();
	try {
		const { url, secretFile, pid: serverPid } = server;
		const people = { secretFile, tokenFile: null, first: 0 };
		const options: StormOptions = { url, people, serverPid, ...parameters };
		const [cut, kill] = await runLoad<[StormResult, StormResult]>("storm-load.js", options);
		return [
			{ name: "storm: cut", parameters, ...cut },
			{ name: "storm: server killed", parameters, ...kill },
		];
	} finally {
		await server.kill();
		await (await again).discard();
	}
}
