// NATS JetStream on files. Practice: one stream for all, with a subject a user; a durable push
// consumer a device, whose acknowledgement of one message stands for those before it, so that a
// device's position is kept by the server; A's ack is the stream's. The receipt to A is a plain
// message, which NATS's friends would take: what it says is kept already, as B's position. The
// client is NATS's own.

import { connect, type NatsConnection } from "@nats-io/transport-node";
import { markOf, writeMark } from "../lean-wire.js";
import { configured, debianVersion } from "./files.js";
import type { Peer, Sink } from "./peer.js";
import { freePort, startService } from "./service.js";

const stream = "chat";

export const nats: Peer = {
	key: "nats",
	title: () => `NATS JetStream ${debianVersion("nats-server")}, file`,
	keeps: "disk, not synced; B's position too",
	debian: "nats-server",
	async start(folder) {
		const port = await freePort();
		const file = configured("nats.conf", folder, { PORT: String(port), FOLDER: folder });
		const service = await startService(["nats-server", "-c", file], port);
		const admin = await dial(port);
		await request(admin, `STREAM.CREATE.${stream}`, {
			name: stream,
			subjects: [`${stream}.*`],
			storage: "file",
		});
		await admin.close();
		return service;
	},
	async open(port, pair, sink) {
		const [a, b] = [await dial(port), await dial(port)];
		watch(a, sink);
		watch(b, sink);
		const [acks, receipts, arrivals] = [`ack.${pair}`, `receipt.${pair}`, `arrival.${pair}`];
		a.subscribe(`${acks}.*`, {
			callback: (_, { subject, data }) => {
				const answer = new TextDecoder().decode(data);
				if (answer.includes('"error"')) sink.fault(answer);
				else sink.sent(Number(subject.slice(acks.length + 1)));
			},
		});
		a.subscribe(receipts, { callback: (_, { data }) => sink.delivered(markOf(data, 0)) });
		let last = "";
		b.subscribe(arrivals, {
			callback: (_, { data, reply = "" }) => {
				last = reply;
				sink.received(markOf(data, 0));
			},
		});
		await request(b, `CONSUMER.DURABLE.CREATE.${stream}.b${pair}`, {
			stream_name: stream,
			config: {
				durable_name: `b${pair}`,
				deliver_subject: arrivals,
				filter_subject: `${stream}.b${pair}`,
				ack_policy: "all",
				deliver_policy: "all",
			},
		});
		await a.flush();
		const mark = Buffer.alloc(8);
		return {
			send: (n, content) => a.publish(`${stream}.b${pair}`, content, { reply: `${acks}.${n}` }),
			confirm(n) {
				writeMark(mark, n);
				b.publish(last);
				b.publish(receipts, mark);
			},
		};
	},
};

function dial(port: number): Promise<NatsConnection> {
	return connect({ servers: `127.0.0.1:${port}`, reconnect: false });
}

function watch(connection: NatsConnection, sink: Sink): void {
	void connection.closed().then((cause) => sink.fault(`a connection was lost: ${cause}`));
}

/** One call of JetStream's interface, which is JSON over a request. */
async function request(on: NatsConnection, what: string, body: unknown): Promise<void> {
	const answer = await on.request(`$JS.API.${what}`, JSON.stringify(body), { timeout: 30_000 });
	const { error } = answer.json<{ error?: unknown }>();
	if (error !== undefined) throw new Error(`${what}: ${JSON.stringify(error)}`);
}
