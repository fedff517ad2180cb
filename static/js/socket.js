// Connections to the live process.

import { call } from "./api.js";
import { meta } from "./dom.js";

/**
 * Opens one. On another host it would come without our cookie: there a ticket speaks for us, once. Throws ApiError.
 * @param {string} path below /live
 */
export async function openSocket(path) {
  const address = new URL(`/live${path}`, meta("live-url") || location.origin);
  address.protocol = address.protocol.replace("http", "ws");
  address.searchParams.set("organization", meta("organization"));
  if (address.hostname !== location.hostname) {
    address.searchParams.set("ticket", (await call("/tickets", { method: "POST" })).ticket);
  }
  return new WebSocket(address);
}
