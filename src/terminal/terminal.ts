// The terminal itself: raw mode, the alternate screen, keys in and frames out, and everything put
// back at the end, however it comes. Knows no chat.

import { StringDecoder } from "node:string_decoder";
import type { Clock, Timer } from "../base/clock.js";
import { type Depth, type Drawn, type Frame, nothingDrawn, update } from "./ansi.js";
import type { Size } from "./frame.js";
import { type Key, KeyReader } from "./keys.js";

export interface TerminalOptions {
	readonly input: NodeJS.ReadStream;
	readonly output: NodeJS.WriteStream;
	readonly clock: Clock;
	readonly depth: Depth;
	onKey(key: Key): void;
	/** The size changed, or the screen was lost: a frame is needed. */
	onSize(size: Size): void;
	/** The other end is gone: the window was closed, the connection cut. */
	onGone(): void;
}

const esc = "\u001b";
// Alternate screen; no wrapping at the edge, so that a misjudged width cannot push lines down;
// pasted text in brackets; reports of focus.
const enterScreen = `${esc}[?1049h${esc}[?7l${esc}[?2004h${esc}[?1004h${esc}[2J`;
const leaveScreen = `${esc}[0m${esc}[?1004l${esc}[?2004l${esc}[?7h${esc}[?25h${esc}[?1049l`;
/** Over a slow line the bytes of one key may come apart; a person presses Escape slower. */
const escapeMs = 60;
const smallest: Size = { columns: 20, rows: 6 };

export class Terminal {
	private readonly options: TerminalOptions;
	private readonly reader = new KeyReader();
	private readonly decoder = new StringDecoder("utf8");
	private drawn: Drawn = nothingDrawn;
	private waiting: Frame | null = null;
	private blocked = false;
	private timer: Timer | null = null;
	private open = false;

	constructor(options: TerminalOptions) {
		this.options = options;
	}

	get size(): Size {
		const { columns = 80, rows = 24 } = this.options.output;
		return {
			columns: Math.max(smallest.columns, columns),
			rows: Math.max(smallest.rows, rows),
		};
	}

	/** Takes the terminal. */
	start(): void {
		const { input, output } = this.options;
		input.on("data", this.onData);
		input.on("end", this.options.onGone);
		input.on("error", this.options.onGone);
		output.on("error", this.options.onGone);
		output.on("resize", this.onResize);
		output.on("drain", this.onDrain);
		process.on("SIGCONT", this.onContinue);
		process.on("uncaughtExceptionMonitor", this.onFault);
		this.take();
	}

	/** Gives the terminal back as it was. Safe to call twice. */
	stop(): void {
		const { input, output } = this.options;
		this.timer?.cancel();
		input.off("data", this.onData);
		input.off("end", this.options.onGone);
		output.off("resize", this.onResize);
		output.off("drain", this.onDrain);
		process.off("SIGCONT", this.onContinue);
		process.off("uncaughtExceptionMonitor", this.onFault);
		this.give();
		input.pause();
	}

	/** Something else wrote on the screen: all of it is drawn anew. */
	redraw(): void {
		this.drawn = nothingDrawn;
		if (this.open) this.options.output.write(`${esc}[2J`);
		this.options.onSize(this.size);
	}

	/** Sleeps as Ctrl-Z asks; the shell wakes it by SIGCONT. */
	suspend(): void {
		this.give();
		// The whole job: started by npx, the shell waits for npm and not for this process.
		process.kill(0, "SIGTSTP");
	}

	/** Shows a frame. While the line is slower than the frames, only the newest is sent. */
	draw(frame: Frame): void {
		if (!this.open) return;
		if (this.blocked) {
			this.waiting = frame;
			return;
		}
		const { bytes, drawn } = update(this.drawn, frame, this.size.columns, this.options.depth);
		this.drawn = drawn;
		if (bytes !== "") this.blocked = !this.options.output.write(bytes);
	}

	private take(): void {
		const { input, output } = this.options;
		if (this.open) return;
		this.open = true;
		input.setRawMode(true);
		input.resume();
		this.drawn = nothingDrawn;
		output.write(enterScreen);
	}

	private give(): void {
		const { input, output } = this.options;
		if (!this.open) return;
		this.open = false;
		// A terminal that is gone takes neither.
		if (!output.destroyed) output.write(leaveScreen);
		if (!input.destroyed) input.setRawMode(false);
	}

	private readonly onData = (chunk: Buffer): void => {
		this.timer?.cancel();
		this.timer = null;
		for (const key of this.reader.read(this.decoder.write(chunk))) this.options.onKey(key);
		if (!this.reader.waits) return;
		this.timer = this.options.clock.after(escapeMs, () => {
			for (const key of this.reader.flush()) this.options.onKey(key);
		});
	};

	private readonly onResize = (): void => {
		// What a terminal keeps when it is resized differs, so all is drawn anew.
		this.drawn = nothingDrawn;
		this.options.onSize(this.size);
	};

	private readonly onContinue = (): void => {
		this.take();
		this.options.onSize(this.size);
	};

	/** What Node prints about a fault must not vanish with the alternate screen. */
	private readonly onFault = (): void => this.give();

	private readonly onDrain = (): void => {
		this.blocked = false;
		const { waiting } = this;
		this.waiting = null;
		if (waiting !== null) this.draw(waiting);
	};
}
