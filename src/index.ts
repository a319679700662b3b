// What a Node service embeds. A list of names.

export {
	type AuthContext,
	type Authenticate,
	type ClaimedIdentity,
	jwtAuthenticate,
	mintToken,
	refuse,
} from "./auth.js";
export { BrokerError, type ErrorCode, errorTable } from "./base/errors.js";
export type { Log, LogLevel } from "./base/log.js";
export { type Broker, type BrokerOptions, createBroker, type PsReport } from "./broker.js";
export { type Config, defaultConfig } from "./config.js";
export type { Blob, BlobStore, Stored } from "./media/store.js";
