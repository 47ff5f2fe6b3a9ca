import {
  type QueryClient,
  QueryClient as Client,
  useInfiniteQuery,
  useQuery,
} from "@tanstack/react-query";
import { useMessaging } from "../messaging";
import type { AudienceRequest, Job, MessageStatus, Template } from "./messagingApi";
import { Problem } from "./problem";

const PROGRESS_MS = 2_000;
const WAITING_MS = 15_000;
const REVIEW_MS = 30_000;
// For what nobody announces: quiet hours that end, a day's limit.
const LIVE_MS = 60_000;
const ATTEMPTS = 3;
// Rather than wait longer, the person is told.
const LONGEST_WAIT_S = 5;

/** The screen's own cache; a refusal is asked for again only where that may help. */
export function newQueryClient(): QueryClient {
  return new Client({
    defaultOptions: {
      queries: {
        retry: (failures, error) =>
          failures < ATTEMPTS && error instanceof Problem && error.isPassing &&
          (error.retryAfter ?? 0) <= LONGEST_WAIT_S,
        retryDelay: (failure, error) =>
          error instanceof Problem && error.retryAfter !== null
            ? error.retryAfter * 1_000
            : Math.min(1_000 * 2 ** failure, 10_000),
        staleTime: 5_000,
        networkMode: "always", // whether we are online only the call itself tells
      },
      mutations: { retry: false, networkMode: "always" },
    },
  });
}

export const keys = {
  settings: (campaignId: string) => ["settings", campaignId] as const,
  filterValues: (campaignId: string) => ["filterValues", campaignId] as const,
  templates: (campaignId: string) => ["templates", campaignId] as const,
  testNumbers: (campaignId: string) => ["testNumbers", campaignId] as const,
  audience: (request: AudienceRequest) => ["audience", request] as const,
  jobs: (campaignId: string) => ["jobs", campaignId] as const,
  job: (jobId: string) => ["job", jobId] as const,
  recipients: (jobId: string, status: MessageStatus | null) =>
    ["recipients", jobId, status] as const,
};

export function useSettings() {
  const { api, campaignId } = useMessaging();
  return useQuery({
    queryKey: keys.settings(campaignId),
    queryFn: ({ signal }) => api.getSettings(campaignId, { signal }),
    staleTime: 60_000,
  });
}

export function useFilterValues() {
  const { api, campaignId } = useMessaging();
  return useQuery({
    queryKey: keys.filterValues(campaignId),
    queryFn: ({ signal }) => api.listFilterValues(campaignId, { signal }),
    staleTime: 60_000,
  });
}

/** Asked again as long as a review or a change may still end. */
export function useTemplates() {
  const { api, campaignId } = useMessaging();
  return useQuery({
    queryKey: keys.templates(campaignId),
    queryFn: ({ signal }) => api.listTemplates(campaignId, { signal }),
    refetchInterval: (query) => (query.state.data?.some(isUnderReview) ? REVIEW_MS : false),
  });
}

function isUnderReview(template: Template): boolean {
  return template.status === "pending" || template.change !== null;
}

export function useJobs() {
  const { api, campaignId, live } = useMessaging();
  return useInfiniteQuery({
    queryKey: keys.jobs(campaignId),
    queryFn: ({ pageParam, signal }) => api.listJobs(campaignId, pageParam, { signal }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_before,
    refetchInterval: (query) =>
      pollingInterval(query.state.data?.pages.flatMap((page) => page.jobs) ?? [], live),
  });
}

export function useJob(jobId: string) {
  const { api, live } = useMessaging();
  return useQuery({
    queryKey: keys.job(jobId),
    queryFn: ({ signal }) => api.getJob(jobId, { signal }),
    refetchInterval: (query) =>
      pollingInterval(query.state.data === undefined ? [] : [query.state.data], live),
  });
}

export function useRecipients(jobId: string, status: MessageStatus | null, enabled: boolean) {
  const { api } = useMessaging();
  return useInfiniteQuery({
    queryKey: keys.recipients(jobId, status),
    queryFn: ({ pageParam, signal }) => api.listRecipients(jobId, status, pageParam, { signal }),
    initialPageParam: 0,
    getNextPageParam: (page) => page.next_cursor,
    enabled,
  });
}

/** How long until jobs are asked for again; false: nothing can change any more. */
export function pollingInterval(
  jobs: readonly Job[],
  live: boolean,
  now: number = Date.now(),
): number | false {
  const open = jobs.filter((job) => mayChange(job, now));
  if (open.length === 0) return false;
  if (live) return LIVE_MS;
  return open.some((job) => job.waiting_for === null && job.status === "processing")
    ? PROGRESS_MS
    : WAITING_MS;
}

const RECEIPTS_MS = 30 * 60 * 1_000;

/** Receipts come for a while after the last message has left. */
export function mayChange(job: Job, now: number): boolean {
  if (job.completed_at === null) return true;
  return job.delivered_count < job.sent_count && now - Date.parse(job.completed_at) < RECEIPTS_MS;
}
