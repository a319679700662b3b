// Where `inspect` reads from: the server that runs on the folder, over its admin socket, or the
// store itself when none does. Both answer the same questions with the same shapes.

import { systemClock } from "../base/clock.js";
import type { EntityKind } from "../journal/keys.js";
import { openLevel } from "../journal/leveldb.js";
import { readMarker } from "../journal/marker.js";
import { type AdminClient, adminClient } from "./admin-client.js";
import { CliError } from "./exit.js";
import {
	type ConversationFacts,
	conversationFacts,
	find,
	type MessageFacts,
	messages,
	type UserFacts,
	userFacts,
} from "./inspect-read.js";
import { lineLog } from "./log.js";
import { note } from "./output.js";

export interface InspectSource {
	readonly live: boolean;
	find(id: string): Promise<readonly EntityKind[]>;
	user(id: string): Promise<UserFacts>;
	conversation(id: string): Promise<ConversationFacts>;
	messages(id: string, from: number, limit: number): Promise<readonly MessageFacts[]>;
	close(): Promise<void>;
}

/** Errors: DATA_LOCKED, JOURNAL_DAMAGED, JOURNAL_FORMAT, JOURNAL_IO; CliError without a store. */
export async function inspectSource(data: string): Promise<InspectSource> {
	const client = adminClient(data);
	return client === null ? fromStore(data) : fromServer(client);
}

function fromServer(client: AdminClient): InspectSource {
	return {
		live: true,
		find: async (id) => (await client.get("/find", { id })) as EntityKind[],
		user: async (id) => (await client.get("/user", { id })) as UserFacts,
		conversation: async (id) => (await client.get("/conversation", { id })) as ConversationFacts,
		messages: async (id, from, limit) => {
			const range = { id, from: String(from), limit: String(limit) };
			return (await client.get("/messages", range)) as MessageFacts[];
		},
		close: async () => {},
	};
}

async function fromStore(data: string): Promise<InspectSource> {
	const marker = await readMarker(data);
	if (marker === null) {
		// Opening would begin a new store here.
		const action = "name the folder that the server was started with (--data)";
		throw new CliError("no", `${data} holds no store`, action);
	}
	// As it was served: only then does an unclean end without syncs still count as one.
	const { durability } = marker;
	const log = lineLog(systemClock, "warn", note);
	const journal = await openLevel({ folder: data, durability, clock: systemClock, log });
	return {
		live: false,
		find: async (id) => find(journal, id),
		user: (id) => userFacts(journal, id, false),
		conversation: (id) => conversationFacts(journal, id, false),
		messages: (id, from, limit) => messages(journal, id, from, limit),
		close: () => journal.close(),
	};
}
