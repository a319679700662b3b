// What a host's own tests use. A list of names; docs/testing.md shows them at work.

export type { ConversationFacts, MessageFacts, UserFacts } from "../cli/inspect-read.js";
export { type Disk, startBroker, type TestBroker, type TestBrokerOptions } from "./broker.js";
export { type TestClock, type TestClockOptions, testClock } from "./clock.js";
export {
	eventually,
	type LiveMessage,
	type MessageStatus,
	passes,
	reached,
	remains,
	type Statuses,
	statuses,
	type Within,
} from "./matchers.js";
export { type Network, startNetwork, type Target } from "./network.js";
