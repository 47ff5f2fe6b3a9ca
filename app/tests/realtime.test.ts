import { createClient } from "@supabase/supabase-js";
import { waitFor } from "@testing-library/react-native";
import WebSocket from "ws";
import type { MessagingScreenProps } from "../src";
import { watchJobs } from "../src/api/realtime";
import { CAMPAIGN } from "./examples";
import { RealtimeServer } from "./realtimeServer";

const TOPIC = `realtime:messaging:${CAMPAIGN}`;
const SOON = { timeout: 15_000 };
const SETTLED_MS = 300;

let server: RealtimeServer;
let supabase: ReturnType<typeof clientOf>;
let token: string;
let stop: () => void;

beforeEach(async () => {
  server = await RealtimeServer.start();
  token = "token of Ana";
  supabase = clientOf(server.port);
  stop = () => {};
});

afterEach(async () => {
  stop();
  await supabase.removeAllChannels();
  await server.stop();
});

function clientOf(port: number) {
  return createClient(`http://127.0.0.1:${port}`, "publishable", {
    accessToken: () => Promise.resolve(token),
    realtime: { transport: WebSocket as never, timeout: 1_000 },
  });
}

function watch() {
  const changed: string[] = [];
  const live: boolean[] = [];
  const watching: NonNullable<MessagingScreenProps["watch"]> = watchJobs(supabase, SETTLED_MS);
  stop = watching(CAMPAIGN, (jobId) => changed.push(jobId), (isLive) => live.push(isLive));
  return { changed, live, isLive: () => waitFor(() => expect(live.at(-1)).toBe(true), SOON) };
}

test("the campaign's private channel is joined with the user's token", async () => {
  const { live, isLive } = watch();
  await isLive();
  expect(server.joins).toEqual([{ topic: TOPIC, private: true, token: "token of Ana" }]);
  expect(live).toEqual([true]);
});

test("a change is told at once, and again when no other can be behind it", async () => {
  const { changed, isLive } = watch();
  await isLive();
  server.announce(TOPIC, { job_id: "one", status: "processing" });
  server.announce(TOPIC, { job_id: "two", status: "processing" });
  server.announce(TOPIC, { job_id: "one", status: "completed" });
  await waitFor(() => expect(changed).toHaveLength(3));
  expect(changed).toEqual(["one", "two", "one"]);
  await waitFor(() => expect(changed).toHaveLength(5));
  expect(changed.slice(3).sort()).toEqual(["one", "two"]);
});

test("what is not about jobs is not told", async () => {
  const { changed, isLive } = watch();
  await isLive();
  server.announce(TOPIC, { job_id: "one" }, "another");
  server.announce(TOPIC, { job_id: "two" });
  await waitFor(() => expect(changed).toContain("two"));
  expect(changed).not.toContain("one");
});

test("who may not join is told that nothing is live, and is tried again", async () => {
  server.allowed = () => false;
  const { live, isLive } = watch();
  await waitFor(() => expect(live).toContain(false), SOON);
  expect(live).not.toContain(true);
  server.allowed = () => true;
  await isLive();
});

test("a lost connection is not live until it is back", async () => {
  const { changed, live, isLive } = watch();
  await isLive();
  server.drop();
  await waitFor(() => expect(live.at(-1)).toBe(false), SOON);
  await isLive();
  server.announce(TOPIC, { job_id: "one" });
  await waitFor(() => expect(changed).toContain("one"));
});

test("a channel that the server closes is joined again with a fresh token", async () => {
  const { live, isLive } = watch();
  await isLive();
  token = "renewed";
  server.close(TOPIC);
  await waitFor(() => expect(live.at(-1)).toBe(false), SOON);
  await isLive();
  expect(server.joins.map((join) => join.token)).toEqual(["token of Ana", "renewed"]);
});

test("who stops watching leaves the channel and is told nothing more", async () => {
  const { changed, live, isLive } = watch();
  await isLive();
  server.announce(TOPIC, { job_id: "one" });
  await waitFor(() => expect(changed).toEqual(["one"]));
  stop();
  await waitFor(() => expect(server.left).toEqual([TOPIC]), SOON);
  await new Promise((resolve) => setTimeout(resolve, 2 * SETTLED_MS));
  expect(changed).toEqual(["one"]);
  expect(live).toEqual([true]);
});

test("a second screen of the campaign is live when the first is gone", async () => {
  await watch().isLive();
  const stopFirst = stop;
  const { live, isLive } = watch();
  const stopSecond = stop;
  stop = () => {
    stopFirst();
    stopSecond();
  };
  await new Promise((resolve) => setTimeout(resolve, SETTLED_MS));
  expect(live).toEqual([]);
  stopFirst();
  await isLive();
});

test("who begins again at once is live", async () => {
  await watch().isLive();
  stop();
  const { changed, isLive } = watch();
  await isLive();
  server.announce(TOPIC, { job_id: "one" });
  await waitFor(() => expect(changed).toContain("one"));
});

test("where there is no Realtime nothing is ever live", async () => {
  const { port } = server;
  await server.stop();
  supabase = clientOf(port);
  const { live } = watch();
  await waitFor(() => expect(live).toContain(false), SOON);
  expect(live).not.toContain(true);
  server = await RealtimeServer.start(port);
});
