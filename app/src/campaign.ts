import type { Settings } from "./api/messagingApi";
import { usd } from "./text/format";
import { DEFAULT_ZONE } from "./text/zones";

type Role = Settings["role"];

/** Who sends, writes templates, stops jobs and sees people: all but who only looks. */
export function maySend(role: Role): boolean {
  return role !== "viewer";
}

/** Who decides about unknown messages, approves and releases. */
export function mayDecide(role: Role): boolean {
  return role === "owner" || role === "admin";
}

/** By whose clock times are told and typed. */
export function zoneOf(settings: Settings | null): string {
  return settings?.zones?.[0] ?? DEFAULT_ZONE;
}

/** What so many messages cost; null: nobody typed a price. */
export function costOf(settings: Settings | null, messages: number): string | null {
  const price = settings?.settings?.price_per_message_usd;
  return typeof price === "number" ? usd(price * messages) : null;
}
