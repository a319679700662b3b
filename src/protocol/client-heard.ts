// What servers say, field by field, in the notation of `client-said.ts`.

import { body, described, saidRecords, saidWords } from "./client-said.js";
import { acks, entryRoles, presences, states, statuses } from "./words.js";

const place = "conversation:s from:n position:n";

const text = (...lines: string[]) => lines.join(" ");

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

export const heardRecords = {
	...saidRecords,
	body,
	message: text(
		"seq:n position:n changed:n at:n sender:s state:state body:body? editedAt:n? expiresAt:n?",
		"clientTime:n? frozen:status? outbox:h? n:n? reactions:reaction* id:x?",
	),
	reaction: "user:s emoji:s",
	watermark: "user:s delivered:n deliveredAt:n seen:n seenAt:n",
	member: "user:s role:role",
	entry: text(
		"conversation:s kind:kind title:s picture:s role:entryRole mutedUntil:n head:n position:n",
		"start:n delivered:n seen:n unread:n last:message?",
	),
	profile: "user:s name:s picture:s",
	presenceOf: "user:s state:presence lastSeen:n?",
	limits: "frameBytes:n contentBytes:n window:n pageItems:n pulseMs:n",
};

export const heardWords = {
	...saidWords,
	entryRole: entryRoles,
	state: states,
	status: statuses,
	presence: presences,
	ack: acks,
};
