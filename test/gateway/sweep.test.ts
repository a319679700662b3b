// Dead peers are found by the one sweep, with no timer of their own.

import t from "tap";
import type { TransportHandler } from "../../src/gateway/transport.js";
import { encodeClientFrame } from "../../src/protocol/codec.js";
import { helloOf, memoryHost, memoryUser, pass } from "../helpers/gateway.js";
import { turns } from "../helpers/manual-clock.js";

/** A peer that signs in and never says anything again; pings are counted. */
async function blackHole(host: ReturnType<typeof memoryHost>, user: string) {
	const peer = { pings: 0, cut: false, closes: 0, handler: null as TransportHandler | null };
	const transport = {
		buffered: 0,
		writable: true,
		received: 0,
		receivedMax: 0,
		address: "127.0.0.1",
		send() {},
		ping() {
			peer.pings += 1;
		},
		pause() {},
		resume() {},
		close() {
			peer.closes += 1;
		},
		terminate() {
			peer.cut = true;
			peer.handler?.closed(1006);
		},
	};
	const session = host.gateway.accept(transport);
	peer.handler = session;
	session.received(encodeClientFrame([helloOf(user, "d1")]));
	await turns();
	session.received(encodeClientFrame([{ type: "ready", generation: 1 }]));
	return { peer, session, transport };
}

// C019
t.test("a peer that answers nothing is cut after two unanswered pings", async (t) => {
	const host = memoryHost();
	const { peer } = await blackHole(host, "ann");
	await pass(host.clock, 20_250);
	t.equal(peer.pings, 1);
	await pass(host.clock, 20_000);
	t.equal(peer.pings, 2);
	t.equal(peer.cut, false);
	await pass(host.clock, 20_000);
	t.equal(peer.cut, true);
	t.equal(peer.pings, 2);
	t.match(host.router.gone, [{ user: "ann" }]);
	t.match(host.gateway.counts(), { connections: 0, cut: 1 });
});

t.test(
	"a peer that answers pings, or speaks, is left alone and pinged only in silence",
	async (t) => {
		const host = memoryHost();
		const { peer, session } = await blackHole(host, "ann");
		for (let round = 0; round < 5; round += 1) {
			await pass(host.clock, 20_250);
			session.controlled();
		}
		t.equal(peer.pings, 5);
		for (let round = 0; round < 10; round += 1) {
			await pass(host.clock, 15_000);
			session.received(encodeClientFrame([{ type: "pulse", active: true }]));
		}
		t.equal(peer.pings, 5, "who speaks needs no ping");
		t.equal(peer.cut, false);
	},
);

t.test("a peer that never answers the close is cut a second later", async (t) => {
	const host = memoryHost();
	const { peer } = await blackHole(host, "ann");
	host.gateway.end("ann", null, "AUTH_REVOKED", null);
	t.equal(peer.closes, 1);
	t.equal(peer.cut, false);
	await pass(host.clock, 1_250);
	t.equal(peer.cut, true);
	t.equal(host.router.gone.length, 1);
});

// C035
t.test(
	"a message that was begun must end, however many pings are answered meanwhile",
	async (t) => {
		const host = memoryHost();
		const { session, transport, peer } = await blackHole(host, "ann");
		await pass(host.clock, 55_000);
		session.controlled();
		transport.received += 10;
		for (let step = 0; step < 3; step += 1) {
			await pass(host.clock, 10_000);
			session.controlled();
		}
		t.equal(peer.closes, 0, "a slow upload may take its time");
		for (let step = 0; step < 3; step += 1) {
			await pass(host.clock, 10_000);
			session.controlled();
		}
		t.equal(peer.closes, 1);
		t.match(host.gateway.counts(), { ended: { PROTOCOL: 1 } });
	},
);

t.test("a flood of control frames is cut, a lively peer is not", async (t) => {
	const host = memoryHost();
	const { session, peer } = await blackHole(host, "ann");
	for (let second = 0; second < 5; second += 1) {
		for (let count = 0; count < 50; count += 1) session.controlled();
		await pass(host.clock, 1_000);
	}
	t.equal(peer.cut, false);
	for (let count = 0; count < 51; count += 1) session.controlled();
	t.equal(peer.cut, true);
});

t.test("pings of thousands are spread over turns", async (t) => {
	const host = memoryHost();
	const peers = await Promise.all(
		Array.from({ length: 900 }, (_, at) => blackHole(host, `u${at}`)),
	);
	const pinged = () => peers.filter(({ peer }) => peer.pings > 0).length;
	host.clock.advance(20_000);
	t.equal(pinged(), 200);
	await turns(1);
	t.equal(pinged(), 400);
	await turns(4);
	t.equal(pinged(), 900);
});

t.test("no connection has a timer of its own", async (t) => {
	const host = memoryHost();
	const before = host.clock.timers;
	for (let user = 0; user < 50; user += 1) await memoryUser(host, `u${user}`);
	t.equal(host.clock.timers, before);
});
