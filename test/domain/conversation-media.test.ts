// References to media: what a message gains and loses of files becomes rows beside it.

import type { ConversationCommand } from "../../src/domain/conversation-command.js";
import type { ConversationEvent, MediaReference } from "../../src/domain/event.js";
import { given, spec } from "../helpers/given.js";
import * as w from "./words.js";

const hash = (of: number) => new Uint8Array(32).fill(of);

function files(...of: readonly number[]): readonly MediaReference[] {
	return of.map((one) => ({
		hash: hash(one),
		size: one,
		contentType: "image/png",
		name: "a.png",
		ticket: new Uint8Array(0),
	}));
}

type Worded = ConversationCommand | ConversationEvent;

function showing<T extends Worded>(it: T, ...of: readonly number[]): T {
	const { message } = it as T & { message: object };
	return { ...it, message: { ...message, media: files(...of) } };
}

function ungranted(command: ConversationCommand): ConversationCommand {
	return { ...command, noGrant: "media 0" } as ConversationCommand;
}

const row = (of: number, on: boolean) => ({ type: "reference", hash: hash(of), seq: 1, on });
const loose = (of: number) => ({ type: "loose", hash: hash(of), at: w.now });
const opened = w.opened("ann", "bob");

spec("author · sends files, one twice · one reference each", () =>
	given(opened)
		.when(showing(w.send("ann", "look"), 1, 2, 1))
		.thenRows(row(1, true), row(2, true))
		.thenRowTypes("message", "reference", "reference"),
);

spec("author · sends no file · no reference", () =>
	given(opened).when(w.send("ann", "hi")).thenRowTypes("message"),
);

spec("author · edits files · gains and losses, what stays is not touched", () =>
	given(opened, showing(w.sent(1, "ann", "look"), 1, 2))
		.when(showing(w.edit(1, "ann"), 2, 3))
		.thenRows(row(3, true), row(1, false), loose(1))
		.thenRowTypes("message", "reference", "reference", "loose"),
);

spec("author · deletes · every reference goes", () =>
	given(opened, showing(w.sent(1, "ann", "look"), 1, 2))
		.when(w.erase(1, "ann"))
		.thenRows(row(1, false), loose(1), row(2, false), loose(2)),
);

spec("expiry · of a message with a file · its reference goes", () =>
	given(opened, showing(w.sent(1, "ann", "look", { expiresAt: w.now }), 1))
		.when(w.expire(1, w.now))
		.thenRows(row(1, false), loose(1)),
);

spec("reader · reacts to a file · its references stay as they are", () =>
	given(opened, showing(w.sent(1, "ann", "look"), 1))
		.when(w.react(1, "bob"))
		.thenRowTypes("message", "reaction"),
);

spec("author · sends or edits without a grant · refused, and says which", () => {
	given(opened)
		.when(ungranted(w.send("ann", "look")))
		.thenRejected("MEDIA_NO_GRANT");
	given(opened, w.sent(1, "ann", "hi"))
		.when(ungranted(w.edit(1, "ann")))
		.thenRejected("MEDIA_NO_GRANT");
});

spec("stranger · sends without a grant · learns nothing of the conversation", () =>
	given(opened)
		.when(ungranted(w.send("eve", "look")))
		.thenRejected("CONVERSATION_UNKNOWN"),
);
