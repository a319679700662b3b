// A small application of the hooks: `react.test.ts` bundles it and runs it in a page.

import { createElement, memo, StrictMode, useState } from "react";
import { createRoot } from "react-dom/client";
import {
	ColloquyProvider,
	useClientState,
	useConversation,
	useConversations,
	useMessage,
	useMessages,
	useStore,
	useUnread,
} from "../../src/react/index.js";
import { connect } from "../../src/sdk/browser.js";
import type { Client, Message } from "../../src/sdk/types.js";

/** How often each message's item was drawn. */
export const drawn = new Map<string, number>();

const Item = memo(({ message }: { readonly message: Message }) => {
	useMessage(message);
	drawn.set(message.key, (drawn.get(message.key) ?? 0) + 1);
	return createElement("li", null, `${message.text} ${message.status}`);
});

function Talk({ id }: { readonly id: string }) {
	const talk = useConversation(id);
	const messages = useMessages(talk);
	const items = messages.map((message) => createElement(Item, { key: message.key, message }));
	return createElement(
		"section",
		null,
		createElement("ul", null, items),
		createElement("b", { id: "unread" }, useUnread(talk)),
	);
}

function App() {
	const [open, setOpen] = useState(true);
	const state = useClientState();
	const list = useConversations();
	const user = useStore(null, "nobody");
	return createElement(
		"main",
		null,
		createElement("i", { id: "state" }, state.type),
		createElement("i", { id: "count" }, list.length),
		createElement("i", { id: "none" }, user),
		createElement("button", { type: "button", onClick: () => setOpen(!open) }, "open"),
		open ? createElement(Talk, { id: "ann~bob" }) : null,
	);
}

export function start(url: string, token: string): Client {
	const client = connect({ url, token });
	const root = createRoot(document.getElementById("app") as HTMLElement);
	const app = createElement(ColloquyProvider, { value: client }, createElement(App));
	root.render(createElement(StrictMode, null, app));
	return client;
}
