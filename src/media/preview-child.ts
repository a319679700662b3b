// One image in, one preview out, in a process that may die of it. `previews.ts` starts
// `node dist/src/media/preview-child.js` and ends it when it takes too long or too much. It reads
// the image from stdin, writes a line of JSON and a WebP to stdout, and knows no secret, no folder.

import { buffer } from "node:stream/consumers";
import sharp from "sharp";
import { rgbaToThumbHash } from "thumbhash";

/** Longest edge of a preview. */
const edge = 320;
/** What ThumbHash takes at most. */
const hashEdge = 100;
/** A large photo; decoded, a bomb has more. */
const pixelsMax = 100_000_000;

sharp.concurrency(1);
sharp.cache(false);
const limits = { limitInputPixels: pixelsMax, sequentialRead: true, failOn: "error" } as const;
const image = sharp(await buffer(process.stdin), limits);
const { width, height } = (await image.metadata()).autoOrient;
// What the camera noted, the place among it, is left out by default.
const bounds = { width: edge, height: edge, fit: "inside", withoutEnlargement: true } as const;
const small = await image.autoOrient().resize(bounds).webp({ quality: 75 }).toBuffer();
const { data, info } = await sharp(small)
	.resize({ ...bounds, width: hashEdge, height: hashEdge })
	.ensureAlpha()
	.raw()
	.toBuffer({ resolveWithObject: true });
const thumbhash = Buffer.from(rgbaToThumbHash(info.width, info.height, data)).toString("base64url");
process.stdout.write(`${JSON.stringify({ width, height, thumbhash })}\n`);
process.stdout.write(small);
