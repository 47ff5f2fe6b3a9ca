// The one question that is asked before a request is forwarded: is there veda? Postgres answers it
// (wa_refuse_veda), as it does when the job is created; that answer stays the final one.

import { within } from "./limit.ts";
import { log } from "./log.ts";
import { asProblem } from "./problems.ts";

/** What PostgREST makes of a refusal of ours (supabase/schemas/30_rules/access.sql). */
interface Raised {
  message?: string;
  details?: string;
  hint?: string;
}

/** Asks the database in the user's name. */
export class Veda {
  constructor(
    readonly settings: { supabaseUrl: string; publishableKey: string; vedaMs: number },
  ) {}

  /**
   * Return the refusal of a POST /send, or null: there is no veda, or nobody said so in time.
   *
   * @param body the request's, as it came; what cannot be read is the bridge's to refuse
   */
  async refusal(authorization: string | null, key: string, body: string): Promise<Response | null> {
    const asked = question(body, key);
    if (!authorization || !asked) return null;
    try {
      return await within(
        this.settings.vedaMs,
        (signal) => this.#ask(authorization, asked, signal),
      );
    } catch {
      log("veda_unknown");
      return null;
    }
  }

  async #ask(authorization: string, asked: string, signal: AbortSignal): Promise<Response | null> {
    const url = `${this.settings.supabaseUrl}/rest/v1/rpc/wa_refuse_veda`;
    const headers = {
      apikey: this.settings.publishableKey,
      authorization,
      "content-type": "application/json",
    };
    const answer = await fetch(url, { method: "POST", headers, body: asked, signal });
    const text = await answer.text();
    if (answer.status !== 403) return null;
    const raised = JSON.parse(text) as Raised;
    return raised.message === "veda" ? asAnswer(raised) : null;
  }
}

function question(body: string, key: string): string | null {
  try {
    const { campaign_id, scheduled_at = null } = JSON.parse(body) as Record<string, unknown>;
    const asked = { p_campaign_id: campaign_id, p_scheduled_at: scheduled_at };
    return JSON.stringify({ ...asked, p_idempotency_key: key });
  } catch {
    return null;
  }
}

function asAnswer(raised: Raised): Response {
  const told = JSON.parse(raised.details ?? "{}") as Record<string, unknown>;
  const field = raised.hint ? { field: raised.hint } : {};
  return asProblem({ ...told, title: "Forbidden", status: 403, code: "veda", ...field });
}
