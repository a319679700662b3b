// ejabberd, without and with an archive. Practice: one scheduler for its one core, none that waits
// busily, kernel polling; only the modules that a cycle needs, no encryption. A's ack is that of
// stream management (XEP-0198), asked for once a turn; receipts are chat markers (XEP-0333), of
// which one stands for everything before it. What clients do: xmpp-ends.ts.

import { readdirSync } from "node:fs";
import { join } from "node:path";
import { configured, debianVersion } from "./files.js";
import type { Peer, Service } from "./peer.js";
import { freePort, startService } from "./service.js";
import { openXmpp } from "./xmpp-ends.js";

export const ejabberd: Peer = {
	key: "ejabberd",
	title: () => `ejabberd ${debianVersion("ejabberd")}, no archive`,
	keeps: "nothing: passed on in memory",
	debian: "ejabberd",
	start: (folder) => startEjabberd(folder, false),
	open: openXmpp,
};

export const ejabberdArchive: Peer = {
	key: "ejabberd-archive",
	title: () => `ejabberd ${debianVersion("ejabberd")}, archive in Mnesia`,
	keeps: "disk, not synced, in both users' archives",
	debian: "ejabberd",
	start: (folder) => startEjabberd(folder, true),
	open: openXmpp,
};

/** Erlang itself instead of `ejabberdctl`, which would start a node with a name and its daemon. */
async function startEjabberd(folder: string, archive: boolean): Promise<Service> {
	const port = await freePort();
	const plain = configured("ejabberd.yml", folder, { PORT: String(port) });
	const file = archive ? configured("ejabberd-archive.yml", folder, {}) : plain;
	const command = [
		"erl",
		"-noinput",
		...["+K", "true", "+P", "250000", "+S", "1:1"],
		...["+sbwt", "none", "+sbwtdcpu", "none", "+sbwtdio", "none"],
		...["-mnesia", "dir", JSON.stringify(join(folder, "mnesia"))],
		...["-s", "ejabberd"],
	];
	return startService(command, port, {
		cwd: folder,
		env: {
			ERL_LIBS: libraries(),
			ERL_CRASH_DUMP: join(folder, "crash.dump"),
			EJABBERD_CONFIG_PATH: file,
			EJABBERD_LOG_PATH: join(folder, "ejabberd.log"),
			HOME: folder,
		},
	});
}

/** Debian keeps it below the folder of the machine's architecture. */
function libraries(): string {
	const folders = readdirSync("/usr/lib").filter((name) => name.endsWith("-linux-gnu"));
	return folders.map((name) => join("/usr/lib", name)).join(":");
}
