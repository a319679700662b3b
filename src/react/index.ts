// `colloquy/react`: hooks over the SDK's stores, and nothing else. A hook that is given null shows
// nothing and waits for something.

import { createContext, useContext, useSyncExternalStore } from "react";
import type {
	Client,
	ConnectionState,
	Conversation,
	ConversationInfo,
	ConversationSummary,
	Message,
	Presence,
	Store,
} from "../sdk/types.js";

const Context = createContext<Client | null>(null);

/** `<ColloquyProvider value={client}>`: who made the client closes it, not the tree. */
export const ColloquyProvider = Context.Provider;

/** Errors: outside of a provider. */
export function useClient(): Client {
	const client = useContext(Context);
	if (client === null) throw new Error("no <ColloquyProvider> above");
	return client;
}

const never = () => () => {};

/** The value of any store, and again when it changes. */
export function useStore<T>(store: Store<T> | null, none: T): T {
	return useSyncExternalStore(
		// One function for each store: another one would subscribe anew at each rendering.
		store === null ? never : subscribeOf(store),
		() => (store === null ? none : store.snapshot()),
		() => none,
	);
}

const subscribes = new WeakMap<object, (callback: () => void) => () => void>();

function subscribeOf(source: { subscribe(callback: () => void): () => void }) {
	const known = subscribes.get(source);
	if (known !== undefined) return known;
	const subscribe = (callback: () => void) => source.subscribe(callback);
	subscribes.set(source, subscribe);
	return subscribe;
}

const nothing: readonly never[] = [];
const starting: ConnectionState = { type: "connecting", reason: null, retryAt: null, queued: 0 };
const unknown: ConversationInfo = {
	kind: null,
	title: "",
	picture: "",
	description: "",
	members: nothing,
	role: null,
	mutedUntil: 0,
	muted: false,
};
const away: Presence = { type: "offline", lastSeen: null };

export function useClientState(): ConnectionState {
	return useStore(useClient().state, starting);
}

export function useConversations(): readonly ConversationSummary[] {
	return useStore(useClient().conversations, nothing);
}

/** The same object for the same id; null for null. */
export function useConversation(id: string | null): Conversation | null {
	const client = useClient();
	return id === null ? null : client.conversation(id);
}

export function useMessages(conversation: Conversation | null): readonly Message[] {
	return useStore(conversation?.messages ?? null, nothing);
}

/** Renders again when this message changes: for an item that is memoised on its message. */
export function useMessage(message: Message): Message {
	useSyncExternalStore(
		subscribeOf(message),
		() => message.revision,
		() => 0,
	);
	return message;
}

export function useInfo(conversation: Conversation | null): ConversationInfo {
	return useStore(conversation?.info ?? null, unknown);
}

export function useTyping(conversation: Conversation | null): readonly string[] {
	return useStore(conversation?.typing ?? null, nothing);
}

export function useUnread(conversation: Conversation | null): number {
	return useStore(conversation?.unread ?? null, 0);
}

export function usePresence(user: string | null): Presence {
	const client = useClient();
	return useStore(user === null ? null : client.presence(user), away);
}
