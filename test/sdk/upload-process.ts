// An upload in a process of its own, to be killed: `node dist/test/sdk/upload-process.js
// OPTIONS`. A line for each progress.

import { connect } from "../../src/sdk/index.js";
import { openMedia } from "../../src/sdk/media.js";

const { url, token, store, path } = JSON.parse(process.argv[2] ?? "");
const client = connect({ url, token, store });
const onProgress = ({ done }: { readonly done: number }) => console.log(done);
const { hash } = await openMedia(client).upload(path, { onProgress });
console.log(`hash ${Buffer.from(hash).toString("hex")}`);
await client.close();
