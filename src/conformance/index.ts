// The conformance kit of protocol `colloquy.v1`: a walk of a server, a scripted peer for a client.
// A list of names.

export type { Check, Choice, Finding, LeftOut, Report } from "./check.js";
export { type ClientRun, clientChecks, proveClient } from "./client.js";
export type { Started, Subject } from "./client-stage.js";
export { commandSubject } from "./command.js";
export { type Coverage, coverage, unobservable } from "./coverage.js";
export { chapters, clauses } from "./page.js";
export type { Person, Tokens } from "./people.js";
export { proveServer, type ServerRun, serverChecks } from "./server.js";
