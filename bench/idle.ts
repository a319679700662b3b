// What a user costs who does nothing: an authenticated session, a user actor, presence and one
// conversation each, in resident memory of the server once everything has settled, without a forced
// collection. And one who is there and shows it: CPU while everybody pulses.

import { runLoad } from "./child.js";
import type { Flags } from "./flags.js";
import type { IdleOptions, IdleResult } from "./idle-load.js";
import { startServer } from "./server.js";
import type { Figures } from "./table.js";

export async function idle(flags: Flags): Promise<Figures[]> {
	const parameters = {
		users: flags.number("users", 1_000),
		settle: flags.number("settle", flags.on("sustained") ? 60 : 10),
		pulse: flags.number("pulse", 5),
	};
	const server = await startServer();
	try {
		const { url, secret, pid: serverPid } = server;
		const options: IdleOptions = { url, secret, serverPid, ...parameters };
		const result = await runLoad<IdleResult>("idle-load.js", options);
		return [{ name: "idle", parameters, ...result }];
	} finally {
		await server.discard();
	}
}
