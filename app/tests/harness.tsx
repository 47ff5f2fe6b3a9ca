import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import {
  configure,
  render,
  screen,
  waitForElementToBeRemoved,
} from "@testing-library/react-native";
import type { ReactElement, ReactNode } from "react";
import type { MessagingApi } from "../src/api/messagingApi";
import { type Messaging, MessagingProvider, type Storage } from "../src/messaging";
import * as examples from "./examples";

// A machine that runs other tests beside these is several times slower.
configure({ asyncUtilTimeout: 10_000 });

/** Answers of the API's examples, but for those that a test gives; and what was asked, in order. */
export function apiDouble(
  answers: Partial<MessagingApi> = {},
): MessagingApi & { asked: unknown[][] } {
  const asked: unknown[][] = [];
  const all: MessagingApi = { ...defaults, ...answers };
  const listening = Object.fromEntries(
    Object.entries(all).map(([name, answer]) => [
      name,
      (...given: unknown[]) => {
        asked.push([name, ...given]);
        return (answer as (...given: unknown[]) => unknown)(...given);
      },
    ]),
  ) as unknown as MessagingApi;
  return Object.assign(listening, { asked });
}

const defaults: MessagingApi = {
  getSettings: () => Promise.resolve(examples.settings()),
  listFilterValues: () =>
    Promise.resolve([
      { kind: "sentiment", value: "positive", label: "A favor", voters: 200 },
      { kind: "sentiment", value: "negative", label: "En contra", voters: 100 },
      { kind: "section", value: "0123", label: "0123", voters: 180 },
      { kind: "section", value: "0124", label: "0124", voters: 120 },
      { kind: "tag", value: "voluntarios", label: "voluntarios", voters: 40 },
    ]),
  listTemplates: () => Promise.resolve([examples.template()]),
  createTemplate: () => Promise.resolve(examples.composed()),
  editTemplate: () => Promise.resolve(examples.composed()),
  deleteTemplate: (templateId) =>
    Promise.resolve({ template_id: templateId, meta_status: "approved", change: "delete" }),
  uploadMedia: () =>
    Promise.resolve({ id: "1339522734477770", expires_at: "2027-05-31T12:00:00+00:00" }),
  releaseContent: () => Promise.resolve({ release_id: examples.CAMPAIGN, findings: [] }),
  listTestNumbers: () => Promise.resolve([]),
  addTestNumber: (_, phone, label) =>
    Promise.resolve({ id: examples.CAMPAIGN, phone, label, added_at: examples.NOW.toISOString() }),
  testTemplate: () =>
    Promise.resolve({ job_id: examples.CAMPAIGN, message_id: examples.CAMPAIGN, status: "queued" }),
  previewAudience: () => Promise.resolve(examples.preview()),
  send: () => Promise.resolve(examples.summary()),
  listJobs: () => Promise.resolve({ jobs: [examples.job()], next_before: null }),
  getJob: () => Promise.resolve(examples.job()),
  listRecipients: () => Promise.resolve({ recipients: [examples.recipient(1)], next_cursor: null }),
  pauseJob: () => Promise.resolve(examples.job({ status: "paused" })),
  resumeJob: () => Promise.resolve(examples.job()),
  cancelJob: () => Promise.resolve(examples.job({ status: "cancelled" })),
  approveJob: () => Promise.resolve(examples.job({ approval: "given" })),
  moveJob: () => Promise.resolve(examples.job()),
  resolveUnknown: () => Promise.resolve({ ...examples.job(), resolved: 1, too_fresh: 0 }),
};

export function memoryStorage(): Storage & { kept: Map<string, string> } {
  const kept = new Map<string, string>();
  return {
    kept,
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => void kept.set(key, value),
    removeItem: (key) => void kept.delete(key),
  };
}

/** Render a part of the screen as MessagingScreen would. */
export function show(part: ReactElement, given: Partial<Messaging> = {}) {
  const messaging: Messaging = {
    api: apiDouble(),
    campaignId: examples.CAMPAIGN,
    userId: examples.USER,
    storage: memoryStorage(),
    live: false,
    now: () => examples.NOW,
    pickFile: undefined,
    ...given,
  };
  const forever = { retry: false, gcTime: Infinity } as const; // else Jest waits for the cache to end
  const client = new QueryClient({ defaultOptions: { queries: forever, mutations: forever } });
  const Around = ({ children }: { children: ReactNode }) => (
    <QueryClientProvider client={client}>
      <MessagingProvider value={messaging}>{children}</MessagingProvider>
    </QueryClientProvider>
  );
  return { ...render(part, { wrapper: Around }), messaging, client };
}

/** Wait until these words are there no more. */
export async function gone(words: string | RegExp) {
  if (screen.queryAllByText(words).length > 0) {
    await waitForElementToBeRemoved(() => screen.queryAllByText(words));
  }
}
