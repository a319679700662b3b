// Every peer of the comparison, in the order of the table.

import { aedes } from "./aedes.js";
import { ejabberd, ejabberdArchive } from "./ejabberd.js";
import { mosquitto } from "./mosquitto.js";
import { nats } from "./nats.js";
import type { Peer } from "./peer.js";
import { rabbitmq } from "./rabbitmq.js";
import { socketIo } from "./socket-io.js";
import { ws } from "./ws.js";

export const peers: readonly Peer[] = [
	ejabberdArchive,
	rabbitmq,
	nats,
	ejabberd,
	mosquitto,
	aedes,
	socketIo,
	ws,
];
