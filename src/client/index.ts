// The client layer: names only.

export { Device, type DeviceOptions } from "./device.js";
export type { End } from "./ending.js";
export type { Emit, Events, Outcome, Phase, PresenceEntry, Welcome } from "./events.js";
export { freshNames, MemoryStore, type StoreHooks } from "./memory-store.js";
export { type NodeTransportOptions, nodeConnect } from "./node-transport.js";
export { BackOff, type BackOffOptions } from "./reconnect.js";
export { socketUrl } from "./socket-url.js";
export type { ClientStore, Identity, Queued, Stream, View, ViewChange } from "./store.js";
export { type Connect, type MemoryPair, memoryPair, type Transport } from "./transport.js";
