// The server of socket-io.ts: `node dist/bench/peers/socket-io-server.js <port>`.

import { createServer } from "node:http";
import { Server, type Socket } from "socket.io";

const http = createServer();
const server = new Server(http, { transports: ["websocket"], serveClient: false });
const users = new Map<string, Socket>();

server.on("connection", (socket) => {
	// The first request is not needed any more; its memory is.
	Object.assign(socket.conn, { request: null });
	users.set(socket.handshake.auth.user as string, socket);
	socket.on("message", (to: string, text: string, ack: () => void) => {
		users.get(to)?.emit("message", text);
		ack();
	});
	socket.on("received", (to: string, mark: string) => {
		users.get(to)?.emit("received", mark);
	});
});
http.listen(Number(process.argv[2]), "127.0.0.1");
