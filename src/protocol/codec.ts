// The bytes of protocol `colloquy.v1`: a list of names. Plain TypeScript without a dependency, the
// same in a server and in a browser.

export {
	type ClientFrame,
	type DecodedOp,
	decodeClientFrame,
	type InvalidOp,
} from "./decode-client.js";
export { decodeServerFrame, type ServerFrame } from "./decode-server.js";
export {
	encodeClientFrame,
	encodeClientOp,
	encodeServerFrame,
	encodeServerOp,
	type SaidOp,
} from "./encode.js";
