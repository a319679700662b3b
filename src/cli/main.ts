// Runs the command line. Started by `main.cts`, which first sees to what must be set before this
// file is even read.

import { run } from "./program.js";

await run(process.argv.slice(2));
