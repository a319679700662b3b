// Small pictures of large ones. What a stranger has uploaded is decoded in a process of its own,
// one for each image: bounded in time, memory and number, behind others, told nothing but the
// bytes. What comes of it is kept in memory: a preview can always be made again, so that there is
// none to back up or to collect. docs/media.md §11.

import { type ChildProcess, spawn } from "node:child_process";
import { setPriority } from "node:os";
import { pipeline } from "node:stream/promises";
import { fileURLToPath } from "node:url";
import type { Clock } from "../base/clock.js";
import { BrokerError } from "../base/errors.js";
import type { Log } from "../base/log.js";
import type { Blob, BlobStore } from "./store.js";

export interface PreviewFacts {
	/** Of the image as it is shown, in pixels. */
	readonly width: number;
	readonly height: number;
	/** base64url */
	readonly thumbhash: string;
}

export interface Preview extends PreviewFacts {
	/** WebP. */
	readonly bytes: Buffer;
}

export interface PreviewParts {
	readonly clock: Clock;
	readonly log: Log;
	readonly store: BlobStore;
	readonly downloads: { kindOf(hash: string, blob: Blob): Promise<{ readonly type: string }> };
	readonly limits: {
		/** 0: there are no previews. */
		readonly mediaPreviewsAtOnce: number;
		readonly mediaPreviewMs: number;
		readonly mediaPreviewWaitMs: number;
		readonly mediaPreviewBytes: number;
	};
	/** The program that makes one; left out: ours, if the packages that it needs are installed. */
	readonly program?: string;
}

/** Larger ones are no pictures for a chat, and go through memory whole. */
const sourceBytesMax = 32 * 1_024 * 1_024;
/** No preview of ours is larger: a program that says more is out of its mind. */
const answerBytesMax = 512 * 1_024;
/** Images that wait for their turn. */
const waitingMax = 256;
const keptBytesMax = 16 * 1_024 * 1_024;
/** What an entry costs beside its bytes. */
const entryBytes = 512;

export class Previews {
	private readonly program: string | null;
	private readonly kept = new Map<string, Preview | null>();
	private keptBytes = 0;
	private readonly making = new Map<string, Promise<Preview | null>>();
	private readonly waiting: (() => void)[] = [];
	private readonly children = new Set<ChildProcess>();
	private running = 0;
	private closed = false;

	constructor(private readonly parts: PreviewParts) {
		const { program, limits } = parts;
		this.program = limits.mediaPreviewsAtOnce === 0 ? null : (program ?? ours());
	}

	/**
	 * Null: it has none: it is no image, too large, or nobody can make one here.
	 *
	 * Errors: OVERLOADED; MEDIA_UNKNOWN when the file has gone; MEDIA_IO.
	 */
	async of(hash: string): Promise<Preview | null> {
		if (this.program === null) return null;
		const known = this.kept.get(hash);
		if (known !== undefined) {
			// Used last, forgotten last.
			this.kept.delete(hash);
			this.kept.set(hash, known);
			return known;
		}
		const under = this.making.get(hash);
		if (under !== undefined) return under;
		const made = this.make(hash, this.program).finally(() => this.making.delete(hash));
		this.making.set(hash, made);
		return made;
	}

	/** What is known of it within `mediaPreviewWaitMs`; null: nothing yet. Never fails. */
	async soon(hash: string): Promise<PreviewFacts | null> {
		const { clock, log, limits } = this.parts;
		const made = this.of(hash).then(
			(preview) => preview && factsOf(preview),
			(error: unknown) => {
				log("warn", "media.preview", { error: String(error) });
				return null;
			},
		);
		return new Promise((resolve) => {
			const timer = clock.after(limits.mediaPreviewWaitMs, () => resolve(null));
			void made.then((facts) => {
				timer.cancel();
				resolve(facts);
			});
		});
	}

	/** Ends what is under way. */
	close(): void {
		this.closed = true;
		for (const next of this.waiting.splice(0)) next();
		for (const child of this.children) child.kill("SIGKILL");
	}

	private async make(hash: string, program: string): Promise<Preview | null> {
		await this.turn();
		try {
			if (this.closed) return null;
			const preview = await this.read(hash, program);
			this.keep(hash, preview);
			return preview;
		} finally {
			this.running -= 1;
			this.waiting.shift()?.();
		}
	}

	private async turn(): Promise<void> {
		if (this.running >= this.parts.limits.mediaPreviewsAtOnce) {
			if (this.waiting.length >= waitingMax) throw new BrokerError("OVERLOADED", "previews");
			await new Promise<void>((resolve) => this.waiting.push(resolve));
		}
		this.running += 1;
	}

	private async read(hash: string, program: string): Promise<Preview | null> {
		const { store, downloads } = this.parts;
		const blob = await store.open(hash).catch((cause: unknown) => {
			throw new BrokerError("MEDIA_IO", "", { cause });
		});
		if (blob === null) throw new BrokerError("MEDIA_UNKNOWN");
		try {
			if (blob.size > sourceBytesMax) return null;
			const { type } = await downloads.kindOf(hash, blob);
			// By its first bytes: what is drawn by a program, as SVG is, never gets there.
			if (!type.startsWith("image/")) return null;
			// Looked at with no pause before the start: whoever closes knows all that run.
			if (this.closed) return null;
			const child = this.start(program);
			const said = answerOf(child);
			const stdin = child.stdin as NodeJS.WritableStream;
			const sent = await pipeline(blob.read(0, blob.size - 1), stdin).then(
				() => true,
				() => {
					// A child that waits for the rest would wait until its time is over.
					child.kill("SIGKILL");
					return false;
				},
			);
			const preview = await said;
			return sent ? preview : null;
		} finally {
			await blob.close();
		}
	}

	private start(program: string): ChildProcess {
		const { clock, log, limits } = this.parts;
		const child = spawn(...bounded(program, limits.mediaPreviewBytes), {
			stdio: ["pipe", "pipe", "ignore"],
			// Nothing of ours: no token, no path, no option.
			env: {},
		});
		this.children.add(child);
		const timer = clock.after(limits.mediaPreviewMs, () => {
			log("warn", "media.preview", { error: "took too long" });
			child.kill("SIGKILL");
		});
		child.once("spawn", () => lower(child.pid as number));
		child.once("close", () => {
			timer.cancel();
			this.children.delete(child);
		});
		return child;
	}

	private keep(hash: string, preview: Preview | null): void {
		this.kept.set(hash, preview);
		this.keptBytes += costOf(preview);
		for (const [oldest, one] of this.kept) {
			if (this.keptBytes <= keptBytesMax) return;
			this.kept.delete(oldest);
			this.keptBytes -= costOf(one);
		}
	}
}

function costOf(preview: Preview | null): number {
	return entryBytes + (preview?.bytes.length ?? 0);
}

function factsOf({ width, height, thumbhash }: Preview): PreviewFacts {
	return { width, height, thumbhash };
}

/** Null: without its packages it would only fail. */
function ours(): string | null {
	try {
		for (const name of ["sharp", "thumbhash"]) import.meta.resolve(name);
	} catch {
		return null;
	}
	return fileURLToPath(new URL("preview-child.js", import.meta.url));
}

/** The shell bounds what the program may take, where there is one: the kernel looks always. */
function bounded(program: string, bytes: number): [string, string[]] {
	const command = [process.execPath, "--max-old-space-size=64", program];
	if (process.platform === "win32") return [process.execPath, command.slice(1)];
	const script = 'ulimit -d "$0"; exec "$@"';
	return ["/bin/sh", ["-c", script, String(Math.floor(bytes / 1_024)), ...command]];
}

/** Behind chat, yet not so far that a busy machine makes none. */
const niceness = 5;

function lower(pid: number): void {
	try {
		setPriority(pid, niceness);
	} catch {
		// It has ended already, or the system has no such thing.
	}
}

/** What the program says once it has ended well; null: it did not, or said something else. */
function answerOf(child: ChildProcess): Promise<Preview | null> {
	const chunks: Buffer[] = [];
	let bytes = 0;
	child.stdout?.on("data", (chunk: Buffer) => {
		bytes += chunk.length;
		if (bytes > answerBytesMax) child.kill("SIGKILL");
		else chunks.push(chunk);
	});
	return new Promise((resolve) => {
		child.once("error", () => resolve(null));
		child.once("close", (code) => resolve(code === 0 ? parse(Buffer.concat(chunks)) : null));
	});
}

function parse(said: Buffer): Preview | null {
	const end = said.indexOf("\n");
	try {
		const { width, height, thumbhash } = JSON.parse(said.toString("utf8", 0, end));
		const right = Number.isSafeInteger(width) && Number.isSafeInteger(height);
		if (!right || !/^[\w-]{1,64}$/.test(thumbhash)) return null;
		return { width, height, thumbhash, bytes: said.subarray(end + 1) };
	} catch {
		return null;
	}
}
