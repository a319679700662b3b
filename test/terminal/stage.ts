// A server and screens for tests of `colloquy chat`: each with folders of its own, all gone after.

import { rmSync } from "node:fs";
import { type ServerProcess, startServer, tempFolder } from "../helpers/server-process.js";
import { hasTmux, type Screen, startScreen } from "../helpers/tmux.js";

interface Test {
	teardown(run: () => unknown): void;
}

export interface Stage {
	readonly server: ServerProcess;
	readonly env: Readonly<Record<string, string>>;
	/** A chat on a screen of its own; `who` null: nobody is named. */
	chat(user: string, who: string | null, columns?: number, rows?: number): Screen;
}

export async function stage(test: Test): Promise<Stage> {
	const server = await startServer();
	const state = tempFolder();
	test.teardown(async () => {
		await server.discard();
		rmSync(state, { recursive: true, force: true });
	});
	const env = { XDG_STATE_HOME: state, XDG_CONFIG_HOME: state, TERM: "xterm-256color" };
	return {
		server,
		env,
		chat(user, who, columns = 80, rows = 24) {
			const args = ["chat", "--as", user, "--data", server.data, ...(who === null ? [] : [who])];
			const screen = startScreen(args, { columns, rows, env });
			test.teardown(() => screen.close());
			return screen;
		},
	};
}

/** For each test that needs a screen. */
export const onScreen = { skip: hasTmux() ? false : "no tmux here", timeout: 90_000 } as const;
