// What a running server answers on its admin socket: the questions of `ps` and `inspect`. Committed
// rows only; nothing here changes anything.

import { z } from "zod";
import { BrokerError } from "../base/errors.js";
import type { Broker } from "../broker.js";
import type { AdminRoute } from "./admin-server.js";
import { conversationFacts, find, messages, pageMax, userFacts } from "./inspect-read.js";

const id = z.string().min(1);
const byId = z.object({ id });
const byRange = z.object({
	id,
	from: z.coerce.number().int().min(1),
	limit: z.coerce.number().int().min(1).max(pageMax),
});

export function adminRoutes(admin: Broker["admin"]): Readonly<Record<string, AdminRoute>> {
	const { journal } = admin;
	return {
		"/ps": () => admin.ps(),
		"/find": async (query) => find(journal, parse(byId, query).id),
		"/user": async (query) => userFacts(journal, parse(byId, query).id, true),
		"/conversation": async (query) => conversationFacts(journal, parse(byId, query).id, true),
		"/messages": async (query) => {
			const range = parse(byRange, query);
			return messages(journal, range.id, range.from, range.limit);
		},
	};
}

function parse<T>(schema: z.ZodType<T>, query: URLSearchParams): T {
	const checked = schema.safeParse(Object.fromEntries(query));
	if (checked.success) return checked.data;
	throw new BrokerError("BAD_REQUEST", z.prettifyError(checked.error));
}
