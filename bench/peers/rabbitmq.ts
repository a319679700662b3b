// RabbitMQ, durable. Practice: a durable queue a user, persistent messages, publisher confirms as
// A's ack; B and A acknowledge all that a turn brought at once, with a prefetch well above the
// window; statistics off, no busy waiting of schedulers (its own default), one of them for its one
// core. The receipt is a plain message back, without a confirm: what it says is kept already, as
// B's acknowledgement (persistent and confirmed it made a cycle twice as dear). Queues are of the
// first version: those of the second cost more at every size tried. The client is amqplib.

import { join } from "node:path";
import { type Channel, type ChannelModel, type ConsumeMessage, connect } from "amqplib";
import { markOf, writeMark } from "../lean-wire.js";
import { configured, debianVersion } from "./files.js";
import type { Peer, Service, Sink } from "./peer.js";
import { freePort, startService } from "./service.js";

const prefetch = 2_048;

export const rabbitmq: Peer = {
	key: "rabbitmq",
	title: () => `RabbitMQ ${debianVersion("rabbitmq-server")}, durable queues, confirms`,
	keeps: "disk, synced before the ack, until B has it",
	debian: "rabbitmq-server",
	async start(folder) {
		const [port, daemonPort, dist] = [await freePort(), await freePort(), await freePort()];
		const file = configured("rabbitmq.conf", folder, { PORT: String(port) });
		const scope = { ERL_EPMD_PORT: String(daemonPort), ERL_EPMD_ADDRESS: "127.0.0.1" };
		// It wants a node with a name. Started by itself, the daemon of names would outlive it.
		const daemon = await startService(["epmd"], daemonPort, { env: scope });
		const env = {
			...scope,
			HOME: folder,
			RABBITMQ_NODENAME: "peer@localhost",
			RABBITMQ_DIST_PORT: String(dist),
			RABBITMQ_CONFIG_FILE: file,
			RABBITMQ_MNESIA_BASE: join(folder, "mnesia"),
			RABBITMQ_LOG_BASE: join(folder, "log"),
			RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, "plugins"),
			RABBITMQ_PID_FILE: join(folder, "pid"),
			RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: "+S 1:1 -kernel inet_dist_use_interface {127,0,0,1}",
		};
		try {
			const server = await startService([script], port, { cwd: folder, env });
			return together(server, daemon);
		} catch (cause) {
			await daemon.stop();
			throw cause;
		}
	},
	async open(port, pair, sink) {
		const a = await (await dial(port, sink)).createConfirmChannel();
		const b = await (await dial(port, sink)).createChannel();
		const queues = { a: `a${pair}`, b: `b${pair}` };
		await consume(a, queues.a, sink, (mark) => sink.delivered(mark));
		await consume(b, queues.b, sink, (mark) => sink.received(mark));
		return {
			send(n, content) {
				// Without a copy the next use of this text would change its mark.
				a.sendToQueue(queues.b, Buffer.from(content), { persistent: true }, (refused) => {
					if (refused) sink.fault(`${n} was not confirmed`);
					else sink.sent(n);
				});
			},
			confirm(n) {
				const mark = Buffer.alloc(8);
				writeMark(mark, n);
				b.sendToQueue(queues.a, mark);
			},
		};
	},
};

/** Not the wrapper of the package, which would change to the user of the system's service. */
const script = "/usr/lib/rabbitmq/bin/rabbitmq-server";

function together(server: Service, daemon: Service): Service {
	return {
		...server,
		async stop() {
			await server.stop();
			await daemon.stop();
		},
	};
}

async function dial(port: number, sink: Sink): Promise<ChannelModel> {
	const connection = await connect(`amqp://127.0.0.1:${port}?heartbeat=0`, { noDelay: true });
	connection.on("error", (cause) => sink.fault(`a connection was lost: ${cause}`));
	return connection;
}

/** Channels whose consumer has something to acknowledge in this turn, and the last of it. */
const due = new Map<Channel, ConsumeMessage>();

function acknowledge(): void {
	for (const [channel, last] of due) channel.ack(last, true);
	due.clear();
}

async function consume(
	on: Channel,
	queue: string,
	sink: Sink,
	take: (mark: number) => void,
): Promise<void> {
	on.on("error", (cause) => sink.fault(`a channel was lost: ${cause}`));
	await on.prefetch(prefetch);
	await on.assertQueue(queue, { durable: true });
	await on.consume(queue, (message) => {
		if (message === null) return;
		if (due.size === 0) setImmediate(acknowledge);
		due.set(on, message);
		take(markOf(message.content, 0));
	});
}
