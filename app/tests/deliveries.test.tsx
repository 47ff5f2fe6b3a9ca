import { fireEvent, screen, waitFor, within } from "@testing-library/react-native";
import type { Job, MessagingApi, Settings } from "../src/api/messagingApi";
import { Problem } from "../src/api/problem";
import { DeliveriesView } from "../src/deliveries/DeliveriesView";
import * as examples from "./examples";
import { apiDouble, show } from "./harness";

const JOB = examples.job().job_id;

function open(
  job: Partial<Job>,
  answers: Partial<MessagingApi> = {},
  role: Settings["role"] = "owner",
) {
  const api = apiDouble({
    getJob: () => Promise.resolve(examples.job(job)),
    getSettings: () => Promise.resolve(examples.settings({ role })),
    ...answers,
  });
  show(<DeliveriesView jobId={JOB} onOpen={() => {}} />, { api });
  return api;
}

test("the history tells each job in a line, and opens it", async () => {
  const done = examples.job({
    status: "completed",
    target_count: 372,
    sent_count: 342,
    read_count: 298,
    pending_count: 0,
    progress_pct: 100,
    started_at: "2027-04-18T15:00:00+00:00",
    completed_at: "2027-04-18T15:01:00+00:00",
  });
  const onOpen = jest.fn();
  const api = apiDouble({ listJobs: () => Promise.resolve({ jobs: [done], next_before: null }) });
  show(<DeliveriesView jobId={null} onOpen={onOpen} />, { api });
  expect(await screen.findByText("342 enviados · 298 leídos · hace 2 días · 91%"))
    .toBeOnTheScreen();
  expect(screen.getByRole("progressbar")).toHaveAccessibilityValue({
    now: 100,
    text: "372 de 372",
  });
  fireEvent.press(screen.getByRole("button", { name: /invitacion mitin/ }));
  expect(onOpen).toHaveBeenCalledWith(JOB);
});

test("older jobs are asked for behind the last one", async () => {
  const pages: Record<string, Awaited<ReturnType<MessagingApi["listJobs"]>>> = {
    first: { jobs: [examples.job()], next_before: JOB },
    next: { jobs: [examples.job({ job_id: "older" })], next_before: null },
  };
  const api = apiDouble({
    listJobs: (_, before) => Promise.resolve(pages[before === null ? "first" : "next"]!),
  });
  show(<DeliveriesView jobId={null} onOpen={() => {}} />, { api });
  const first = await screen.findByRole("button", { name: /invitacion mitin/ });
  fireEvent(first, "endReached", { distanceFromEnd: 0 }); // as a list says when its end is near
  await waitFor(() => expect(screen.getAllByRole("button")).toHaveLength(2));
  expect(api.asked.filter(([name]) => name === "listJobs").map(([, , before]) => before)).toEqual([
    null,
    JOB,
  ]);
});

test("a campaign without jobs says so", async () => {
  const api = apiDouble({ listJobs: () => Promise.resolve({ jobs: [], next_before: null }) });
  show(<DeliveriesView jobId={null} onOpen={() => {}} />, { api });
  expect(await screen.findByText("Aún no hay envíos.")).toBeOnTheScreen();
});

test.each(
  [
    [
      "quiet_hours",
      /^Horas de descanso: nada sale hasta la mañana. Hasta el mar.*09:00\.$/,
    ],
    ["daily_limit", /^Se alcanzó el límite diario/],
    ["sender_blocked", /^WhatsApp bloqueó el número/],
    ["canary", /^Primero salió una muestra/],
  ] as const,
)("a job that stands still for %s says why", async (reason, words) => {
  open({ waiting_for: { reason, until: "2027-04-20T15:00:00+00:00" } });
  expect(await screen.findByText(words)).toBeOnTheScreen();
});

test("pausing shows the job as it is then", async () => {
  const api = open({});
  fireEvent.press(await screen.findByRole("button", { name: "Pausar" }));
  expect(await screen.findByRole("button", { name: "Reanudar" })).toBeOnTheScreen();
  expect(api.asked).toContainEqual(["pauseJob", JOB]);
});

test("cancelling asks first, and says how many will not leave", async () => {
  const api = open({});
  fireEvent.press(await screen.findByRole("button", { name: "Cancelar envío" }));
  expect(screen.getByText(/^219 mensajes que esperan ya no saldrán/)).toBeOnTheScreen();
  fireEvent.press(screen.getByRole("button", { name: "No, seguir enviando" }));
  expect(api.asked.map(([name]) => name)).not.toContain("cancelJob");
  fireEvent.press(screen.getByRole("button", { name: "Cancelar envío" }));
  fireEvent.press(screen.getByRole("button", { name: "Sí, cancelar" }));
  expect(await screen.findByText("Cancelado")).toBeOnTheScreen();
});

test("a viewer can do nothing to a job, and asks for nobody's number", async () => {
  const api = open({}, {}, "viewer");
  await screen.findByText("Enviando");
  expect(screen.getByText("Tu rol no permite ver a los destinatarios.")).toBeOnTheScreen();
  expect(api.asked.map(([name]) => name)).not.toContain("listRecipients");
  expect(screen.queryByRole("button", { name: "Pausar" })).toBeNull();
  expect(screen.queryByRole("button", { name: "Cancelar envío" })).toBeNull();
});

test("a job that waits for approval cannot be resumed, and a promoter cannot approve it", async () => {
  const waiting: Partial<Job> = {
    status: "paused",
    approval: "waiting",
    waiting_for: { reason: "approval", until: null },
    findings: [{
      class: "WARN",
      phrase: "iglesia",
      article: "LGIPE art. 394",
      rule: "r",
      field: "template.body_text",
    }],
  };
  open(waiting, {}, "promoter");
  expect(await screen.findByText("«iglesia» (LGIPE art. 394)")).toBeOnTheScreen();
  expect(screen.queryByRole("button", { name: "Reanudar" })).toBeNull();
  expect(screen.queryByRole("button", { name: "Aprobar" })).toBeNull();
});

test("who may approve gives a reason; its creator is told that it must be another", async () => {
  const refusal = new Problem({
    status: 403,
    code: "approval_by_creator",
    detail: "Quien creó el envío no puede aprobarlo.",
  });
  const api = open(
    { status: "paused", approval: "waiting", waiting_for: { reason: "approval", until: null } },
    { approveJob: () => Promise.reject(refusal) },
  );
  fireEvent.press(await screen.findByRole("button", { name: "Aprobar" }));
  const inDialog = screen.getAllByRole("button", { name: "Aprobar" }).at(-1)!;
  expect(inDialog).toBeDisabled();
  fireEvent.changeText(
    screen.getByLabelText("Motivo (queda en la bitácora)"),
    " Es el nombre de una colonia ",
  );
  fireEvent.press(screen.getAllByRole("button", { name: "Aprobar" }).at(-1)!);
  expect(await screen.findByText("Quien creó el envío no puede aprobarlo.")).toBeOnTheScreen();
  expect(api.asked).toContainEqual(["approveJob", JOB, "Es el nombre de una colonia"]);
});

test("a blocked number's list can go on with the campaign's new one", async () => {
  const api = open({
    waiting_for: {
      reason: "sender_blocked",
      until: null,
      detail: "Meta lo bloqueó.",
      movable: true,
    },
  });
  fireEvent.press(await screen.findByRole("button", { name: "Seguir con el número nuevo" }));
  await waitFor(() => expect(api.asked).toContainEqual(["moveJob", JOB]));
});

test("unknown messages show their evidence, and sending them again asks first", async () => {
  const unknown = examples.recipient(1, {
    status: "unknown",
    sent_at: null,
    claimed_at: "2027-04-20T15:59:00+00:00",
    neighbours: { claimed: 69, with_receipt: 68 },
  });
  const api = open(
    { status: "partial", unknown_count: 1 },
    { listRecipients: () => Promise.resolve({ recipients: [unknown], next_cursor: null }) },
  );
  expect(
    await screen.findByText(/De 69 mensajes que salieron en ese minuto, 68 tienen confirmación/),
  )
    .toBeOnTheScreen();
  fireEvent.press(screen.getByRole("button", { name: "Enviarlos de nuevo" }));
  expect(api.asked.map(([name]) => name)).not.toContain("resolveUnknown");
  fireEvent.press(screen.getByRole("button", { name: "Sí, enviar de nuevo" }));
  expect(await screen.findByText("Listo: 1 mensaje.")).toBeOnTheScreen();
  expect(screen.queryByText(/^De 0 mensajes/)).toBeNull();
  expect(api.asked).toContainEqual(["resolveUnknown", JOB, "resend"]);
});

test("a promoter sees unknown messages and does not decide", async () => {
  open({ unknown_count: 2 }, {}, "promoter");
  const card = await screen.findByLabelText("Mensajes sin respuesta");
  expect(within(card).queryByRole("button")).toBeNull();
});
