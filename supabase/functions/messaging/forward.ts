// Carrying a request to the bridge and its answer back, neither held in memory.

import type { IdTokens } from "./google.ts";
import { Intake } from "./intake.ts";
import { TooLate, within } from "./limit.ts";
import { log } from "./log.ts";
import {
  type Destination,
  headersForApp,
  headersForBridge,
  isFromBridge,
  largestBody,
} from "./logic.ts";
import { Refused } from "./problems.ts";
import type { Settings } from "./settings.ts";

/** Calls the private functions. */
export class Forwarder {
  constructor(readonly settings: Settings, readonly tokens: IdTokens) {}

  /**
   * Return the bridge's answer as soon as it begins.
   *
   * @param body in place of the request's own, if that was read
   * @throws {Refused} bridge_timeout, bridge_unreachable, google_unavailable, body_too_large
   */
  async forward(request: Request, to: Destination, body?: string): Promise<Response> {
    const origin = this.settings.bridge[to.target];
    const idToken = await this.tokens.get(origin);
    const intake = new Intake(request, largestBody(to.path));
    const asked = new Request(origin + to.path + new URL(request.url).search, {
      method: request.method,
      headers: headersForBridge(request.headers, idToken),
      body: body ?? intake.body,
      redirect: "manual",
    });
    const answer = await this.#fetch(asked, to, intake);
    if (!isFromBridge(answer.status, answer.headers.get("content-type"))) {
      await this.#refuse(answer, to, origin);
    }
    return new Response(answer.body, {
      status: answer.status,
      headers: headersForApp(answer.headers),
    });
  }

  async #fetch(asked: Request, to: Destination, intake: Intake): Promise<Response> {
    try {
      return await within(this.settings.bridgeMs, (signal) => fetch(asked, { signal }));
    } catch (error) {
      if (intake.isTooLarge) throw new Refused("body_too_large");
      const code = error instanceof TooLate ? "bridge_timeout" : "bridge_unreachable";
      log(code, { target: to.target });
      throw new Refused(code);
    }
  }

  /** Somebody else answered: Google, because nobody is let in, or nobody is there. */
  async #refuse(answer: Response, to: Destination, origin: string): Promise<never> {
    await answer.body?.cancel();
    if (answer.status === 401 || answer.status === 403) this.tokens.forget(origin);
    const code = answer.status === 504 ? "bridge_timeout" : "bridge_unreachable";
    log(code, { target: to.target, status: answer.status });
    throw new Refused(code);
  }
}
