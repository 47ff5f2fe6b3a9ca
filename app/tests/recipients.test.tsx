import { fireEvent, screen, waitFor } from "@testing-library/react-native";
import { FlatList } from "react-native";
import type { Job } from "../src/api/messagingApi";
import { Problem } from "../src/api/problem";
import { pollingInterval } from "../src/api/queries";
import { DeliveriesView } from "../src/deliveries/DeliveriesView";
import { text } from "../src/text/es-MX";
import * as examples from "./examples";
import { apiDouble, show } from "./harness";

const JOB = examples.job().job_id;

function open(recipients: ReturnType<typeof examples.recipient>[]) {
  const api = apiDouble({
    listRecipients: () => Promise.resolve({ recipients, next_cursor: null }),
  });
  show(<DeliveriesView jobId={JOB} onOpen={() => {}} />, { api });
  return api;
}

test("recipients tell what became of each, and why; a status is asked for", async () => {
  const recipients = [
    examples.recipient(1, { read_at: "2027-04-20T15:59:30+00:00" }),
    examples.recipient(2, { status: "failed", error_message: "El número no tiene WhatsApp." }),
    examples.recipient(3, {
      status: "skipped",
      skip_reason: "opted_out",
      phone: null,
      sent_at: null,
    }),
  ];
  const api = open(recipients);
  expect(await screen.findByText("Fallido: El número no tiene WhatsApp.")).toBeOnTheScreen();
  expect(screen.getByText("No se envió: Pidió BAJA")).toBeOnTheScreen();
  expect(screen.getByText("Leído")).toBeOnTheScreen();
  fireEvent.press(screen.getByRole("radio", { name: "Fallido" }));
  await waitFor(() =>
    expect(api.asked).toContainEqual(["listRecipients", JOB, "failed", 0, expect.anything()])
  );
});

test("recipients follow the job's counts", async () => {
  let sent = 0;
  const { client } = show(<DeliveriesView jobId={JOB} onOpen={() => {}} />, {
    api: apiDouble({
      getJob: () => Promise.resolve(examples.job({ sent_count: sent })),
      listRecipients: () => {
        const status = sent === 0 ? "queued" : "sent";
        return Promise.resolve({
          recipients: [examples.recipient(1, { status })],
          next_cursor: null,
        });
      },
    }),
    live: true,
  });
  await screen.findByText("+525510000001");
  expect(screen.getAllByText("En espera")).toHaveLength(2); // the filter's word, and what became of it
  sent = 1;
  await client.invalidateQueries({ queryKey: ["job", JOB] });
  await waitFor(() => expect(screen.getAllByText("Enviado")).toHaveLength(2));
});

test("ten thousand recipients are drawn a window at a time", async () => {
  const recipients = Array.from({ length: 10_000 }, (_, at) => examples.recipient(at + 1));
  open(recipients);
  await screen.findByText("+525510000001");
  expect(screen.getAllByText(/^\+5255/).length).toBeLessThan(100);
});

const now = examples.NOW.getTime();
test.each<[string, Partial<Job>, number | false]>([
  ["moves", {}, 2_000],
  ["waits", { waiting_for: { reason: "quiet_hours", until: null } }, 15_000],
  ["was cancelled and all receipts came", {
    status: "cancelled",
    completed_at: "2027-04-20T15:59:00Z",
    delivered_count: 120,
  }, false],
  ["has just ended and waits for receipts", {
    status: "completed",
    completed_at: "2027-04-20T15:59:00Z",
  }, 15_000],
  ["ended an hour ago", { status: "completed", completed_at: "2027-04-20T15:00:00Z" }, false],
])("a job that %s is asked for accordingly", (_, changes, interval) => {
  expect(pollingInterval([examples.job(changes)], false, now)).toBe(interval);
});

test("jobs that are pushed are asked for each minute, and not when nothing can change", () => {
  expect(pollingInterval([examples.job()], true)).toBe(60_000);
  expect(pollingInterval([], true)).toBe(false);
});

test("recipients that did not come do not look like the end of the list", async () => {
  const failed = new Problem({ status: 503, code: "store_unavailable", detail: "No responde." });
  const first = { recipients: [examples.recipient(1)], next_cursor: 1 };
  const listRecipients = jest.fn().mockResolvedValueOnce(first).mockRejectedValueOnce(failed);
  listRecipients.mockResolvedValue({ recipients: [examples.recipient(2)], next_cursor: null });
  show(<DeliveriesView jobId={JOB} onOpen={() => {}} />, { api: apiDouble({ listRecipients }) });
  await screen.findByText(examples.recipient(1).phone!);
  fireEvent(screen.UNSAFE_getByType(FlatList), "endReached");
  await screen.findByText("No responde.");
  fireEvent.press(screen.getByRole("button", { name: "Reintentar" }));
  expect(await screen.findByText(examples.recipient(2).phone!)).toBeOnTheScreen();
});

test("a screen reader is not told of every message that leaves", async () => {
  open([examples.recipient(1)]);
  const job = examples.job();
  const progress = text.deliveries.progress(
    job.target_count - job.pending_count,
    job.target_count,
  );
  expect((await screen.findByText(progress)).props["aria-live"]).toBeUndefined();
});
