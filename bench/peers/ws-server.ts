// The server of ws.ts: `node dist/bench/peers/ws-server.js <port>`.

import { WebSocketServer } from "ws";

const server = new WebSocketServer({
	host: "127.0.0.1",
	port: Number(process.argv[2]),
	perMessageDeflate: false,
	clientTracking: false,
});
server.on("connection", (socket) => {
	socket.on("message", (data: Buffer) => socket.send(data));
});
