// The app's part of a campaign, with the client that the app has: signs in, sends, follows.
// tests/functions/test_edge.py starts it on the running stack and judges what it tells.

import { createClient } from "@supabase/supabase-js";
import { sendAndFollow } from "../../docs/examples/send.ts";

const { url, key, email, password, body, idempotencyKey } = await new Response(
  Deno.stdin.readable,
).json();
const supabase = createClient(url, key);
const { error } = await supabase.auth.signInWithPassword({ email, password });
if (error) throw error;
await supabase.auth.stopAutoRefresh(); // it would keep the process alive
const audience = await supabase.functions.invoke("messaging/audience", { body });
const job = await sendAndFollow(supabase, body, idempotencyKey, () => {});
const again = await supabase.functions.invoke("messaging/send", {
  body,
  headers: { "Idempotency-Key": idempotencyKey },
});
const refused = await supabase.functions.invoke("messaging/send", {
  body: { ...body, filters: 1 },
});
const told = {
  audience: audience.data,
  job,
  again: again.data,
  refused: { status: refused.error.context.status, problem: await refused.error.context.json() },
};
console.log(JSON.stringify(told));
