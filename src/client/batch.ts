// Operations into WebSocket messages, as few as the bounds on bytes and operations allow.

import { encodeClientFrame } from "../protocol/client-codec.js";
import type { ClientOp } from "../protocol/frames.js";
import { opsPerFrameMax } from "../protocol/limits.js";

/** Operations in frames within the bounds; one that is larger alone is the server's to refuse. */
export function frames(ops: readonly ClientOp[], bytesMax: number): Uint8Array[] {
	if (ops.length === 0) return [];
	if (ops.length <= opsPerFrameMax) {
		const whole = encodeClientFrame(ops);
		if (whole.length <= bytesMax || ops.length === 1) return [whole];
	}
	const half = ops.length >> 1;
	return [...frames(ops.slice(0, half), bytesMax), ...frames(ops.slice(half), bytesMax)];
}
