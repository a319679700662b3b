// A terminal that can be looked at: a program on a tmux server of its own, keys sent to it, its
// screen as text. For tests of what a person sees; they skip themselves where there is no tmux.

import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { cliFile, tempFolder } from "./server-process.js";

export function hasTmux(): boolean {
	return spawnSync("tmux", ["-V"]).status === 0;
}

let counter = 0;

export interface Screen {
	/** Text as it is, then keys by tmux's names: `Enter`, `M-Up`, `PPage`. */
	type(text: string, ...keys: string[]): void;
	/** The rows as they are now, blanks at their ends gone. */
	rows(): string[];
	/** Resolves with the screen once it matches; rejects with what it shows instead. */
	until(pattern: RegExp): Promise<string>;
	resize(columns: number, rows: number): void;
	/** Of the program, which has shown something. */
	pid(): number;
	/** Resolves with the program's exit code; rejects with the screen if it never ends. */
	exit(): Promise<number>;
	/** The cursor from the top left, as tmux has it: `x y`. */
	cursor(): string;
	close(): void;
}

export interface ScreenOptions {
	readonly columns?: number;
	readonly rows?: number;
	readonly env: Readonly<Record<string, string>>;
}

const withinMs = 30_000;

/** Starts `colloquy` with these arguments on a screen. */
export function startScreen(args: readonly string[], options: ScreenOptions): Screen {
	counter += 1;
	const { columns = 80, rows = 24, env } = options;
	const base = ["-u", "-L", `colloquy-test-${process.pid}-${counter}`, "-f", "/dev/null"];
	const tmux = (...more: string[]) =>
		execFileSync("tmux", [...base, ...more], {
			encoding: "utf8",
			env: { ...process.env, LANG: "C.UTF-8", TMUX: "" },
			stdio: ["ignore", "pipe", "ignore"],
		});
	const notes = tempFolder();
	const quoted = [notes, process.execPath, cliFile, ...args].map((one) => `'${one}'`).join(" ");
	// The shell notes pid and exit code: tmux at times never waits for a program that has ended.
	const noted = `sh -c 'echo $$ >"$0/pid"; exec "$@"' ${quoted}; echo $? >'${notes}/code'`;
	const variables = Object.entries(env).flatMap(([name, value]) => ["-e", `${name}=${value}`]);
	const size = ["-x", String(columns), "-y", String(rows)];
	// The pane stays when the program ends, so that what it left can be seen.
	tmux(
		"set-option",
		"-g",
		"remain-on-exit",
		"on",
		";",
		"new-session",
		"-d",
		...size,
		...variables,
		noted,
	);
	/** With what has scrolled away above, when asked: there is none on the alternate screen. */
	function screen(above = 0): string[] {
		return tmux("capture-pane", "-p", "-S", String(-above))
			.replace(/\n$/, "")
			.split("\n")
			.map((row) => row.trimEnd());
	}
	return {
		type(text, ...keys) {
			if (text !== "") tmux("send-keys", "-l", text);
			for (const key of keys) tmux("send-keys", key);
		},
		rows: () => screen(),
		until: async (pattern) => {
			const from = performance.now();
			for (;;) {
				const now = screen(10).join("\n");
				if (pattern.test(now)) return now;
				if (performance.now() - from > withinMs) {
					throw new Error(`the screen never showed ${pattern}:\n${now}`);
				}
				await new Promise((resolve) => setTimeout(resolve, 50));
			}
		},
		resize: (wide, high) => {
			tmux("resize-window", "-x", String(wide), "-y", String(high));
		},
		pid: () => Number(readFileSync(join(notes, "pid"), "utf8")),
		exit: async () => {
			for (const from = performance.now(); performance.now() - from < withinMs; ) {
				const code = existsSync(join(notes, "code"))
					? readFileSync(join(notes, "code"), "utf8")
					: "";
				if (code.endsWith("\n")) return Number(code);
				await new Promise((resolve) => setTimeout(resolve, 50));
			}
			throw new Error(`the program never ended:\n${screen(10).join("\n")}`);
		},
		cursor: () => tmux("display", "-p", "#{cursor_x} #{cursor_y}").trim(),
		close: () => {
			spawnSync("tmux", [...base, "kill-server"], { stdio: "ignore" });
			rmSync(notes, { recursive: true, force: true });
		},
	};
}
