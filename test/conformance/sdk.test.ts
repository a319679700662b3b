// The SDK in all situations of the scripted peer.

import t from "tap";
import { provesAll } from "../helpers/proving-client.js";
import { sdkSubject } from "../helpers/sdk-subject.js";

t.test("the SDK does what the page says, N of N", (t) => provesAll(t, sdkSubject));
