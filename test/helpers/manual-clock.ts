// The clock that stands still, where tests look for it. It is a part of the test kit.

export { type ManualClock, manualClock, turns } from "../../src/testing/manual-clock.js";
