// The door over real sockets: upgrades, refusals, neighbours, health.

import { once } from "node:events";
import { createServer, get } from "node:http";
import type { AddressInfo } from "node:net";
import t from "tap";
import { Door } from "../../src/gateway/server.js";
import { encodeClientFrame } from "../../src/protocol/codec.js";
import {
	helloOf,
	memoryHost,
	type SocketHost,
	signIn,
	socketClient,
	socketHost,
} from "../helpers/gateway.js";
import { frame, op, RawClient, upgradeRequest } from "../helpers/raw-client.js";

async function refused(
	host: SocketHost,
	headers: readonly (readonly [string, string])[],
	path = "/v1",
): Promise<number> {
	const client = await RawClient.connect(host.listener.port);
	client.send(upgradeRequest(path, headers));
	const started = performance.now();
	await client.untilEnded();
	if (performance.now() - started > 1_000) throw new Error("a refused socket was held");
	return client.status;
}

async function status(port: number, path: string): Promise<string> {
	return new Promise((resolve, reject) => {
		get({ port, path, host: "127.0.0.1", agent: false }, (response) => {
			let text = "";
			response.on("data", (chunk) => {
				text += chunk;
			});
			response.on("end", () => resolve(`${response.statusCode} ${text}`));
		}).on("error", reject);
	});
}

t.test("a client signs in over a real socket", async (t) => {
	const host = await socketHost();
	const client = await socketClient(host.url);
	t.equal(client.socket.protocol, "colloquy.v1");
	t.match(await signIn(client, "ann", "d1"), { user: "ann" });
	client.say({ type: "ping", request: 1 });
	t.match(await client.next("result"), { request: 1 });
	client.socket.close();
	await client.ended();
	await host.close();
	t.match(host.router.gone, [{ user: "ann" }]);
});

// C076
t.test("a foreign page is refused before the 101, cookie or not", async (t) => {
	const host = await socketHost({ door: { allowedOrigins: ["https://chat.example"] } });
	t.equal(await refused(host, [["Origin", "https://evil.example"]]), 403);
	t.equal(
		await refused(host, [
			["Origin", "https://evil.example"],
			["Cookie", "session=ann"],
		]),
		403,
	);
	t.equal(await refused(host, [["Origin", "null"]]), 403);
	t.equal(await refused(host, [["Origin", "https://chat.example.evil.com"]]), 403);
	const page = await socketClient(host.url, { origin: "https://chat.example" });
	t.match(await signIn(page, "ann", "d1"), { user: "ann" });
	await host.close();
});

t.test("the 101 comes whether or not the hook ever answers", async (t) => {
	const host = await socketHost({ parts: { authenticate: () => new Promise(() => {}) } });
	const client = await RawClient.open(host.listener.port);
	t.equal(client.status, 101);
	await host.close();
});

t.test("other paths and protocols are refused", async (t) => {
	const host = await socketHost();
	t.equal(await refused(host, [], "/other"), 404);
	t.equal(await refused(host, [], "/v1/x"), 404);
	t.equal(await refused(host, [["Sec-WebSocket-Protocol", "mqtt"]]), 400);
	const query = await RawClient.connect(host.listener.port);
	query.send(upgradeRequest("/v1?x=1"));
	await query.until(() => query.response !== "");
	t.equal(query.status, 101);
	await host.close();
});

// C037
t.test("handshake oddities are refused and leave the server alive", async (t) => {
	const host = await socketHost();
	// Node drops headers past 2,000, those of the upgrade among them.
	const many = await RawClient.connect(host.listener.port);
	const more = Array.from({ length: 2_100 }, (_, at) => `A${at}:1\r\n`).join("");
	many.send(upgradeRequest().replace("Host:", `${more}Host:`));
	await many.untilEnded();
	t.ok(many.status >= 400 && many.status < 500, `${many.status}`);
	for (const headers of [
		[["Sec-WebSocket-Key", ""]] as const,
		[["Sec-WebSocket-Key", "short"]] as const,
		[
			["Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="],
			["sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="],
		] as const,
		[["Sec-WebSocket-Version", "99"]] as const,
		[["Upgrade", "h2c"]] as const,
		[["Sec-WebSocket-Protocol", "colloquy.v1, , bad[]"]] as const,
	]) {
		const code = await refused(host, headers);
		t.ok(code >= 400 && code < 500, `${headers.length} ${headers[0]?.[0]}: ${code}`);
	}
	for (const extension of ["constructor", "toString; __proto__=1", "permessage-deflate"]) {
		const client = await RawClient.open(host.listener.port, [
			["Sec-WebSocket-Extensions", extension],
		]);
		t.equal(client.status, 101);
		t.notMatch(client.response, /sec-websocket-extensions/i, "nothing is negotiated");
		client.destroy();
	}
	for (const bytes of [
		"\0\0\0\0\r\n\r\n",
		"GET",
		"\x16\x03\x01\x02\x00",
		"POST /v1 HTTP/9.9\r\n\r\n",
	]) {
		const garbage = await RawClient.connect(host.listener.port);
		garbage.send(bytes);
		garbage.reset();
	}
	t.match(await signIn(await socketClient(host.url), "ann", "d1"), { user: "ann" });
	await host.close();
});

t.test("a reset at any moment of the handshake harms nobody", async (t) => {
	const host = await socketHost();
	for (let round = 0; round < 20; round += 1) {
		const client = await RawClient.connect(host.listener.port);
		client.send(round % 2 === 0 ? upgradeRequest() : upgradeRequest("/other"));
		if (round % 3 === 0) await new Promise((resolve) => setImmediate(resolve));
		client.reset();
	}
	t.match(await signIn(await socketClient(host.url), "ann", "d1"), { user: "ann" });
	await host.close();
});

// C075
t.test("silent sockets do not keep people out", async (t) => {
	const limits = { earlyMax: 50, earlyPerAddressMax: 50 };
	const host = await socketHost({ parts: { limits } });
	const silent = await Promise.all(
		Array.from({ length: 60 }, () => RawClient.open(host.listener.port)),
	);
	t.ok(host.gateway.counts().early <= 50);
	const mute = await Promise.all(
		Array.from({ length: 60 }, () => RawClient.connect(host.listener.port)),
	);
	t.match(await signIn(await socketClient(host.url), "ann", "d1"), { user: "ann" });
	for (const one of [...silent, ...mute]) one.destroy();
	await host.close();
});

t.test("refused clients that never answer the close are cut", async (t) => {
	const limits = { earlyMax: 50, earlyPerAddressMax: 50, closeMs: 300 };
	const host = await socketHost({ parts: { limits, failureLimits: { failureBurst: 1_000 } } });
	const clients = await Promise.all(
		Array.from({ length: 60 }, async (_, at) => {
			const client = await RawClient.open(host.listener.port);
			client.send(frame(op.binary, encodeClientFrame([helloOf("bad", `d${at}`)])));
			return client;
		}),
	);
	await Promise.all(clients.map((client) => client.untilEnded()));
	t.ok(clients.every((client) => client.closeCode === 4501));
	t.match(await signIn(await socketClient(host.url), "ann", "d1"), { user: "ann" });
	await host.close();
});

t.test("beyond the total, clients are turned away with a time to come back", async (t) => {
	const host = await socketHost({ parts: { limits: { connectionsMax: 3 } } });
	for (const user of ["u1", "u2", "u3"]) await signIn(await socketClient(host.url), user, "d1");
	const client = await RawClient.connect(host.listener.port);
	client.send(upgradeRequest());
	await client.untilEnded();
	t.equal(client.status, 503);
	t.match(client.response, /retry-after: [1-9]/i);
	await host.close();
});

// C080
t.test(
	"limits act per real client behind a trusted proxy, and ignore a forged chain",
	async (t) => {
		const limits = { earlyMax: 1_000, earlyPerAddressMax: 5 };
		for (const [trustedHops, expected] of [
			[0, 5],
			[1, 25],
		] as const) {
			const host = await socketHost({ parts: { limits }, door: { trustedHops } });
			const clients: RawClient[] = [];
			for (let at = 0; at < 30; at += 1) {
				const chain = `9.9.9.${at}, 10.0.0.${at % 5}`;
				clients.push(await RawClient.open(host.listener.port, [["X-Forwarded-For", chain]]));
			}
			t.equal(host.gateway.counts().early, expected);
			for (const client of clients) client.destroy();
			await host.close();
		}
	},
);

t.test(
	"health: alive, ready, not ready when the journal is red or the server drains",
	async (t) => {
		let reason: string | null = null;
		const host = await socketHost({ listen: { health: () => reason } });
		const { port } = host.listener;
		t.equal(await status(port, "/livez"), "200 ok");
		t.equal(await status(port, "/readyz"), "200 ok");
		t.equal(await status(port, "/healthz?verbose"), "200 ok");
		t.match(await status(port, "/v1"), /^404/);
		reason = "the journal takes no writes";
		t.equal(await status(port, "/readyz"), "503 the journal takes no writes");
		t.equal(await status(port, "/livez"), "200 ok");
		reason = null;
		const drained = host.gateway.drain({ graceMs: 100, spreadMs: 100 });
		t.equal(await status(port, "/readyz"), "503 draining");
		t.equal(await refused(host, []), 503);
		await drained;
		await host.close();
	},
);

t.test(
	"attached to a host's server, neighbours keep their paths and their listeners",
	async (t) => {
		const { gateway } = memoryHost();
		const server = createServer((_request, response) => response.end("host"));
		const door = new Door(gateway, { path: "/chat" });
		const attached = door.attach(server);
		server.listen(0, "127.0.0.1");
		await once(server, "listening");
		const { port } = server.address() as AddressInfo;
		const open = async (path: string) => {
			const client = await RawClient.connect(port);
			client.send(upgradeRequest(path));
			await client.until(() => client.response !== "").catch(() => {});
			client.destroy();
			return client.status;
		};
		t.equal(await open("/chat"), 101);
		t.equal(await open("/other"), 404, "nobody else is there to answer");
		const neighbour = (_request: unknown, socket: import("node:stream").Duplex) => {
			socket.end("HTTP/1.1 418 Teapot\r\n\r\n");
		};
		server.on("upgrade", neighbour);
		t.equal(await open("/chat-not"), 418, "the neighbour answers, and only it");
		server.off("upgrade", neighbour);
		t.match(await status(port, "/"), "200 host");
		attached.detach();
		t.equal(server.listenerCount("upgrade"), 0);
		server.close();
		server.closeAllConnections();
		await gateway.close();
	},
);

t.test(
	"two listeners in one process and a port that is taken do not disturb each other",
	async (t) => {
		const one = await socketHost();
		const two = await socketHost();
		await t.rejects(socketHost({ listen: { port: one.listener.port } }), { code: "EADDRINUSE" });
		t.match(await signIn(await socketClient(one.url), "ann", "d1"), { user: "ann" });
		const bob = await socketClient(two.url);
		t.match(await signIn(bob, "bob", "d1"), { user: "bob" });
		bob.say({ type: "ping", request: 1 });
		await bob.next("result");
		t.strictSame(one.gateway.sessionsOf("bob"), []);
		await one.close();
		t.match(two.gateway.sessionsOf("bob"), [{ user: "bob" }]);
		await two.close();
	},
);
