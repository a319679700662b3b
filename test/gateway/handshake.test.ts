// From hello to ready, over memory with a clock that stands still.

import t from "tap";
import { helloOf, memoryClient, memoryHost, memoryUser, signIn } from "../helpers/gateway.js";
import { turns } from "../helpers/manual-clock.js";

t.test("a hello with a good token is welcomed, and ready reaches the actors", async (t) => {
	const host = memoryHost();
	const client = memoryClient(host);
	const welcome = await signIn(client, "Ann", "d1", 4);
	t.match(welcome, { user: "ann", generation: 5, epoch: "e1", ack: "memory", node: "n1" });
	t.match(host.router.hellos, [{ user: "ann", device: "d1", generation: 4 }]);
	await turns();
	t.match(host.router.routed, [{ session: { user: "ann", device: "d1" }, op: { type: "ready" } }]);
	t.match(host.gateway.sessionsOf("ann"), [{ user: "ann", device: "d1", generation: 5 }]);
});

t.test("operations pass in one batch and their answers come back in one message", async (t) => {
	const host = memoryHost();
	const client = await memoryUser(host, "ann");
	const messages = client.messages;
	client.say(
		{ type: "ping", request: 1 },
		{ type: "profiles", request: 2, users: ["bob"] },
		{ type: "open", request: 3, user: "bob" },
	);
	t.match(await client.next("result"), { request: 1, result: { type: "ping" } });
	t.match(await client.next("error"), { request: 2 });
	t.match(await client.next("error"), { request: 3 });
	t.equal(client.messages, messages + 1);
});

t.test("an operation before ready ends the connection", async (t) => {
	const host = memoryHost();
	const client = memoryClient(host);
	client.say({ type: "ping", request: 1 });
	t.match(await client.next("goodbye"), { code: "PROTOCOL" });
	t.match(await client.ended(), { code: 4500, reason: "PROTOCOL" });
	const late = memoryClient(host);
	late.say(helloOf("ann", "d1"));
	await late.next("welcome");
	late.say({ type: "ping", request: 1 });
	t.match(await late.next("goodbye"), { code: "PROTOCOL" });
});
