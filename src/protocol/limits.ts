// Sizes and ranges that the protocol itself fixes: the decoder holds clients to them and
// docs/protocol.md states them. What an operator may choose is in `config.ts`; the content limit
// and the page size of a connection are told in welcome and may be lower than here.

/** A message with the longest content and all its fields; also 1,000 ids of 100 bytes. */
export const frameBytesMax = 256 * 1024;

/** Before a welcome nothing longer than a hello with its token is worth reading. */
export const helloFrameBytesMax = 16 * 1024;

/** What a client must accept in one WebSocket message; pages are cut to stay below. */
export const serverFrameBytesMax = 1024 * 1024;

/** One frame is one turn of the event loop; a client's whole window of sends is far below. */
export const opsPerFrameMax = 1_024;

/** The deepest thing said is a media reference in a row in a change in a page: 8 arrays. */
export const depthMax = 8;

/** Signed tokens with a few claims take 1 KB; certificates in headers take more. */
export const tokenBytesMax = 8_192;

/** Name and version of the client's software, for the operator's eyes. */
export const clientBytesMax = 128;

/** Text, or the envelope of an end-to-end cipher; what is longer goes as media. */
export const contentBytesMax = 64 * 1024;

/** Media types with a parameter or two (RFC 6838 allows 127 + 127; none in use is near). */
export const contentTypeBytesMax = 128;

/** Random enough to be unique (8), as long as a UUID (16). */
export const messageIdBytesMin = 8;
export const messageIdBytesMax = 16;

/** Each mention may wake a person. */
export const mentionsMax = 64;

/** An album; each is a look-up of a grant. */
export const mediaMax = 16;

/** SHA-256. */
export const mediaHashBytes = 32;

/** A code over user, hash, size, type and expiry, with these beside it. */
export const ticketBytesMax = 512;

/** What file systems allow. */
export const mediaNameBytesMax = 255;

/** Users or conversations named in one operation: one frame, one slice of work. */
export const usersMax = 1_000;
export const heldMax = 1_000;

/** The longest emoji in Unicode 15 takes 35 bytes. */
export const emojiBytesMax = 64;

export const titleBytesMax = 200;
export const nameBytesMax = 200;

/** A picture is an address or a media hash, not the picture. */
export const pictureBytesMax = 512;

export const descriptionBytesMax = 2_000;

/** 128 random bits in any notation, with room. */
export const linkBytesMax = 64;

/** Cursors are the server's own; they hold an id and its kind. */
export const cursorBytesMax = 512;

/** Items of a page. */
export const pageItemsMax = 1_000;

/** A clock outside of these years is not set; the client then says nothing (nil). */
export const clientTimeMin = 946_684_800_000;
export const clientTimeMax = 4_102_444_800_000;

/** Ten years: beyond, "never" is meant. */
export const ttlMsMax = 315_360_000_000;

/** The end of the year 9999, for "for ever". */
export const muteUntilMax = 253_402_300_799_999;
