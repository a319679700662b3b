// What a word means here: a conversation, a message, an error in a sentence. Shared by the screen,
// by plain lines, and by commands that only send or print.

import { type Clock, sleep } from "../base/clock.js";
import { BrokerError } from "../base/errors.js";
import { directId, directMembers, userId } from "../base/ids.js";
import type { Client, Conversation, ConversationSummary, Message, Store } from "../sdk/types.js";

/** A new device gets its list a moment after it is connected; nobody says when that is over. */
const listWithinMs = 1_000;

/**
 * A conversation by id or title, else the direct one with a user. Waits until it is known here who
 * one is, and until the conversation stands in the list: before that no history can be kept.
 *
 * Errors: USER_UNKNOWN, ID_INVALID.
 */
export async function find(client: Client, name: string, clock: Clock): Promise<Conversation> {
	await until(client.state, () => client.user !== null);
	const { conversations } = client;
	const me = client.user as string;
	const user = userId(name);
	const direct = user === null ? null : directId(me, user);
	const known = () =>
		conversations.snapshot().find(({ id }) => id === name || id === direct) ??
		titled(conversations.snapshot(), name);
	const members = directMembers(name);
	const other = members === null ? user : (members.find((one) => one !== me) ?? me);
	if (known() === undefined) {
		try {
			if (other === null) throw new BrokerError("ID_INVALID", name);
			const opened = await client.open(other);
			await until(conversations, () => conversations.snapshot().some(({ id }) => id === opened.id));
			return opened;
		} catch (error) {
			await until(conversations, () => known() !== undefined, sleep(clock, listWithinMs));
			if (known() === undefined) throw error;
		}
	}
	return client.conversation((known() as ConversationSummary).id);
}

/** The only conversation with this title. */
function titled(list: readonly ConversationSummary[], name: string) {
	const found = list.filter(({ title }) => title.toLowerCase() === name.toLowerCase());
	return found.length === 1 ? found[0] : undefined;
}

/** Resolves when a store's change, or its present value, makes this true, or when it is over. */
async function until(
	store: Store<unknown>,
	isSo: () => boolean,
	over: Promise<void> = new Promise(() => {}),
): Promise<void> {
	let end = () => {};
	const so = new Promise<void>((resolve) => {
		const look = () => {
			if (isSo()) resolve();
		};
		end = store.subscribe(look);
		look();
	});
	await Promise.race([so, over]);
	end();
}

/** What an error says to a person. */
export function told(error: unknown): string {
	if (error instanceof BrokerError) return error.message;
	return error instanceof Error ? error.message : String(error);
}

/** The message that a command names, or the latest one that fits. Errors: MESSAGE_UNKNOWN. */
export function pick(
	conversation: Conversation,
	seq: number | null,
	fits: (message: Message) => boolean,
): Message {
	const messages = conversation.messages.snapshot();
	const found =
		seq === null
			? messages.findLast((message) => message.seq !== null && !message.deleted && fits(message))
			: messages.find((message) => message.seq === seq);
	if (found !== undefined) return found;
	throw new BrokerError("MESSAGE_UNKNOWN", seq === null ? "none here fits" : `#${seq}`);
}
