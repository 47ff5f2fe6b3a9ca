// Which web pages may call (https://fetch.spec.whatwg.org/#http-cors-protocol). The app on a phone
// sends no Origin and needs none of this.

/** What supabase-js sends with a call, and ours. */
const REQUEST_HEADERS = [
  "apikey",
  "authorization",
  "baggage",
  "content-type",
  "idempotency-key",
  "traceparent",
  "tracestate",
  "x-client-info",
  "x-region",
  "x-supabase-api-version",
];
/** What a page may read of an answer besides what every page may. */
const EXPOSED = ["Allow", "Content-Disposition", "Idempotency-Key", "Retry-After"];
const PREFLIGHT_SECONDS = 7200; // no browser keeps one longer

/** Tell whether pages of this origin may call; `*` in the list lets all of them. */
export function isAllowed(origin: string, allowed: readonly string[]): boolean {
  return allowed.includes(origin) || allowed.includes("*");
}

/** Answer the question that a browser asks before a page's call. */
export function preflight(methods: readonly string[]): Response {
  return new Response(null, {
    status: 204,
    headers: {
      "access-control-allow-methods": methods.join(", "),
      "access-control-allow-headers": REQUEST_HEADERS.join(", "),
      "access-control-max-age": String(PREFLIGHT_SECONDS),
    },
  });
}

/** Let pages of this origin read the answer. */
export function share(answer: Response, origin: string): Response {
  answer.headers.set("access-control-allow-origin", origin);
  answer.headers.set("access-control-expose-headers", EXPOSED.join(", "));
  return answer;
}
