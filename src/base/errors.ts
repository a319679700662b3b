// Errors that are expected, as opposed to faults in the program: a code with what the table says
// of it.

import { type ErrorRow, errorTable } from "./error-table.js";

export { errorTable };

export type ErrorCode = keyof typeof errorTable;

/** Retryable or not is a property of the code, never of the occasion. */
export function describe(code: ErrorCode): ErrorRow {
	return errorTable[code];
}

/** An operating error, as opposed to a fault in the program. */
export class BrokerError extends Error {
	readonly code: ErrorCode;
	readonly detail: string;

	constructor(code: ErrorCode, detail = "", options: { cause?: unknown } = {}) {
		super(detail === "" ? describe(code).message : `${describe(code).message}: ${detail}`, options);
		this.name = "BrokerError";
		this.code = code;
		this.detail = detail;
	}

	get retryable(): boolean {
		return describe(this.code).retryable;
	}

	/** What to do about it, for people. */
	get action(): string {
		return describe(this.code).action;
	}
}
