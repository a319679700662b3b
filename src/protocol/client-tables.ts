// What is said, field by field, for the small codec of clients: the tables of docs/protocol.md as
// text. A field is `name:kind`: n a number, s a text, b a truth, x bytes, h 16 bytes in hex, else
// the name of a record, of a set of words or of a family of variants. Behind it stands how it may
// be left out.

import {
	acks,
	entryRoles,
	kinds,
	presences,
	roles,
	states,
	statuses,
	visibilities,
} from "./words.js";

const body = "id:x contentType:s content:x replyTo:n? mentions:s* media:media*";
const request = "request:n conversation:s";
const place = "conversation:s from:n position:n";
const described = "title:s? picture:s? description:s?";

const text = (...lines: string[]) => lines.join(" ");

export const clientOps = `
1 hello version:n token:s device:s accepted:n offered:n outbox:h client:s~
2 ready generation:n
3 write conversation:s? n:n answered:n command:command
4 delivered conversation:s seq:n
5 seen conversation:s seq:n
6 history ${request} before:n? limit:n
7 list request:n cursor:s? limit:n
8 listed
9 pull ${request} position:n until:n? limit:n fresh:b~
10 held held:mark+
11 open request:n user:s
12 watch users:s+
13 unwatch users:s+
14 typing conversation:s on:b
15 pulse active:b
16 refresh request:n token:s
17 ping request:n
18 profiles request:n users:s+
19 info ${request} cursor:s? limit:n
20 logout request:n device:s?
21 receipts ${request} seq:n`;

export const commands = `
1 send ${body} ttlMs:n? clientTime:n? seenUpTo:n?
2 edit seq:n ${body}
3 delete seq:n
4 hide seq:n
5 react seq:n emoji:s?
6 create kind:kind title:s members:s*
7 add users:s+
8 remove users:s+
9 leave
10 join link:s
11 role user:s role:role
12 describe ${described}
13 link on:b
14 mute until:n
15 block
16 unblock
17 profile name:s picture:s
18 privacy presence:visibility`;

const welcome = text(
	"welcome version:n user:s epoch:s session:s current:n generation:n fresh:b ack:ack pid:s node:s",
	"now:n expiresAt:n limits:limits name:s picture:s presence:visibility",
);

export const serverOps = `
64 ${welcome}
65 answer conversation:s? n:n from:n position:n seq:n at:n text:s?
66 refused conversation:s? n:n code:code detail:s expected:n?
67 result
68 error request:n? code:code detail:s
69 message conversation:s from:n message:message
70 skip ${place} seq:n
71 status ${place} watermarks:watermark+
72 changed ${place} at:n change:change
73 presence users:presenceOf+
74 typed conversation:s user:s on:b
75 marks marks:mark+ last:b
76 drain retryAfterMs:n url:s?
77 goodbye code:end detail:s retryAfterMs:n`;

const info = text(
	"info kind:kind title:s picture:s description:s link:s? createdAt:n createdBy:s members:n",
	"page:member+ cursor:s?",
);

/** By the code of the operation that asked. */
export const results = `
6 history messages:message+ more:b
7 list entries:entry+ cursor:s?
9 pull items:item+ position:n until:n done:b
11 open conversation:s
16 refresh expiresAt:n
17 ping now:n
18 profiles profiles:profile+
19 ${info}
20 logout
21 receipts delivered:n seen:n watermarks:watermark+`;

export const changes = `
1 created kind:kind title:s
2 row message:message
3 hidden seq:n
4 reacted seq:n user:s emoji:s?
5 added users:s+ by:s
6 removed users:s+ by:s
7 role user:s role:role
8 described ${described}
9 link link:s?
10 muted until:n
11 blocked by:s on:b`;

export const items = `
1 message message:message
2 change position:n at:n change:change
3 status position:n watermarks:watermark+`;

export const records = {
	media: "hash:x size:n contentType:s name:s ticket:x",
	body,
	message: text(
		"seq:n position:n changed:n at:n sender:s state:state body:body? editedAt:n? expiresAt:n?",
		"clientTime:n? frozen:status? outbox:h? n:n? reactions:reaction* id:x?",
	),
	reaction: "user:s emoji:s",
	watermark: "user:s delivered:n deliveredAt:n seen:n seenAt:n",
	member: "user:s role:role",
	mark: "conversation:s position:n",
	entry: text(
		"conversation:s kind:kind title:s picture:s role:entryRole mutedUntil:n head:n position:n",
		"start:n delivered:n seen:n unread:n last:message?",
	),
	profile: "user:s name:s picture:s",
	presenceOf: "user:s state:presence lastSeen:n?",
	limits: "frameBytes:n contentBytes:n window:n pageItems:n pulseMs:n",
};

export const words = {
	kind: kinds,
	role: roles,
	entryRole: entryRoles,
	state: states,
	status: statuses,
	visibility: visibilities,
	presence: presences,
	ack: acks,
};
