// Requests for media: with a token and a device as the server wants them, errors with their codes,
// and what to do about trouble that passes. Not here: what is asked for.

import { BrokerError, type ErrorCode } from "../base/errors.js";
import { BackOff } from "../client/reconnect.js";
import type { Core } from "./core.js";

/** An error that the server gave, as opposed to a connection that does not come about. */
class Answered extends BrokerError {
	constructor(
		code: ErrorCode,
		detail: string,
		/** It asked for so much patience. */
		readonly waitMs: number,
	) {
		super(code, detail);
	}
}

export interface Asked {
	readonly headers?: Readonly<Record<string, string>>;
	readonly body?: Uint8Array<ArrayBuffer>;
	readonly cache?: RequestCache;
	/** Longest wait for the answer's head; what takes longer is a connection that is dead. */
	readonly withinMs?: number;
}

/** Errors of the server in a row, with no byte moved between them, before they are told. */
const answersMax = 5;
const answerMs = 30_000;
const firstWaitMs = 250;

const codes: Readonly<Record<number, ErrorCode>> = {
	401: "AUTH_REJECTED",
	403: "AUTH_REJECTED",
	404: "MEDIA_UNKNOWN",
	// Another request has the upload, or stands at another byte: looked at again it is right.
	409: "UNAVAILABLE",
	410: "MEDIA_UNKNOWN",
	413: "MEDIA_TOO_LARGE",
	423: "UNAVAILABLE",
	429: "RATE_LIMITED",
};

export class MediaHttp {
	/** Address of the server, without a slash at its end. */
	readonly base: string;
	private readonly core: Core;
	private token: Promise<string> | null = null;

	constructor(core: Core) {
		this.core = core;
		const url = new URL(core.options.url);
		const scheme = url.protocol.replace("ws", "http");
		this.base = `${scheme}//${url.host}${url.pathname.replace(/\/(?:v1)?$/, "")}`;
	}

	/** Runs until it ends, the signal aborts, or the client is closed. */
	async run<T>(
		signal: AbortSignal | undefined,
		work: (end: AbortSignal) => Promise<T>,
	): Promise<T> {
		const { hub } = this.core;
		const ending = new AbortController();
		const closed = () => ending.abort(new BrokerError("CLOSED"));
		const aborted = () => ending.abort(signal?.reason);
		if (hub.closed) closed();
		if (signal?.aborted) aborted();
		hub.closers.add(closed);
		signal?.addEventListener("abort", aborted);
		try {
			ending.signal.throwIfAborted();
			return await work(ending.signal);
		} finally {
			hub.closers.delete(closed);
			signal?.removeEventListener("abort", aborted);
		}
	}

	/**
	 * Tries until it succeeds or fails for good. `moved` is called when bytes have moved: trouble
	 * counts anew.
	 *
	 * Errors: final ones; such as may pass, after a few in a row that the server itself has given;
	 *         the reason of `end`.
	 */
	async persist<T>(end: AbortSignal, attempt: (moved: () => void) => Promise<T>): Promise<T> {
		const fresh = () => new BackOff(this.core.clock, { baseMs: firstWaitMs });
		let backOff = fresh();
		let answers = 0;
		const moved = () => {
			backOff = fresh();
			answers = 0;
		};
		for (;;) {
			try {
				return await attempt(moved);
			} catch (cause) {
				end.throwIfAborted();
				if (!(cause instanceof BrokerError && cause.retryable)) throw cause;
				// The same token again would end the same way.
				const { token } = this.core.options;
				if (cause.code === "AUTH_EXPIRED" && typeof token === "string") throw cause;
				// Those two are waited out, as the connection waits them out.
				if (cause.code !== "OFFLINE" && cause.code !== "TOKEN_FAILED") answers += 1;
				if (answers >= answersMax) throw cause;
				const waitMs = cause instanceof Answered ? cause.waitMs : 0;
				await this.pause(backOff.next(waitMs), end);
			}
		}
	}

	/** One request; `path` from the server's address on. Errors: coded ones; the reason of `end`. */
	async request(
		method: string,
		path: string,
		end: AbortSignal,
		asked: Asked = {},
	): Promise<Response> {
		for (let again = false; ; again = true) {
			const response = await this.send(method, path, end, asked);
			if (response.ok) return response;
			const error = await errorOf(response);
			const unknown = error.code === "AUTH_EXPIRED" || error.code === "AUTH_REJECTED";
			if (!unknown || again || typeof this.core.options.token === "string") throw error;
			this.token = this.core.connection.ask(error.code === "AUTH_EXPIRED" ? "expired" : "refused");
		}
	}

	private async send(
		method: string,
		path: string,
		end: AbortSignal,
		{ headers = {}, body, cache, withinMs = answerMs }: Asked,
	): Promise<Response> {
		const { clock } = this.core;
		const authorization = `Bearer ${await this.asking()}`;
		const device = this.core.reads?.identity().device;
		const trying = new AbortController();
		const timer = clock.after(withinMs, () => trying.abort());
		try {
			return await fetch(this.base + path, {
				method,
				headers: {
					authorization,
					...(device === undefined ? {} : { "colloquy-device": device }),
					...headers,
				},
				// Also while the body is read: it ends with the work that wanted it.
				signal: AbortSignal.any([end, trying.signal]),
				...(body === undefined ? {} : { body }),
				...(cache === undefined ? {} : { cache }),
			});
		} catch (cause) {
			end.throwIfAborted();
			throw new BrokerError("OFFLINE", String(cause), { cause });
		} finally {
			timer.cancel();
		}
	}

	private async asking(): Promise<string> {
		this.token ??= this.core.connection.ask("reconnect");
		try {
			return await this.token;
		} catch (cause) {
			this.token = null;
			throw new BrokerError("TOKEN_FAILED", String(cause), { cause });
		}
	}

	/** Over early when the client is connected again. */
	private pause(delayMs: number, end: AbortSignal): Promise<void> {
		const { clock, connection } = this.core;
		let { connected } = connection;
		return new Promise((resolve, reject) => {
			const over = () => {
				timer.cancel();
				unsubscribe();
				end.removeEventListener("abort", over);
				if (end.aborted) reject(end.reason);
				else resolve();
			};
			const timer = clock.after(delayMs, over);
			const unsubscribe = connection.state.subscribe(() => {
				if (!connected && connection.connected) over();
				connected = connection.connected;
			});
			end.addEventListener("abort", over);
		});
	}
}

/** Whatever stands between may answer as well: then the status tells. */
async function errorOf(response: Response): Promise<BrokerError> {
	const { status, headers } = response;
	const waitMs = Number(headers.get("retry-after") ?? 0) * 1_000 || 0;
	const text = await response.text().catch(() => "");
	try {
		const { code, detail } = JSON.parse(text);
		return new Answered(code, detail, waitMs);
	} catch {
		// No JSON, or a code that only a later version knows.
		const detail = `HTTP ${status}`;
		if (status >= 500) return new BrokerError("OFFLINE", detail);
		return new Answered(codes[status] ?? "BAD_REQUEST", detail, waitMs);
	}
}
