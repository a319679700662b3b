// What a session needs of a connection, and what a connection tells a session. The WebSocket one is
// `socket-transport.ts`; `memory-transport.ts` is the readable reference, used by tests and by
// clients in the same process.

/** Calls from a connection. One object serves a connection for its whole life. */
export interface TransportHandler {
	/** A whole binary message. The bytes are the receiver's; they may be a view of more. */
	received(bytes: Uint8Array): void;
	/** Something that is not a binary message: the peer does not speak this protocol. */
	unreadable(): void;
	/** A transport ping or pong came: the peer is alive. */
	controlled(): void;
	/** Everything sent has been handed to the system: there is room again. */
	drained(): void;
	/** The end, once, whoever began it. Nothing comes after. */
	closed(code: number): void;
}

/**
 * One connection.
 *
 * Order:  messages keep their order; `close` follows what was sent before it.
 * Errors: none thrown; a broken connection reports `closed`.
 */
export interface Transport {
	/** Bytes accepted and not yet handed to the system. */
	readonly buffered: number;
	/** False: wait for `drained` before sending more. */
	readonly writable: boolean;
	/** Bytes of messages received so far, whole or not. */
	readonly received: number;
	/** The connection is cut once it received more. */
	receivedMax: number;
	/** The peer's address as limits count it. */
	readonly address: string;
	/** Sends the parts as one message. They are not kept beyond the call. */
	send(parts: readonly Uint8Array[], bytes: number): void;
	ping(): void;
	/** Stops and continues reading; messages already on their way may still come. */
	pause(): void;
	resume(): void;
	/** Ends politely, but within `closeMs`. Nothing that is sent afterwards leaves. */
	close(code: number, reason: string): void;
	/** Ends at once. */
	terminate(): void;
}
