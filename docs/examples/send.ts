import type { SupabaseClient } from "@supabase/supabase-js";
import type { components } from "../../supabase/functions/messaging/api.d.ts";

type Api = components["schemas"];

/** Send to a campaign's voters and return the job as it ended; the same key again sends nothing. */
export async function sendAndFollow(
  supabase: SupabaseClient,
  body: Api["SendRequest"],
  key: string,
  show: (job: Api["Job"]) => void,
): Promise<Api["Job"]> {
  const headers = { "Idempotency-Key": key };
  const sent = await supabase.functions.invoke<Api["JobSummary"]>("messaging/send", {
    body,
    headers,
  });
  if (sent.error) throw sent.error; // sent.error.context.json() is the problem, with its detail
  for (;;) {
    const path = `messaging/jobs/${sent.data!.job_id}`;
    const { data: job, error } = await supabase.functions.invoke<Api["Job"]>(path, {
      method: "GET",
    });
    if (error) throw error;
    show(job!);
    if (job!.completed_at) return job!;
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}
