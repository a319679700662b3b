// A help desk: a small host application with the broker inside. It has its own web server and its
// own accounts; the broker hangs on both.

import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Authenticate, Broker } from "../../src/index.js";

/** Who is signed in here. The keys that the desk gives out are the tokens of the broker. */
export class Accounts {
	private readonly keys = new Map<string, { readonly user: string; readonly issuedAt: number }>();

	signIn(user: string): string {
		const key = randomUUID();
		this.keys.set(key, { user, issuedAt: Date.now() });
		return key;
	}

	signOut(key: string): string | null {
		const user = this.keys.get(key)?.user ?? null;
		this.keys.delete(key);
		return user;
	}

	/** The broker asks this at every hello; null turns the token down. */
	readonly authenticate: Authenticate = (token) => this.keys.get(token) ?? null;
}

/** What the desk needs of a broker. */
export type DeskBroker = Pick<Broker, "door" | "provision" | "revoke" | "admin">;

export interface Desk {
	readonly url: string;
	close(): Promise<void>;
}

export async function startDesk(broker: DeskBroker, accounts: Accounts, port = 0): Promise<Desk> {
	async function answer(request: IncomingMessage): Promise<[status: number, body: unknown]> {
		const [, what, who = ""] = (request.url ?? "").split("/");
		switch (`${request.method} ${what}`) {
			case "POST sign-in":
				// So that others find them before they have ever connected.
				await broker.provision(who);
				return [200, { key: accounts.signIn(who) }];
			case "POST sign-out": {
				const user = accounts.signOut(who);
				if (user !== null) await broker.revoke(user);
				return [204, null];
			}
			case "GET health": {
				const { commit, gateway } = await broker.admin.ps();
				return [commit.state === "ok" ? 200 : 503, { connections: gateway.connections }];
			}
			default:
				return [404, null];
		}
	}

	const server = createServer((request, response: ServerResponse) => {
		answer(request).then(
			([status, body]) => response.writeHead(status).end(body === null ? "" : JSON.stringify(body)),
			() => response.writeHead(500).end(),
		);
	});
	// Upgrades to /v1 are the broker's, everything else stays with the desk.
	const { detach } = broker.door.attach(server);
	await new Promise<void>((resolve, reject) => {
		server.once("error", reject);
		server.listen(port, "127.0.0.1", resolve);
	});
	return {
		url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
		async close() {
			detach();
			server.closeAllConnections();
			await new Promise((resolve) => server.close(resolve));
		},
	};
}
