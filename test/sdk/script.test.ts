// The script in Node: in memory, and on a folder in a process that is killed.

import t from "tap";
import { InMemory, OnFolder } from "./places.js";
import { play } from "./script.js";

t.test("the script in Node, in memory", (t) => play(t, new InMemory()));

t.test("the script in Node, on a folder", (t) => play(t, new OnFolder()));
