// What a client stands on in a browser, as a piece of its own: a page is drawn, and messages are
// queued, before it is there.

import { systemClock } from "../base/clock.js";
import { webConnect } from "../client/web-transport.js";
import { filesOver } from "./files.js";
import { memory } from "./memory.js";
import type { Foundation } from "./platform.js";

export const foundation: Foundation = {
	connect: (url) => (redirect) => webConnect(redirect ?? url, systemClock.after)(),
	memory,
	files: filesOver(() => import("./media-browser.js")),
};
