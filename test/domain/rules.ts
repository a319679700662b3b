// The domain's functions as one value, so that histories can be run on the real ones and on copies
// with a rule broken on purpose.

import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import * as conversation from "../../src/domain/conversation.js";
import * as decide from "../../src/domain/conversation-decide.js";
import * as evolve from "../../src/domain/conversation-evolve.js";
import * as index from "../../src/domain/conversation-index.js";
import * as react from "../../src/domain/conversation-react.js";
import * as outbox from "../../src/domain/outbox.js";
import * as snapshot from "../../src/domain/snapshot.js";

type Modules = typeof conversation &
	typeof decide &
	typeof evolve &
	typeof index &
	typeof react &
	typeof outbox &
	typeof snapshot;

export type Rules = Pick<
	Modules,
	| "admit"
	| "checkReceipt"
	| "concern"
	| "conversationFrom"
	| "decide"
	| "evolve"
	| "index"
	| "initial"
	| "messageRow"
	| "noteAccepted"
	| "plainConversation"
	| "react"
	| "recovered"
>;

export const rules: Rules = {
	...conversation,
	...decide,
	...evolve,
	...index,
	...react,
	...outbox,
	...snapshot,
};

const compiled = join(dirname(fileURLToPath(import.meta.url)), "../../src/domain");
const files = [
	"conversation",
	"conversation-decide",
	"conversation-evolve",
	"conversation-index",
	"conversation-react",
	"outbox",
	"snapshot",
];

/** A copy of the domain in `folder` in which one piece of text is another. */
export async function brokenRules(
	folder: string,
	file: string,
	text: string,
	instead: string,
): Promise<Rules> {
	// Bare `.js` files are modules only where a package says so.
	cpSync(compiled, folder, { recursive: true, filter: (path) => !path.endsWith(".map") });
	writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
	const path = join(folder, `${file}.js`);
	const source = readFileSync(path, "utf8");
	if (source.split(text).length !== 2) throw new Error(`${file} has no single "${text}"`);
	writeFileSync(
		path,
		source.replace(text, () => instead),
	);
	const modules = await Promise.all(
		files.map((name) => import(pathToFileURL(join(folder, `${name}.js`)).href)),
	);
	return Object.assign({}, ...modules) as Rules;
}
