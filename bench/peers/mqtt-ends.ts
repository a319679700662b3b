// A pair over MQTT 3.1.1, for every broker that speaks it: the few packets of a cycle written and
// read by hand, because the usual client library would be busier than the brokers measured.
//
// Practice: one topic a user, persistent sessions (what comes while a user is away is queued), QoS
// 1 for messages and for receipts alike, acknowledged as they are read. The receipt is a message
// of the application, since MQTT's own acknowledgements end at the broker.

import type { Socket } from "node:net";
import { markOf, writeMark } from "../lean-wire.js";
import { dial, gather } from "./gather.js";
import type { Ends, Sink } from "./peer.js";

const markBytes = 8;
/** Packet numbers are 1 to this. */
const idMax = 65_535;

const kind = { connack: 2, publish: 3, puback: 4, suback: 9 } as const;

export async function openMqtt(port: number, pair: number, sink: Sink): Promise<Ends> {
	const a = new MqttEnd(await dial(port, sink.fault.bind(sink)), sink);
	const b = new MqttEnd(await dial(port, sink.fault.bind(sink)), sink);
	await Promise.all([a.join(`a${pair}`), b.join(`b${pair}`)]);
	// An ack names the packet; those under way are far fewer than there are packet numbers.
	let last = 0;
	a.onAck = (id) => sink.sent(last - ((last - id + idMax) % idMax));
	a.onMessage = (mark) => sink.delivered(mark);
	b.onMessage = (mark) => sink.received(mark);
	return {
		send(n, content) {
			last = n;
			a.publish(`b${pair}`, n, content);
		},
		confirm(n) {
			const mark = Buffer.alloc(markBytes);
			writeMark(mark, n);
			b.publish(`a${pair}`, n, mark);
		},
	};
}

/** One client. Packet numbers are those of the messages, which come in order and once. */
class MqttEnd {
	onAck: (id: number) => void = () => {};
	onMessage: (mark: number) => void = () => {};
	private readonly socket: Socket;
	private readonly sink: Sink;
	private rest: Buffer = Buffer.alloc(0);
	private joined = () => {};

	constructor(socket: Socket, sink: Sink) {
		this.socket = socket;
		this.sink = sink;
		socket.on("data", (chunk: Buffer) => this.read(chunk));
	}

	/** Connects under this name and subscribes to the topic of the same name. */
	join(user: string): Promise<void> {
		const keepAliveSeconds = 600;
		this.packet(0x10, words("MQTT"), Buffer.of(4, 0), uint16(keepAliveSeconds), words(user));
		this.packet(0x82, uint16(1), words(user), Buffer.of(1));
		return new Promise((resolve) => {
			this.joined = resolve;
		});
	}

	publish(topic: string, n: number, content: Buffer): void {
		this.packet(0x32, words(topic), uint16(((n - 1) % idMax) + 1), content);
	}

	private packet(head: number, ...parts: Buffer[]): void {
		const length = parts.reduce((sum, part) => sum + part.length, 0);
		gather(this.socket).write(Buffer.concat([Buffer.of(head, ...lengthBytes(length)), ...parts]));
	}

	private read(chunk: Buffer): void {
		const data = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk]);
		let at = 0;
		for (;;) {
			const packet = packetAt(data, at);
			if (packet === null) break;
			this.take(data[at] as number, data.subarray(packet.from, packet.to));
			at = packet.to;
		}
		this.rest = data.subarray(at);
	}

	private take(head: number, body: Buffer): void {
		const type = head >> 4;
		if (type === kind.puback) this.onAck(body.readUInt16BE(0));
		else if (type === kind.publish) {
			const idAt = 2 + body.readUInt16BE(0);
			const ack = Buffer.of(0x40, 2, body[idAt] as number, body[idAt + 1] as number);
			gather(this.socket).write(ack);
			this.onMessage(markOf(body, idAt + 2));
		} else if (type === kind.suback) {
			if (body[2] === 1) this.joined();
			else this.sink.fault("a subscription was refused");
		} else if (type === kind.connack && body[1] !== 0) this.sink.fault(`refused: ${body[1]}`);
	}
}

/** Where the packet that starts here has its body; null: it is not all there yet. */
function packetAt(data: Buffer, start: number): { from: number; to: number } | null {
	let length = 0;
	for (let at = start + 1, shift = 0; at < data.length; at += 1, shift += 7) {
		const byte = data[at] as number;
		length |= (byte & 127) << shift;
		if (byte >= 128) continue;
		const to = at + 1 + length;
		return to <= data.length ? { from: at + 1, to } : null;
	}
	return null;
}

function lengthBytes(length: number): number[] {
	return length < 128 ? [length] : [(length & 127) | 128, ...lengthBytes(length >> 7)];
}

function words(text: string): Buffer {
	const bytes = Buffer.from(text);
	return Buffer.concat([uint16(bytes.length), bytes]);
}

function uint16(value: number): Buffer {
	return Buffer.of(value >> 8, value & 255);
}
