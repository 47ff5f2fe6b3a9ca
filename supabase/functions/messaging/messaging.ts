// One request from the app, from beginning to end.

import { isAllowed, preflight, share } from "./cors.ts";
import type { Forwarder } from "./forward.ts";
import { Intake } from "./intake.ts";
import { log } from "./log.ts";
import {
  type Destination,
  destination,
  isAskedForVeda,
  largestBody,
  METHODS,
  takesKey,
} from "./logic.ts";
import { problem, Refused } from "./problems.ts";
import type { Settings } from "./settings.ts";
import type { Veda } from "./veda.ts";

const KEY = "idempotency-key";

/** Answers whatever the app asks. */
export class Messaging {
  constructor(readonly settings: Settings, readonly forwarder: Forwarder, readonly veda: Veda) {}

  /** Answer one request; nothing is ever thrown. */
  async answer(request: Request): Promise<Response> {
    const origin = request.headers.get("origin");
    if (origin !== null && !isAllowed(origin, this.settings.origins)) {
      return varying(problem("origin_not_allowed"));
    }
    const answer = request.method === "OPTIONS"
      ? preflight(METHODS)
      : await this.#answered(request).catch(refusal);
    return varying(origin === null ? answer : share(answer, origin));
  }

  async #answered(request: Request): Promise<Response> {
    const to = destination(new URL(request.url).pathname);
    if (!to) return problem("path_not_found");
    if (!METHODS.includes(request.method)) return problem("method_not_allowed");
    if (!takesKey(request.method, to.path)) return await this.forwarder.forward(request, to);
    const key = request.headers.get(KEY) ?? crypto.randomUUID();
    const keyed = new Request(request);
    keyed.headers.set(KEY, key);
    const answer = await this.#once(keyed, to, key).catch(refusal);
    // Also of an answer that was lost on its way: with it the app may ask again.
    answer.headers.set(KEY, key);
    return answer;
  }

  async #once(request: Request, to: Destination, key: string): Promise<Response> {
    if (!isAskedForVeda(request.method, to.path)) return await this.forwarder.forward(request, to);
    const body = await new Intake(request, largestBody(to.path)).text();
    const authorization = request.headers.get("authorization");
    return await this.veda.refusal(authorization, key, body) ??
      await this.forwarder.forward(request, to, body);
  }
}

function refusal(error: unknown): Response {
  if (error instanceof Refused) return problem(error.code);
  log("unexpected_error", { reason: error instanceof Error ? error.name : "unknown" });
  return problem("internal_error");
}

function varying(answer: Response): Response {
  answer.headers.set("vary", "Origin");
  return answer;
}
