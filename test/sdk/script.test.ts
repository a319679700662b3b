// The script in Node: in memory, and on a folder in a process that is killed.

import t from "tap";
import { InMemory, OnFolder } from "./places.js";
import { play } from "./script.js";

// Whole seconds of it are waits between two connections.
const options = { timeout: 60_000 };

t.test("the script in Node, in memory", options, (t) => play(t, new InMemory()));

t.test("the script in Node, on a folder", options, (t) => play(t, new OnFolder()));
