// What goes where, and how much of it. Every decision of the function is in this file, and each is
// a pure one; what a request may do is decided by the bridge and by Postgres.

/** The two private functions of Google Cloud behind this one. */
export type Target = "send" | "templates";

/** Where a request goes: the function, and the path there. */
export interface Destination {
  target: Target;
  path: string;
}

const MIB = 1024 * 1024;

/** By the first part of a path (docs/api.md). */
const TARGETS: ReadonlyMap<string, Target> = new Map([
  ["audience", "send"],
  ["audit", "send"],
  ["consents", "send"],
  ["content-releases", "send"],
  ["jobs", "send"],
  ["privacy", "send"],
  ["send", "send"],
  ["settings", "send"],
  ["voters", "send"],
  ["media", "templates"],
  ["templates", "templates"],
  ["test-numbers", "templates"],
]);

/** What the bridge takes at most, in bytes (shared/bodies.py); it knows smaller limits by itself. */
const LARGEST: ReadonlyMap<string, number> = new Map([
  ["/consents", 10 * MIB],
  ["/media", 16 * MIB],
]);
const LARGEST_OF_THE_OTHERS = 5 * MIB;

export const METHODS: readonly string[] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"];

/** Headers of a request that reach the bridge. `apikey`, cookies and addresses are not its business. */
const PASSED_ON: readonly string[] = ["accept", "authorization", "content-type", "idempotency-key"];

/** Headers of an answer that reach the app. All others belong to one connection, or to Google. */
const PASSED_BACK: readonly string[] = [
  "allow",
  "cache-control",
  "content-disposition",
  "content-type",
  "retry-after",
];

/**
 * Return where a request goes, or null if no endpoint has that path.
 *
 * @param pathname as Supabase hands it over: `/messaging/send`
 */
export function destination(pathname: string): Destination | null {
  const path = pathname.replace(/^\/messaging(?=\/)/, "");
  const target = path === pathname ? undefined : TARGETS.get(path.split("/")[1] ?? "");
  return target ? { target, path } : null;
}

/** Return how many bytes of a body are forwarded at most. */
export function largestBody(path: string): number {
  return LARGEST.get(path) ?? LARGEST_OF_THE_OTHERS;
}

/** Tell whether a request is one that must not happen twice, and so needs an Idempotency-Key. */
export function takesKey(method: string, path: string): boolean {
  return method === "POST" && (path === "/send" || /^\/templates\/[^/]+\/test$/.test(path));
}

/** Tell whether the database is asked for the veda before the request is forwarded. */
export function isAskedForVeda(method: string, path: string): boolean {
  return method === "POST" && path === "/send";
}

/** Return the headers that go on to the bridge, with the token that opens its door (Cloud Run). */
export function headersForBridge(headers: Headers, idToken: string): Headers {
  const kept = only(PASSED_ON, headers);
  kept.set("x-serverless-authorization", `Bearer ${idToken}`);
  // To unpack what Google packs would cost CPU time, of which Supabase gives two seconds.
  kept.set("accept-encoding", "identity");
  return kept;
}

/** Return the headers that go back to the app; answers hold people's data, so nobody keeps them. */
export function headersForApp(headers: Headers): Headers {
  const kept = only(PASSED_BACK, headers);
  kept.set("x-content-type-options", "nosniff");
  if (!kept.has("cache-control")) kept.set("cache-control", "no-store");
  return kept;
}

/**
 * Tell whether an answer is the bridge's own. Whatever else answers in its place (Cloud Run while
 * nobody is let in, while there is no instance, after too long) does so in HTML, or elsewhere.
 */
export function isFromBridge(status: number, contentType: string | null): boolean {
  if (status < 300) return true;
  return status >= 400 && (contentType ?? "").startsWith("application/problem+json");
}

function only(names: readonly string[], headers: Headers): Headers {
  const kept = new Headers();
  for (const name of names) {
    const value = headers.get(name);
    if (value !== null) kept.set(name, value);
  }
  return kept;
}
