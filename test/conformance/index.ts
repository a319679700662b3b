// The suites that adapters of others can run: names only.

export { type JournalSubject, type JournalSuite, journalSuite } from "./journal.js";
