// Somebody who uses media at random until the server is gone, and remembers what every message has
// to be: what was under way at a kill is sent again, so that its outcome becomes known.

import { randomBytes, randomInt } from "node:crypto";
import type { WireMessage, WriteCommand } from "../../src/protocol/frames.js";
import type { ServerProcess } from "../helpers/server-process.js";
import type { WireClient } from "../helpers/wire-client.js";
import { type Answered, ask, editing, sending, sha256, upload } from "./files.js";
import { append, begin, offsetOf } from "./tus.js";

/** What a person counts and complains of. */
export interface Tally {
	/** Whatever it was and how it ended. */
	acts: number;
	uploads: number;
	resumed: number;
	sends: number;
	edits: number;
	deletes: number;
	downloads: number;
	refused: number;
	faults: string[];
}

interface Said {
	hashes: readonly string[];
	/** Expires some time: then it shows nothing. */
	readonly fleeting: boolean;
}

interface Write {
	readonly n: number;
	readonly command: WriteCommand;
	readonly done: (seq: number | null) => void;
}

interface Unfinished {
	readonly path: string;
	readonly bytes: Buffer;
	readonly lives: number;
	/** When its last bytes were sent, and not answered; null: they were not. */
	wholeAt: number | null;
}

const filesKept = 6;
const fleetingMs = 300;
/** The server's. */
export const ticketMs = 3_000;

export class Person {
	private readonly messages = new Map<number, Said>();
	private readonly files: Answered[] = [];
	private n = 0;
	private lives = 0;
	private pending: Write | null = null;
	private unfinished: Unfinished | null = null;

	constructor(
		public client: WireClient,
		readonly conversation: string,
		/** Bytes that everybody uploads again and again. */
		private readonly pool: readonly Buffer[],
		private readonly tally: Tally,
	) {}

	/** Until the server is gone. */
	async live(server: ServerProcess): Promise<void> {
		this.lives += 1;
		let gone = false;
		void server.exited.then(() => {
			gone = true;
		});
		while (!gone) {
			try {
				await this.act(server);
				this.tally.acts += 1;
			} catch (error) {
				// A connection that breaks is what a kill looks like; anything else is told.
				if (!broken(error)) this.tally.faults.push(`${this.client.welcome.user}: ${error}`);
				await server.exited;
				return;
			}
		}
	}

	/** Sends again what was under way. */
	async settle(): Promise<void> {
		if (this.pending !== null) await this.outcome(this.pending);
	}

	/** In what the server's messages of ours are not what was said. */
	differences(found: readonly WireMessage[]): string[] {
		const { user } = this.client.welcome;
		const mine = new Map(
			found.filter(({ sender }) => sender === user).map((one) => [one.seq, one]),
		);
		return [...this.messages].flatMap(([seq, { hashes, fleeting }]) => {
			const media = mine.get(seq)?.body?.media ?? [];
			const is = media.map(({ hash }) => Buffer.from(hash).toString("hex")).join();
			if (is === hashes.join() || (fleeting && is === "")) return [];
			return [`${user} ${seq} shows ${is || "nothing"}, not ${hashes.join() || "nothing"}`];
		});
	}

	private async act(server: ServerProcess): Promise<void> {
		const choice = randomInt(10);
		if (choice < 2) await this.upload(server);
		else if (choice < 4) await this.resume(server);
		else if (choice < 7) await this.send();
		else if (choice < 8) await this.edit();
		else if (choice < 9) await this.remove();
		else await this.download(server);
	}

	private async upload(server: ServerProcess): Promise<void> {
		const { user } = this.client.welcome;
		this.stored(await upload(server, user, this.bytes()));
	}

	/** A step of an upload that resumes: begun, continued, or whole. */
	private async resume(server: ServerProcess): Promise<void> {
		const { user } = this.client.welcome;
		if (this.unfinished === null) {
			const bytes = this.bytes();
			const path = await begin(server, user, bytes.length, { sha256: sha256(bytes) });
			this.unfinished = { path, bytes, lives: this.lives, wholeAt: null };
			return;
		}
		const { path, bytes, lives, wholeAt } = this.unfinished;
		const offset = await offsetOf(server, user, path);
		const killed = lives !== this.lives;
		// On a slow machine its ticket may be over, and the file collected, before anybody asks again.
		const collected = wholeAt !== null && Date.now() - wholeAt > ticketMs && offset === -404;
		if (offset < 0 && !collected) throw new Error(`the upload is ${-offset}`);
		if (collected || offset === bytes.length) {
			// All had arrived, and the answer was lost.
			this.unfinished = null;
			return;
		}
		const end = Math.min(bytes.length, offset + 1 + randomInt(bytes.length));
		if (end === bytes.length) this.unfinished.wholeAt = Date.now();
		const answer = await append(server, user, path, offset, bytes.subarray(offset, end));
		if (answer.status === 204) return;
		this.unfinished = null;
		if (answer.status !== 200) throw new Error(`${answer.status} ${await answer.text()}`);
		this.stored((await answer.json()) as Answered);
		if (killed) this.tally.resumed += 1;
	}

	private async send(): Promise<void> {
		const files = this.some();
		const fleeting = randomInt(5) === 0;
		const command = { ...sending(files), ttlMs: fleeting ? fleetingMs : null } as WriteCommand;
		await this.write(command, (seq) => {
			if (seq === null) return;
			this.messages.set(seq, { hashes: files.map(({ hash }) => hash), fleeting });
			this.tally.sends += 1;
		});
	}

	private async edit(): Promise<void> {
		const seq = this.one();
		if (seq === null) return;
		const files = this.some();
		await this.write(editing(seq, files), (done) => {
			if (done === null) return;
			(this.messages.get(seq) as Said).hashes = files.map(({ hash }) => hash);
			this.tally.edits += 1;
		});
	}

	private async remove(): Promise<void> {
		const seq = this.one();
		if (seq === null) return;
		await this.write({ type: "delete", seq }, (done) => {
			if (done === null) return;
			(this.messages.get(seq) as Said).hashes = [];
			this.tally.deletes += 1;
		});
	}

	private async download(server: ServerProcess): Promise<void> {
		const said = this.messages.get(this.one() ?? 0);
		const hash = said?.hashes[0];
		if (said === undefined || hash === undefined || said.fleeting) return;
		const { user } = this.client.welcome;
		const got = await ask(server, user, `/media/${hash}?conversation=${this.conversation}`);
		const bytes = Buffer.from(await got.arrayBuffer());
		if (got.status !== 200 || sha256(bytes) !== hash) throw new Error(`${hash} ${got.status}`);
		this.tally.downloads += 1;
	}

	private async write(command: WriteCommand, done: Write["done"]): Promise<void> {
		this.n += 1;
		this.pending = { n: this.n, command, done };
		await this.outcome(this.pending);
	}

	/** `done` gets the number of the message, or null when refused. */
	private async outcome({ n, command, done }: Write): Promise<void> {
		this.client.write(this.conversation, n, n - 1, command);
		const said = await this.client.outcome(this.conversation, n);
		this.pending = null;
		if (said.type === "answer") {
			done(said.seq ?? 0);
			return;
		}
		done(null);
		if (said.code === "MEDIA_NO_GRANT") this.tally.refused += 1;
		else if (said.code !== "MESSAGE_GONE") throw new Error(`${command.type}: ${said.code}`);
	}

	private stored(file: Answered): void {
		this.tally.uploads += 1;
		this.files.push(file);
		if (this.files.length > filesKept) this.files.shift();
	}

	/** Often bytes that others have uploaded, or do at this moment. */
	private bytes(): Buffer {
		const known = this.pool[randomInt(2 * this.pool.length)];
		return known ?? randomBytes(1 + randomInt(200_000));
	}

	private some(): Answered[] {
		return this.files.filter(() => randomInt(3) === 0);
	}

	/** One of the last messages; null: there is none. */
	private one(): number | null {
		const last = [...this.messages.keys()].slice(-8);
		return last[randomInt(Math.max(1, last.length))] ?? null;
	}
}

function broken(error: unknown): boolean {
	const { message, cause } = error as Error;
	return /^closed|fetch failed|terminated/.test(message) || cause instanceof Error;
}
