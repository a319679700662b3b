// Writes of one turn leave a socket together, as those of our own load do: fewer system calls on
// both sides, and larger reads for the server, which all of them turn into cheaper work.

import { connect, type Socket } from "node:net";

const due = new Set<Socket>();

function release(): void {
	for (const socket of due) socket.uncork();
	due.clear();
}

/** Holds what is written to this socket back until the turn ends. */
export function gather(socket: Socket): Socket {
	if (due.has(socket)) return socket;
	if (due.size === 0) setImmediate(release);
	socket.cork();
	due.add(socket);
	return socket;
}

/** A connection to loopback without Nagle's delay; what ends it is a fault of the pair. */
export function dial(port: number, fault: (what: string) => void): Promise<Socket> {
	return new Promise((resolve, reject) => {
		const socket = connect({ port, host: "127.0.0.1", noDelay: true });
		socket.once("connect", () => resolve(socket));
		socket.on("error", reject);
		socket.on("close", () => fault("a connection was lost"));
	});
}
