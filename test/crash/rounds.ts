// Rounds of send → `sent` → `kill -9` → restart → read: what was acknowledged is there, once, with
// the number that was told, and sending it again finds it. `kill` may be replaced by something
// harsher: a kill that also drops what was not synced.

import { type ServerOptions, type ServerProcess, startServer } from "../helpers/server-process.js";
import { text, tokenFor, WireClient } from "../helpers/wire-client.js";

/** Ends the server as a crash would; may change its folder. */
export type Kill = (server: ServerProcess) => Promise<void>;

export interface RoundsOptions {
	readonly rounds: number;
	/** Sends of one round that are under way together. */
	readonly sends: number;
	readonly server: ServerOptions;
	readonly kill: Kill;
	readonly report?: (round: number, result: RoundsResult) => void;
}

export interface RoundsResult {
	/** Rounds in which everything acknowledged was found. */
	intact: number;
	acknowledged: number;
	lost: number;
	doubled: number;
	/** Found under another number than told, or answered differently when sent again. */
	changed: number;
}

interface Sent {
	readonly n: number;
	readonly body: string;
	readonly command: ReturnType<typeof text>;
	seq: number | null;
}

export const plainKill: Kill = async (server) => {
	await server.kill();
};

/** Runs the rounds against one folder that goes through all of them. */
export async function runRounds(options: RoundsOptions): Promise<RoundsResult> {
	const result: RoundsResult = { intact: 0, acknowledged: 0, lost: 0, doubled: 0, changed: 0 };
	let server = await startServer(options.server);
	const { data } = server;
	try {
		for (let round = 1; round <= options.rounds; round += 1) {
			// People of their own for each round: what unsynced kills do to devices is not asked here.
			const token = await tokenFor(data, `ann-${round}`);
			const ann = await connect(server, token);
			const bob = await connect(server, await tokenFor(data, `bob-${round}`));
			const conversation = await ann.open(`bob-${round}`);
			const sends = await sendAndKill(ann, conversation, round, options, server);
			bob.cut();
			server = await server.restart();
			await check(server, token, ann.outbox, conversation, sends, result);
			options.report?.(round, result);
		}
	} finally {
		await server.discard();
	}
	return result;
}

function connect(server: ServerProcess, token: string): Promise<WireClient> {
	return WireClient.connect({ wsUrl: server.wsUrl, token });
}

async function sendAndKill(
	ann: WireClient,
	conversation: string,
	round: number,
	options: RoundsOptions,
	server: ServerProcess,
): Promise<Sent[]> {
	const sends: Sent[] = [];
	for (let n = 1; n <= options.sends; n += 1) {
		const body = `round ${round} number ${n} ${"é".repeat(n)}`;
		sends.push({ n, body, command: text(body), seq: null });
	}
	for (const { n, command } of sends) ann.write(conversation, n, 0, command);
	const answers = sends.map(async (sent) => {
		const outcome = await ann.outcome(conversation, sent.n);
		if (outcome.type === "answer") sent.seq = outcome.seq;
	});
	// Killed the moment the first is acknowledged; the others may or may not be.
	await Promise.race(answers);
	const killed = options.kill(server);
	await Promise.allSettled([...answers, killed]);
	return sends;
}

async function check(
	server: ServerProcess,
	token: string,
	outbox: string,
	conversation: string,
	sends: readonly Sent[],
	result: RoundsResult,
): Promise<void> {
	// A device unknown after a harsher kill starts anew; its outbox is what counts here.
	const device = "again";
	const ann = await WireClient.connect({ wsUrl: server.wsUrl, token, device, outbox });
	const before = { ...result };
	const history = await readAll(ann, conversation);
	for (const sent of sends) {
		if (sent.seq === null) continue;
		result.acknowledged += 1;
		const found = history.filter((one) => one.body === sent.body);
		if (found.length === 0) result.lost += 1;
		if (found.length > 1) result.doubled += 1;
		if (found.length === 1 && found[0]?.seq !== sent.seq) result.changed += 1;
		ann.write(conversation, sent.n, 0, sent.command);
		const again = await ann.outcome(conversation, sent.n);
		const same = again.type === "answer" && again.seq === sent.seq;
		if (found.length === 1 && !same) result.changed += 1;
	}
	const { lost, doubled, changed } = result;
	const worse = lost > before.lost || doubled > before.doubled || changed > before.changed;
	if (!worse) result.intact += 1;
	ann.cut();
}

async function readAll(
	client: WireClient,
	conversation: string,
): Promise<{ seq: number; body: string }[]> {
	const op = await client.ask({ type: "history", conversation, before: null, limit: 100 });
	if (op.type === "error" && op.code === "CONVERSATION_UNKNOWN") return [];
	if (op.type !== "result" || op.result.type !== "history") throw new Error(JSON.stringify(op));
	return op.result.messages.map(({ seq, body }) => ({
		seq,
		body: Buffer.from(body?.content ?? []).toString(),
	}));
}
