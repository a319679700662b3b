// Brings the servers that Debian packages, when this machine may: Debian's apt, and root. None is
// left running as a service, now (while apt works, the policy file that Debian asks says no) or
// after the machine's next start.

import { execFileSync } from "node:child_process";
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { debianVersion } from "./files.js";

const policyFile = "/usr/sbin/policy-rc.d";

/** Installs what is missing of these; what then still is, stands in the table as missing. */
export function install(packages: readonly string[]): void {
	const missing = packages.filter((name) => debianVersion(name) === null);
	if (missing.length === 0 || process.getuid?.() !== 0 || !existsSync("/usr/bin/apt-get")) return;
	process.stderr.write(`installing ${missing.join(", ")} …\n`);
	const services = [...missing];
	// Erlang's daemon of names comes with the first of its servers.
	if (debianVersion("erlang-base") === null) services.push("epmd.service", "epmd.socket");
	const ours = !existsSync(policyFile);
	// 101: no service may be started. A policy that is there already is the machine's own.
	if (ours) writeFileSync(policyFile, "#!/bin/sh\nexit 101\n", { mode: 0o755 });
	try {
		apt("update");
		apt("install", "--yes", "--no-install-recommends", ...missing);
		disable(services);
	} catch (cause) {
		process.stderr.write(`apt-get: ${cause instanceof Error ? cause.message : cause}\n`);
	} finally {
		if (ours) rmSync(policyFile);
	}
}

function apt(...args: string[]): void {
	const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
	execFileSync("apt-get", ["--quiet", ...args], { env, stdio: ["ignore", "ignore", "inherit"] });
}

/** Each by itself: a machine without systemd knows none, a run may have brought only some. */
function disable(services: readonly string[]): void {
	for (const service of services) {
		try {
			execFileSync("systemctl", ["--quiet", "disable", service], { stdio: "ignore" });
		} catch {
			// There is no such service, so nothing will start it.
		}
	}
}
