// Options of media: sizes, quotas, times. Part of the table in `config.ts`.

import { count, duration, size, text } from "./option.js";

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;
const MiB = 1_024 * 1_024;
const GiB = 1_024 * MiB;

export const media = {
	mediaFolder: text("", "where files lie; empty: `media` in the data folder"),
	mediaBytesMax: size(2 * GiB, "a long film; one upload of it is minutes of disk", {
		error: "MEDIA_TOO_LARGE",
	}),
	mediaQuotaBytes: size(10 * GiB, "what one user's uploads may take, unfinished ones included", {
		error: "MEDIA_QUOTA",
	}),
	mediaUploadsAtOnce: count(128, "each writes to the disk that commits sync", {
		error: "OVERLOADED",
	}),
	mediaUploadsPerUser: count(8, "uploads of one user under way at one time", {
		error: "RATE_LIMITED",
	}),
	mediaUploadsPerMinute: count(120, "each is a file, four rows and a few syncs", {
		error: "RATE_LIMITED",
	}),
	mediaDraftsPerUser: count(100, "unfinished uploads of one user that wait to be resumed", {
		error: "RATE_LIMITED",
	}),
	mediaTransfersAtOnce: count(768, "below the connections that HTTP has beside sessions", {
		error: "OVERLOADED",
	}),
	mediaIoAtOnce: count(2, "with `readsAtOnce` it leaves two of eight threads to the commit"),
	mediaIdleMs: duration(30 * second, "a transfer in which no byte moves is cut", { min: 100 }),
	mediaDraftMs: duration(day, "an unfinished upload waits so long for its client", {
		min: second,
	}),
	mediaTicketMs: duration(day, "from upload or display to the message that uses it", {
		min: second,
		error: "MEDIA_NO_GRANT",
	}),
	mediaGraceMs: duration(hour, "after the last ticket: for commits under way and slow clocks", {
		min: 0,
	}),
	mediaSweepMs: duration(10 * minute, "how often files that nobody references are looked for", {
		min: 10,
	}),
	mediaPreviewsAtOnce: count(1, "each takes a core while it lasts, behind chat; 0: none is made", {
		min: 0,
	}),
	mediaPreviewMs: duration(10 * second, "a large photo takes one; whatever takes longer is ended", {
		min: 10,
	}),
	mediaPreviewBytes: size(512 * MiB, "memory of the process that makes one", { min: 64 * MiB }),
	mediaPreviewWaitMs: duration(second / 2, "the answer of an upload waits no longer for it", {
		min: 0,
	}),
	mediaUrlMs: duration(hour, "an address that needs no token works so long", {
		min: second,
		error: "MEDIA_UNKNOWN",
	}),
	mediaUrl: text("", "what signed addresses begin with; empty: they are relative"),
	mediaS3Bucket: text("", "bucket of an S3-compatible store; empty: the folder"),
	mediaS3Endpoint: text("", "address of that store; empty: Amazon's of the region"),
	mediaS3Region: text("us-east-1", "what most other stores take as well"),
};
