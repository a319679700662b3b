// The bytes of protocol `colloquy.v1` as a client needs them: a list of names. Small before fast,
// since pages load it; what both ends of the wire need fast is `codec.ts`, and the vectors of
// docs/protocol.md hold the two to the same bytes.

export { decodeServerFrame } from "./client-read.js";
export { encodeClientFrame, encodeClientOp } from "./client-write.js";
