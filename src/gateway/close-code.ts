// Which WebSocket close code goes with which error. Codes that normally answer one operation may
// also end a handshake; they take the code of "reconnect" or "do not" that their row says.

import { describe, type ErrorCode } from "../base/errors.js";

/** Clients get 1001 ("going away") when a server goes down, as any WebSocket client expects. */
export const goingAway = 1001;
/** Too big, and too many pieces: what a WebSocket library says by itself. */
export const policyViolation = 1008;

export function closeCodeOf(code: ErrorCode): number {
	const row = describe(code);
	return row.close ?? (row.retryable ? 4012 : 4500);
}
