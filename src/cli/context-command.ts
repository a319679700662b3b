// `colloquy context`: add, list, choose and remove named servers.

import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { contextOf, readContexts, tokenIn, writeContexts } from "./contexts.js";
import { CliError } from "./exit.js";
import { paintFor, print, printJson } from "./output.js";
import { urlOf } from "./target.js";

const nameRule = /^[A-Za-z0-9][\w.-]{0,63}$/;

export function contextAdd(
	name: string,
	flags: Readonly<Record<string, unknown>>,
	json: boolean,
): void {
	if (!nameRule.test(name)) {
		const action = "use letters, digits, dots and dashes, 64 at most";
		throw new CliError("usage", `${JSON.stringify(name)} is no name for a context`, action);
	}
	const tokenFile = resolve(String(flags.tokenFile));
	if (!existsSync(tokenFile)) {
		const action = "make it first: colloquy token <user> > FILE; chmod 600 FILE";
		throw new CliError("usage", `${tokenFile} is not there`, action);
	}
	// What could not be used later is better told now.
	tokenIn(tokenFile);
	const found = readContexts(process.env);
	const context = { url: urlOf(String(flags.url)), tokenFile };
	// The first one is the one that is meant.
	const current = found.current ?? name;
	writeContexts(process.env, { current, contexts: { ...found.contexts, [name]: context } });
	if (json) printJson({ name, ...context, current: current === name });
	else print(`${name}: ${context.url}${current === name ? ", used from now on" : ""}`);
}

export function contextList(flags: Readonly<Record<string, unknown>>, json: boolean): void {
	const { current, contexts } = readContexts(process.env);
	const names = Object.keys(contexts).sort();
	if (flags.names === true) {
		for (const name of names) print(name);
		return;
	}
	const all = names.map((name) => ({ name, ...contextOf({ current, contexts }, name) }));
	if (json) {
		printJson(all.map((one) => ({ ...one, current: one.name === current })));
		return;
	}
	if (all.length === 0) print("no context yet; colloquy context add NAME --url … --token-file …");
	const paint = paintFor(process.stdout, process.env);
	const width = Math.max(0, ...names.map((name) => name.length));
	for (const { name, url, tokenFile } of all) {
		const mark = name === current ? paint("cyan", "*") : " ";
		print(`${mark} ${name.padEnd(width)}  ${url}  ${paint("dim", tokenFile)}`);
	}
}

export function contextUse(name: string, json: boolean): void {
	const found = readContexts(process.env);
	const { url } = contextOf(found, name);
	writeContexts(process.env, { ...found, current: name });
	if (json) printJson({ current: name });
	else print(`${name}: ${url}, used from now on`);
}

export function contextRemove(name: string, json: boolean): void {
	const found = readContexts(process.env);
	contextOf(found, name);
	const contexts = Object.fromEntries(
		Object.entries(found.contexts).filter(([other]) => other !== name),
	);
	const current = found.current === name ? null : found.current;
	writeContexts(process.env, { current, contexts });
	if (json) printJson({ removed: name, current });
	else print(`${name} is removed; its token's file is still there`);
}
