// Which clause of the page is proved by which part of the kit, and which by none, with the reason:
// what is left out is said, never forgotten.

import { Audit } from "./audit.js";
import { clientChecks } from "./client.js";
import { ClientAudit } from "./client-audit.js";
import { serverChecks } from "./server.js";

/** Clauses that another process cannot see kept or broken. */
export const unobservable: Readonly<Record<string, string>> = {
	"P-4.9": "how tabs share one device is inside a browser",
	"P-12.1": "names the columns of the tables, which are tried cell by cell",
	"P-12.4": "says what the rows of the tables mean, which are tried cell by cell",
	"P-12.9": "takes a thousand users in one conversation, and depends on the operator",
	"P-15.2": "binds later versions of the page, not a server of this one",
};

export interface Coverage {
	readonly clause: string;
	readonly server: number;
	readonly client: number;
}

/** How many checks each clause has on either side. */
export function coverage(clauses: readonly string[]): Coverage[] {
	const server = [...serverChecks.map(({ clause }) => clause), ...new Audit().clauses];
	const client = [...clientChecks.map(({ clause }) => clause), ...new ClientAudit().clauses];
	const count = (list: readonly string[], clause: string) =>
		list.filter((one) => one === clause).length;
	return clauses.map((clause) => ({
		clause,
		server: count(server, clause),
		client: count(client, clause),
	}));
}
