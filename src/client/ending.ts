// Why a session ended, and what that asks of its owner: connect again, become another device, or
// stay away. The table of errors decides; codes of a later version are worth another try.

import { type ErrorCode, errorTable } from "../base/errors.js";

/** Why a session ended and what its owner should do. */
export interface End {
	readonly action: "reconnect" | "fork" | "stop";
	readonly code: ErrorCode | null;
	readonly retryAfterMs: number;
	/** Where the server says to go instead; null: the same address. */
	readonly url: string | null;
}

/** A code this client does not know is final: an endless retry would be worse. */
export function retried(code: ErrorCode): boolean {
	return code in errorTable && errorTable[code].retryable;
}

export function actionOf(code: ErrorCode): End["action"] {
	if (code === "DEVICE_FORKED" || code === "DEVICE_FORGOTTEN") return "fork";
	if (!(code in errorTable)) return "reconnect";
	const row: { close?: number; retryable: boolean } = errorTable[code];
	return row.retryable || (row.close ?? 0) < 4_500 ? "reconnect" : "stop";
}

/** The code that a close code stands for. */
export function codeOf(closeCode: number): ErrorCode | null {
	for (const [code, row] of Object.entries(errorTable)) {
		if ("close" in row && row.close === closeCode) return code as ErrorCode;
	}
	return null;
}

/** The ranges hold for codes that are not known here, too. */
export function actionOfClose(closeCode: number): End["action"] {
	const code = codeOf(closeCode);
	if (code !== null) return actionOf(code);
	return closeCode >= 4_500 && closeCode < 5_000 ? "stop" : "reconnect";
}
