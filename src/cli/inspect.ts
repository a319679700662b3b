// `colloquy inspect`: the durable truth about a user or a conversation, server up or down.

import { conversationId, directSeparator, userId } from "../base/ids.js";
import type { EntityKind } from "../journal/keys.js";
import { CliError } from "./exit.js";
import type { MessageFacts } from "./inspect-read.js";
import { pageMax } from "./inspect-read.js";
import { type InspectSource, inspectSource } from "./inspect-source.js";
import { conversationView, messageView, userView } from "./inspect-view.js";
import { paintFor, print, printJson } from "./output.js";
import { wholeOf } from "./pipeline.js";

interface Wanted {
	readonly kind: EntityKind | null;
	readonly from: number;
	/** Infinity with --all. */
	readonly limit: number;
}

export async function inspect(
	raw: string,
	flags: Readonly<Record<string, unknown>>,
	data: string,
	json: boolean,
): Promise<void> {
	const wanted = wantedOf(flags);
	const id = raw.includes(directSeparator) ? conversationId(raw) : userId(raw);
	if (id === null) throw new CliError("usage", `${raw} is no id`, "check the id");
	const source = await inspectSource(data);
	try {
		const kind = await kindOf(source, id, wanted.kind);
		if (kind === "user") await printUser(source, id, json);
		else await printConversation(source, id, wanted, json);
	} finally {
		await source.close();
	}
}

function wantedOf(flags: Readonly<Record<string, unknown>>): Wanted {
	const { kind } = flags;
	if (kind !== undefined && kind !== "user" && kind !== "conversation") {
		throw new CliError("usage", `--kind ${String(kind)} is neither`, "say user or conversation");
	}
	return {
		kind: kind ?? null,
		from: wholeOf("--from", flags.from),
		limit: flags.all === true ? Number.POSITIVE_INFINITY : wholeOf("--limit", flags.limit),
	};
}

async function kindOf(
	source: InspectSource,
	id: string,
	wanted: EntityKind | null,
): Promise<EntityKind> {
	const found = await source.find(id);
	const kinds = wanted === null ? found : found.filter((kind) => kind === wanted);
	if (kinds.length > 1) {
		const action = "add --kind user or --kind conversation";
		throw new CliError("usage", `${id} is a user and a conversation`, action);
	}
	const [kind] = kinds;
	if (kind !== undefined) return kind;
	const what = wanted ?? "user or conversation";
	throw new CliError("no", `there is no ${what} ${id}`, "check the id and the folder");
}

async function printUser(source: InspectSource, id: string, json: boolean): Promise<void> {
	const facts = await source.user(id);
	if (json) printJson({ live: source.live, ...facts });
	else print(userView(facts, paintFor(process.stdout, process.env)));
}

async function printConversation(
	source: InspectSource,
	id: string,
	wanted: Wanted,
	json: boolean,
): Promise<void> {
	const facts = await source.conversation(id);
	const paint = paintFor(process.stdout, process.env);
	if (!json) {
		print(conversationView(facts, paint));
		for await (const page of pagesOf(source, id, facts.head, wanted)) {
			for (const message of page) print(messageView(message, paint));
		}
		return;
	}
	// Written page by page: a long history is never in memory as a whole.
	const { members, ...rest } = facts;
	const head = JSON.stringify({ live: source.live, ...rest, members });
	await write(`${head.slice(0, -1)},"messages":[`);
	let first = true;
	for await (const page of pagesOf(source, id, facts.head, wanted)) {
		const text = page.map((message) => JSON.stringify(message)).join(",");
		await write(first ? text : `,${text}`);
		first = false;
	}
	await write("]}\n");
}

/** Up to the head that was printed, whatever is sent meanwhile. */
async function* pagesOf(
	source: InspectSource,
	id: string,
	head: number,
	{ from, limit }: Wanted,
): AsyncGenerator<readonly MessageFacts[]> {
	const last = Math.min(head, from + limit - 1);
	for (let next = from; next <= last; ) {
		const page = await source.messages(id, next, Math.min(pageMax, last - next + 1));
		if (page.length === 0) return;
		yield page;
		next += page.length;
	}
}

/** Waits while the reader of a pipe is slower than the store. */
function write(text: string): Promise<void> {
	return new Promise((resolve) => {
		if (process.stdout.write(text)) resolve();
		else process.stdout.once("drain", resolve);
	});
}
