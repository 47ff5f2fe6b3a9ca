import {
  FunctionsFetchError,
  FunctionsHttpError,
  FunctionsRelayError,
  type PostgrestSingleResponse,
  type SupabaseClient,
} from "@supabase/supabase-js";
import type { FilterValue, MessagingApi, Template, TestNumber, Waiting } from "./messagingApi";
import { offline, Problem, problemOf } from "./problem";

type Method = "GET" | "POST" | "PATCH" | "DELETE";
interface Call extends Waiting {
  body?: Record<string, unknown> | Blob | ArrayBuffer;
  headers?: Record<string, string>;
}
interface Invoked<Answer> {
  data: Answer | null;
  error: unknown;
}
type Caller = <Answer>(method: Method, path: string, call?: Call) => Promise<Answer>;

/** The bridge by the Edge Function `messaging`, as the user who is signed in to `supabase`. */
export function edgeMessagingApi(supabase: SupabaseClient): MessagingApi {
  const call = callerOf(supabase);
  return {
    ...audienceCalls(supabase, call),
    ...templateCalls(call),
    ...testCalls(call),
    ...jobCalls(call),
  };
}

function callerOf(supabase: SupabaseClient): Caller {
  return async <Answer>(method: Method, path: string, { body, headers, signal }: Call = {}) => {
    const answered: Invoked<Answer> = await supabase.functions.invoke<Answer>(`messaging/${path}`, {
      method,
      ...(body === undefined ? {} : { body }),
      ...(headers === undefined ? {} : { headers }),
      ...(signal === undefined ? {} : { signal }),
    });
    if (answered.error === null) return answered.data as Answer;
    throw await problemFrom(answered.error);
  };
}

async function problemFrom(error: unknown): Promise<Error> {
  if (error instanceof FunctionsHttpError || error instanceof FunctionsRelayError) {
    return problemOf(error.context as Response);
  }
  if (error instanceof FunctionsFetchError) return offline();
  return error instanceof Error ? error : new Error("The call failed");
}

function audienceCalls(supabase: SupabaseClient, call: Caller) {
  return {
    getSettings: (campaignId, waiting) =>
      call("GET", `settings?${of({ campaign_id: campaignId })}`, waiting),
    listFilterValues: async (campaignId, waiting) => {
      const asked = supabase.rpc("wa_list_filter_values", { p_campaign_id: campaignId });
      const answered: PostgrestSingleResponse<unknown> =
        await (waiting?.signal ? asked.abortSignal(waiting.signal) : asked);
      if (answered.error === null) return answered.data as FilterValue[];
      if (answered.status === 0) throw offline();
      const { code, message } = answered.error;
      throw new Problem({
        status: answered.status,
        code: code || "store_failed",
        detail: message,
      });
    },
    previewAudience: (request, waiting) =>
      call("POST", "audience", { body: { ...request }, ...waiting }),
    send: (request, idempotencyKey) =>
      call("POST", "send", {
        body: { ...request },
        headers: { "Idempotency-Key": idempotencyKey },
      }),
  } satisfies Partial<MessagingApi>;
}

function templateCalls(call: Caller) {
  return {
    listTemplates: async (campaignId, waiting) => {
      const path = `templates?${of({ campaign_id: campaignId })}`;
      return (await call<{ templates: Template[] }>("GET", path, waiting)).templates;
    },
    createTemplate: (campaignId, draft) =>
      call("POST", "templates", { body: { campaign_id: campaignId, ...draft } }),
    editTemplate: (templateId, edit) =>
      call("PATCH", `templates/${templateId}`, { body: { ...edit } }),
    deleteTemplate: (templateId) => call("DELETE", `templates/${templateId}`),
    uploadMedia: (campaignId, kind, file) =>
      call("POST", `media?${of({ campaign_id: campaignId, kind, filename: file.name })}`, {
        body: file.body,
        headers: { "Content-Type": file.type },
      }),
    releaseContent: (release) => call("POST", "content-releases", { body: { ...release } }),
  } satisfies Partial<MessagingApi>;
}

function testCalls(call: Caller) {
  return {
    listTestNumbers: async (campaignId, waiting) => {
      const path = `test-numbers?${of({ campaign_id: campaignId })}`;
      return (await call<{ test_numbers: TestNumber[] }>("GET", path, waiting)).test_numbers;
    },
    addTestNumber: (campaignId, phone, label) =>
      call("POST", "test-numbers", { body: { campaign_id: campaignId, phone, label } }),
    testTemplate: (templateId, phone, personalization, idempotencyKey) =>
      call("POST", `templates/${templateId}/test`, {
        body: personalization === undefined ? { phone } : { phone, personalization },
        headers: { "Idempotency-Key": idempotencyKey },
      }),
  } satisfies Partial<MessagingApi>;
}

function jobCalls(call: Caller) {
  return {
    listJobs: (campaignId, before, waiting) =>
      call("GET", `jobs?${of({ campaign_id: campaignId, limit: "20", before })}`, waiting),
    getJob: (jobId, waiting) => call("GET", `jobs/${jobId}`, waiting),
    listRecipients: (jobId, status, cursor, waiting) =>
      call(
        "GET",
        `jobs/${jobId}/recipients?${of({ status, cursor: String(cursor), limit: "200" })}`,
        waiting,
      ),
    pauseJob: (jobId) => call("POST", `jobs/${jobId}/pause`),
    resumeJob: (jobId) => call("POST", `jobs/${jobId}/resume`),
    cancelJob: (jobId) => call("POST", `jobs/${jobId}/cancel`),
    approveJob: (jobId, reason) => call("POST", `jobs/${jobId}/approve`, { body: { reason } }),
    moveJob: (jobId) => call("POST", `jobs/${jobId}/sender`),
    resolveUnknown: (jobId, resolution) =>
      call("POST", `jobs/${jobId}/unknown`, { body: { resolution } }),
  } satisfies Partial<MessagingApi>;
}

/** A query of those parameters that are there. React Native's URLSearchParams cannot make one. */
function of(parameters: Record<string, string | null>): string {
  return Object.entries(parameters)
    .filter((pair): pair is [string, string] => pair[1] !== null)
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join("&");
}
