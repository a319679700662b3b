// How commands speak: results on stdout, everything else on stderr. With --json stdout carries
// exactly one JSON document. Colour only where a person looks, and never against NO_COLOR.

import { styleText } from "node:util";
import { exitCodes, type Failure } from "./exit.js";

/** What `styleText` knows; the few that the command line uses. */
export type Style = "bold" | "dim" | "red" | "green" | "yellow" | "cyan";

export type Paint = (style: Style, text: string) => string;

export const plain: Paint = (_style, text) => text;

/** Colours for a terminal, nothing for a file or a pipe. */
export function paintFor(
	stream: { readonly isTTY?: boolean },
	env: Readonly<Record<string, string | undefined>>,
): Paint {
	const wanted = env.FORCE_COLOR !== undefined && env.FORCE_COLOR !== "0";
	const refused = env.NO_COLOR !== undefined && env.NO_COLOR !== "";
	if (refused || env.TERM === "dumb" || !(stream.isTTY === true || wanted)) return plain;
	// The stream was looked at above; styleText would look at stdout again.
	return (style, text) => styleText(style, text, { validateStream: false });
}

export function print(text: string): void {
	process.stdout.write(`${text}\n`);
}

export function printJson(value: unknown): void {
	print(JSON.stringify(value));
}

export function note(text: string): void {
	process.stderr.write(`${text}\n`);
}

/** Tells a failure and sets the exit code; the process then ends by itself. */
export function fail(failure: Failure, json: boolean): void {
	if (failure.stack !== null) note(failure.stack);
	note(`colloquy: ${failure.message}; ${failure.action}`);
	if (json) {
		const { code, message, action } = failure;
		printJson({ error: { code, message, action } });
	}
	process.exitCode = exitCodes[failure.exit];
}
