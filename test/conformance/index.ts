// The suites that adapters of others can run: names only.

export { type BlobStoreSubject, type BlobStoreSuite, blobStoreSuite } from "./blob-store.js";
export { type JournalSubject, type JournalSuite, journalSuite } from "./journal.js";
