// The full-screen chat: keys to the chat, the chat's state to frames. Draws at most once in a few
// milliseconds, whatever happens in between.

import type { Clock, Timer } from "../base/clock.js";
import type { Client, Message } from "../sdk/types.js";
import type { Depth } from "./ansi.js";
import { Chat } from "./chat.js";
import { complete } from "./commands.js";
import { type Editor, edit, emptyEditor, entered, withText } from "./editor.js";
import { pathsLike } from "./files.js";
import { told } from "./find.js";
import { askedOf, frame, messageArea, panelFrom } from "./frame.js";
import type { Key } from "./keys.js";
import { blank, span } from "./line.js";
import { type Look, pageDown, pageUp } from "./messages.js";
import { Terminal } from "./terminal.js";
import type { Anchor, View } from "./view.js";
import { viewOf } from "./view-of.js";

export interface ScreenOptions {
	readonly client: Client;
	readonly clock: Clock;
	readonly look: Look;
	readonly depth: Depth;
	readonly input: NodeJS.ReadStream;
	readonly output: NodeJS.WriteStream;
	/** Whom or what to open first. */
	readonly first: string | null;
}

/** Faster than anybody sees, slower than a burst of events. */
const drawEveryMs = 12;
/** Countdowns and "last seen" go on without events. */
const tickMs = 1_000;
/** Without a key for so long the person is taken to be away. */
const idleMs = 60_000;

/** How it ended: the person left, or the terminal did. */
export type Ending = "left" | "gone";

/** Runs until the person leaves, the terminal goes away, or the signal says so. */
export function runScreen(options: ScreenOptions, signal: AbortSignal): Promise<Ending> {
	return new Promise((resolve) => new Screen(options, resolve).start(signal));
}

class Screen {
	private readonly options: ScreenOptions;
	private readonly chat: Chat;
	private readonly terminal: Terminal;
	private readonly done: (ending: Ending) => void;
	private editor: Editor = emptyEditor;
	private anchor: Anchor = null;
	private drawing: Timer | null = null;
	private tick: Timer | null = null;
	private focused = true;
	private keyAt: number;
	private ended = false;
	private auto = true;

	constructor(options: ScreenOptions, done: (ending: Ending) => void) {
		const { client, clock, depth, input, output } = options;
		this.options = options;
		this.done = done;
		this.keyAt = clock.monotonic();
		this.chat = new Chat({
			client,
			clock,
			changed: () => this.changed(),
			quit: () => this.end(),
		});
		this.terminal = new Terminal({
			input,
			output,
			clock,
			depth,
			onKey: (key) => this.onKey(key),
			onSize: () => this.draw(),
			onGone: () => this.end("gone"),
		});
	}

	start(signal: AbortSignal): void {
		const { first, client, clock } = this.options;
		signal.addEventListener("abort", () => this.end(), { once: true });
		this.terminal.start();
		this.tick = clock.every(tickMs, () => this.onTick());
		client.active(true);
		if (first !== null) {
			this.auto = false;
			this.chat.go(first).catch((error: unknown) => this.chat.say("bad", told(error)));
		}
		this.draw();
	}

	private end(ending: Ending = "left"): void {
		if (this.ended) return;
		this.ended = true;
		this.drawing?.cancel();
		this.tick?.cancel();
		this.chat.close();
		this.terminal.stop();
		this.done(ending);
	}

	private view(): View {
		return viewOf(this.chat, this.editor, this.anchor);
	}

	private changed(): void {
		if (this.drawing !== null || this.ended) return;
		this.drawing = this.options.clock.after(drawEveryMs, () => this.draw());
	}

	private draw(): void {
		this.drawing?.cancel();
		this.drawing = null;
		if (this.ended) return;
		this.openNewest();
		if (this.focused && this.anchor === null) this.chat.looked();
		const { size } = this.terminal;
		this.terminal.draw(frame(this.view(), size, this.options.look));
	}

	/** Nobody said what to open: the newest conversation, once there is one. */
	private openNewest(): void {
		if (!this.auto || this.chat.opened !== null) return;
		if (this.options.client.conversations.snapshot().length > 0) {
			this.auto = false;
			this.chat.step(1);
		}
	}

	private onTick(): void {
		const { client, clock } = this.options;
		if (clock.monotonic() - this.keyAt > idleMs) client.active(false);
		this.changed();
	}

	private onKey(key: Key): void {
		if (this.ended) return;
		const { client, clock } = this.options;
		if (key.type === "focus") {
			this.focused = key.on;
			if (!key.on) this.chat.lookedAway();
			this.changed();
			return;
		}
		this.keyAt = clock.monotonic();
		client.active(true);
		if (key.type === "chord" && key.ctrl && this.onControl(key.letter)) return;
		if (key.type === "key" && this.onNamed(key)) {
			this.changed();
			return;
		}
		const next = edit(this.editor, key);
		if (next === null) return;
		const typed = next.text !== this.editor.text;
		this.editor = next;
		if (typed) this.typed();
		this.draw();
	}

	private typed(): void {
		const { text } = this.editor;
		this.chat.notice = null;
		this.chat.opened?.typingNow(text !== "" && !text.startsWith("/"));
	}

	/** True: it was a command to the screen. */
	private onControl(letter: string): boolean {
		const empty = this.editor.text === "";
		if (letter === "c" && !empty) {
			this.editor = withText(this.editor, "");
			this.typed();
			this.draw();
			return true;
		}
		if (letter === "c" || (letter === "d" && empty)) {
			this.end();
			return true;
		}
		if (letter === "z") this.terminal.suspend();
		if (letter === "l") this.terminal.redraw();
		return letter === "z" || letter === "l";
	}

	private onNamed(key: Key & { readonly type: "key" }): boolean {
		const { chat } = this;
		switch (key.name) {
			case "enter":
				if (key.alt) return false;
				this.enter();
				return true;
			case "tab":
				this.complete();
				return true;
			case "escape":
				chat.notice = null;
				if (chat.panel === null) this.anchor = null;
				chat.show(null);
				return true;
			case "pageUp":
			case "pageDown":
				this.scroll(key.name);
				return true;
			case "up":
			case "down":
				if (!key.alt && !key.ctrl) return false;
				this.anchor = null;
				chat.step(key.name === "up" ? -1 : 1);
				return true;
			default:
				return false;
		}
	}

	private enter(): void {
		const { text } = this.editor;
		// Impatience is a wish, too.
		const { client } = this.options;
		if (client.state.snapshot().type !== "connected") client.retry();
		this.editor = entered(this.editor);
		this.anchor = null;
		void this.chat.entered(text);
	}

	private scroll(way: "pageUp" | "pageDown"): void {
		const view = this.view();
		const area = messageArea(view, this.terminal.size);
		const { panel, open } = view;
		if (panel !== null) {
			const from = panelFrom(panel, area.rows - 1, way === "pageUp" ? -1 : 1);
			this.chat.show({ ...panel, from });
			return;
		}
		if (open === null) return;
		const asked = askedOf(view);
		const { look } = this.options;
		if (way === "pageDown") {
			this.anchor = pageDown(open, this.anchor, area, asked, look);
			return;
		}
		const { anchor, atTop } = pageUp(open, this.anchor, area, asked, look);
		this.anchor = anchor;
		if (atTop) void this.chat.askOlder();
	}

	private complete(): void {
		const { chat, editor } = this;
		const messages = chat.opened?.messages.snapshot() ?? [];
		const own = /^\/(e|d)/.test(editor.text);
		const save = /^\/sa/.test(editor.text);
		const fits = (message: Message) => (save ? message.media.length > 0 : message.own === own);
		const likely = [...messages].reverse().filter(fits);
		const numbers = likely.flatMap(({ seq, deleted }) => (seq === null || deleted ? [] : [seq]));
		const known = { people: chat.people(), messages: numbers, paths: pathsLike };
		const edited = /^\/edit #(\d+) $/.exec(editor.text);
		if (edited !== null) {
			const old = messages.find(({ seq }) => seq === Number(edited[1]));
			if (old !== undefined) this.editor = withText(editor, editor.text + old.text);
			return;
		}
		const done = complete(editor.text, editor.cursor, known);
		if (done === null) return;
		this.editor = { ...editor, text: done.text, cursor: done.cursor };
		const lines = done.choices.map((choice) => [blank(1), span(choice, "accent")]);
		chat.show(lines.length === 0 ? null : { title: "Tab", lines: lines.slice(0, 12) });
	}
}
