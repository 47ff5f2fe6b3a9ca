// The door between CampaignPro's app and the bridge: it forwards, and decides nothing
// (docs/decisions/0027). Here its parts are put together; logic.ts says what goes where.

import { Forwarder } from "./forward.ts";
import { IdTokens } from "./google.ts";
import { log } from "./log.ts";
import { Messaging } from "./messaging.ts";
import { problem } from "./problems.ts";
import { readSettings, SettingsError } from "./settings.ts";
import { Veda } from "./veda.ts";

function handler(): (request: Request) => Promise<Response> {
  const settings = readSettings((name) => Deno.env.get(name));
  const tokens = new IdTokens(settings.account, Date.now);
  const messaging = new Messaging(settings, new Forwarder(settings, tokens), new Veda(settings));
  return (request) => messaging.answer(request);
}

/** Without its secrets it says so to whoever calls, and why to the log alone. */
function start(): (request: Request) => Promise<Response> {
  try {
    return handler();
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    log("edge_not_configured", { problems: error.problems });
    return () => Promise.resolve(problem("edge_not_configured"));
  }
}

Deno.serve(start());
