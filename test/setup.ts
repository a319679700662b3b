// What some suites need from the machine: a Python with WebSocket and MessagePack, so that the
// protocol is also spoken by a client in another language, and tmux, to look at what the terminal
// shows. Installed when that is allowed, else those suites skip themselves and say so.

import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { hasTmux } from "./helpers/tmux.js";

const modules = ["websockets", "msgpack"] as const;
const packages = [...modules.map((name) => `python3-${name}`), "tmux"];
/** The system's own first: its packages are not visible to another Python on the path. */
const interpreters = ["/usr/bin/python3", "python3"] as const;

/** A Python that has all modules, or null. */
export function python(): string | null {
	const program = `import ${modules.join(", ")}`;
	for (const interpreter of interpreters) {
		if (spawnSync(interpreter, ["-c", program], { stdio: "ignore" }).status === 0) {
			return interpreter;
		}
	}
	return null;
}

function complete(): boolean {
	return python() !== null && hasTmux();
}

/** Installs what is missing, as root on Debian; says what it did, or null. */
export function prepare(): string | null {
	if (complete()) return null;
	if (process.getuid?.() !== 0 || !existsSync("/usr/bin/apt-get")) {
		return `not installed, as this needs root and apt-get: ${packages.join(" ")}`;
	}
	const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
	const options = { env, stdio: "ignore", timeout: 120_000 } as const;
	spawnSync("apt-get", ["update", "-qq"], options);
	spawnSync("apt-get", ["install", "-y", "-qq", "--no-install-recommends", ...packages], options);
	return complete()
		? `installed for the tests: ${packages.join(" ")}`
		: `could not be installed: ${packages.join(" ")}`;
}
