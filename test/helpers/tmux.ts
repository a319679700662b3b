// A terminal that can be looked at: a program on a tmux server of its own, keys sent to it, its
// screen as text. For tests of what a person sees; they skip themselves where there is no tmux.

import { execFileSync, spawnSync } from "node:child_process";
import { cliFile } from "./server-process.js";

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
	/** Of the program. */
	pid(): number;
	/** Of the program; null while it runs. */
	exitCode(): number | null;
	/** The cursor from the top left, as tmux has it: `x y`. */
	cursor(): string;
	close(): void;
}

export interface ScreenOptions {
	readonly columns?: number;
	readonly rows?: number;
	readonly env: Readonly<Record<string, string>>;
}

const withinMs = 20_000;

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
	const quoted = [process.execPath, cliFile, ...args].map((one) => `'${one}'`).join(" ");
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
		quoted,
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
		pid: () => Number(tmux("display", "-p", "#{pane_pid}")),
		exitCode: () => {
			const [dead, code] = tmux("display", "-p", "#{pane_dead} #{pane_dead_status}")
				.trim()
				.split(" ");
			// The screen is closed a moment before the process is waited for.
			return dead === "1" && code ? Number(code) : null;
		},
		cursor: () => tmux("display", "-p", "#{cursor_x} #{cursor_y}").trim(),
		close: () => {
			spawnSync("tmux", [...base, "kill-server"], { stdio: "ignore" });
		},
	};
}
