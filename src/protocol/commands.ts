// The commands of a write, field by field as clients may say them [P-10.1].

import { commandCode, type Media, type WriteCommand } from "./frames.js";
import * as limits from "./limits.js";
import { record, type VariantFields, variants } from "./record.js";
import {
	bool,
	bytes,
	type Fields,
	lax,
	list,
	nullable,
	type Type,
	text,
	uint,
	user,
	word,
} from "./schema.js";
import { roles, visibilities } from "./words.js";

/** Printable ASCII: it ends up in headers and logs. */
export const mediaType: Type<string> = {
	...text(limits.contentTypeBytesMax),
	read(reader) {
		const value = reader.text(limits.contentTypeBytesMax);
		// The same one as last time, nearly always.
		if (value === lastMediaType) return value;
		if (/^[ -~]*$/.test(value)) lastMediaType = value;
		else reader.refuse("is not printable ASCII");
		return value;
	},
};

let lastMediaType = "";

const content: Type<Uint8Array> = {
	...bytes(),
	read: (reader) => reader.binary(0, reader.contentBytesMax, "MESSAGE_TOO_LARGE"),
};

const emoji: Type<string> = {
	...text(limits.emojiBytesMax),
	read(reader) {
		const value = reader.text(limits.emojiBytesMax);
		if (value === "") reader.refuse("is empty; nil takes a reaction back");
		return value;
	},
};

const media = record<Media>({
	hash: bytes(limits.mediaHashBytes, limits.mediaHashBytes),
	size: uint(),
	contentType: mediaType,
	name: text(limits.mediaNameBytesMax),
	ticket: bytes(0, limits.ticketBytesMax),
});

export const mentionList = lax(user, limits.mentionsMax);
export const mediaList = lax(media, limits.mediaMax);

const body = {
	id: bytes(limits.messageIdBytesMin, limits.messageIdBytesMax),
	contentType: mediaType,
	content,
	replyTo: nullable(uint(1)),
	mentions: mentionList,
	media: mediaList,
} satisfies Partial<Fields<WriteCommand & { type: "send" }>>;

const seq = uint(1);
const users = list(user, limits.usersMax);
const none = {};

const fields: VariantFields<WriteCommand> = {
	send: {
		...body,
		ttlMs: nullable(uint(1, limits.ttlMsMax)),
		clientTime: nullable(uint(limits.clientTimeMin, limits.clientTimeMax)),
		seenUpTo: nullable(uint()),
	},
	edit: { seq, ...body },
	delete: { seq },
	hide: { seq },
	react: { seq, emoji: nullable(emoji) },
	create: {
		kind: madeKind(),
		title: text(limits.titleBytesMax),
		members: lax(user, limits.usersMax),
	},
	add: { users },
	remove: { users },
	leave: none,
	join: { link: text(limits.linkBytesMax) },
	role: { user, role: word(roles) },
	describe: {
		title: nullable(text(limits.titleBytesMax)),
		picture: nullable(text(limits.pictureBytesMax)),
		description: nullable(text(limits.descriptionBytesMax)),
	},
	link: { on: bool },
	mute: { until: uint(0, limits.muteUntilMax) },
	block: none,
	unblock: none,
	profile: { name: text(limits.nameBytesMax), picture: text(limits.pictureBytesMax) },
	privacy: { presence: word(visibilities) },
};

/** A direct conversation is opened, not created; the numbers are those of all kinds. */
function madeKind(): Type<"group" | "channel"> {
	const all = word(["", "group", "channel"] as const);
	return {
		...(all as Type<"group" | "channel">),
		read(reader) {
			const value = all.read(reader);
			if (value === "") reader.refuse("is neither group nor channel");
			return value === "channel" ? value : "group";
		},
	};
}

export const commands = variants<WriteCommand>(commandCode, fields);

/** Commands to the user's own entity; all others are to a conversation. */
export function isOwn(type: WriteCommand["type"]): boolean {
	return type === "profile" || type === "privacy";
}
