// Uploads that dawdle: each sends a kilobyte ten times a second of a file that never ends.

import { once } from "node:events";
import { connect, type Socket } from "node:net";

const bytes = 1_000_000_000;
const piece = Buffer.alloc(1_000, "colloquy");
const pauseMs = 100;

/** One upload for each token; `stop` ends them and gives how many had ended before. */
export async function dawdle(url: string, tokens: readonly string[]): Promise<{ stop(): number }> {
	const { hostname, port } = new URL(url);
	const sockets: Socket[] = [];
	for (const token of tokens) {
		const socket = connect(Number(port), hostname);
		await once(socket, "connect");
		socket.on("error", () => {});
		const head = `POST /media HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer ${token}\r\n`;
		socket.write(`${head}Content-Length: ${bytes}\r\n\r\n`);
		sockets.push(socket);
	}
	let turn = 0;
	// A tenth of them every tenth of the time: they are no herd.
	const timer = setInterval(() => {
		for (let at = turn; at < sockets.length; at += 10) sockets[at]?.write(piece);
		turn = (turn + 1) % 10;
	}, pauseMs / 10);
	return {
		stop: () => {
			clearInterval(timer);
			const ended = sockets.filter((socket) => socket.destroyed || socket.readableLength > 0);
			for (const socket of sockets) socket.destroy();
			return ended.length;
		},
	};
}
