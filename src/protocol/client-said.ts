// What clients say, field by field, for the small codec of clients: the tables of docs/protocol.md
// as text. A field is `name:kind`: n a number, s a text, b a truth, x bytes, h 16 bytes in hex,
// else the name of a record, of a set of words or of a family of variants. Behind it stands how it
// may be left out. What servers say is in `client-heard.ts`, which pages load later.

import { kinds, roles, visibilities } from "./words.js";

export const body = "id:x contentType:s content:x replyTo:n? mentions:s* media:media*";
export const described = "title:s? picture:s? description:s?";
const request = "request:n conversation:s";

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

export const saidRecords = {
	media: "hash:x size:n contentType:s name:s ticket:x",
	mark: "conversation:s position:n",
};

export const saidWords = { kind: kinds, role: roles, visibility: visibilities };
