import { act, fireEvent, screen, waitFor } from "@testing-library/react-native";
import type { JobSummary } from "../src/api/messagingApi";
import { offline, Problem } from "../src/api/problem";
import * as examples from "./examples";
import { memoryStorage } from "./harness";
import { CONFIRM, fillIn, openDialog, start } from "./sendFlow";

test("a second tap on the confirmation sends nothing twice", async () => {
  let answer: (summary: JobSummary) => void = () => {};
  const { sends, onSent } = start({
    send: () => new Promise((resolve) => (answer = resolve)),
  });
  await fillIn();
  await openDialog();
  const confirm = screen.getByRole("button", { name: CONFIRM });
  fireEvent.press(confirm);
  fireEvent.press(confirm);
  await waitFor(() => expect(sends()).toHaveLength(1));
  act(() => answer(examples.summary()));
  await waitFor(() => expect(onSent).toHaveBeenCalledTimes(1));
  expect(sends()).toHaveLength(1);
});

test("a lost answer is asked for again with the same key", async () => {
  const send = jest
    .fn<Promise<JobSummary>, []>()
    .mockRejectedValueOnce(offline())
    .mockResolvedValueOnce(examples.summary());
  const { sends, onSent } = start({ send });
  await fillIn();
  await openDialog();
  fireEvent.press(screen.getByRole("button", { name: CONFIRM }));
  const resume = await screen.findByRole("button", { name: "Retomar el envío" });
  expect(screen.getByText(/no se sabe si el envío empezó/)).toBeOnTheScreen();
  expect(screen.queryByText(/Nada se envía/)).toBeNull(); // it may have been
  fireEvent.press(resume);
  await waitFor(() => expect(onSent).toHaveBeenCalledTimes(1));
  const [first, second] = sends();
  expect(second).toEqual(first);
});

test("a reload during the request comes back to the same job", async () => {
  const storage = memoryStorage();
  const before = start({ send: () => new Promise(() => {}) }, { storage });
  await fillIn();
  await openDialog();
  fireEvent.press(screen.getByRole("button", { name: CONFIRM }));
  await waitFor(() => expect(before.sends()).toHaveLength(1));
  before.view.unmount();

  const after = start({}, { storage });
  await screen.findByText(/Confirmaste «invitacion mitin» para 342 votantes/);
  expect(after.sends()).toHaveLength(0); // nothing leaves before the person says so
  fireEvent.press(screen.getByRole("button", { name: "Retomar el envío" }));
  await waitFor(() => expect(after.onSent).toHaveBeenCalledTimes(1));
  expect(after.sends()).toEqual(before.sends());
  expect(storage.kept.size).toBe(0);
});

test("what was left open of one person is not another's", async () => {
  const storage = memoryStorage();
  const before = start({ send: () => new Promise(() => {}) }, { storage });
  await fillIn();
  await openDialog();
  fireEvent.press(screen.getByRole("button", { name: CONFIRM }));
  await waitFor(() => expect(before.sends()).toHaveLength(1));
  before.view.unmount();
  start({}, { storage, userId: "another" });
  await screen.findByRole("radio", { name: /invitacion mitin/ });
  expect(screen.queryByRole("button", { name: "Retomar el envío" })).toBeNull();
});

test("a discarded intention is forgotten, and the next one has another key", async () => {
  const send = jest.fn<Promise<JobSummary>, []>().mockRejectedValueOnce(offline());
  send.mockResolvedValue(examples.summary());
  const { sends, onSent } = start({ send });
  await fillIn();
  await openDialog();
  fireEvent.press(screen.getByRole("button", { name: CONFIRM }));
  fireEvent.press(await screen.findByRole("button", { name: "Descartar" }));
  await openDialog();
  fireEvent.press(screen.getByRole("button", { name: CONFIRM }));
  await waitFor(() => expect(onSent).toHaveBeenCalledTimes(1));
  expect(sends()[0]![2]).not.toBe(sends()[1]![2]);
});

test("a refusal is told, keeps nothing open, and the list can be confirmed anew", async () => {
  const refusal = new Problem({
    status: 403,
    code: "veda",
    detail: "Veda electoral: envíos suspendidos hasta 07/06/2027 01:00.",
  });
  const storage = memoryStorage();
  start({ send: () => Promise.reject(refusal) }, { storage });
  await fillIn();
  await openDialog();
  fireEvent.press(screen.getByRole("button", { name: CONFIRM }));
  expect(await screen.findByText(/envíos suspendidos hasta 07\/06\/2027/)).toBeOnTheScreen();
  expect(storage.kept.size).toBe(0);
  await openDialog();
});

const FULL = () => Promise.reject(new Error("QuotaExceededError"));

test("where the intention cannot be kept nothing is sent, and the person is told", async () => {
  const storage = { ...memoryStorage(), setItem: FULL };
  const { sends } = start({}, { storage });
  await fillIn();
  await openDialog();
  fireEvent.press(screen.getByRole("button", { name: CONFIRM }));
  expect(await screen.findByText(/No se envió nada: este dispositivo/)).toBeOnTheScreen();
  expect(sends()).toHaveLength(0);
});

test("a storage that cannot be read does not block the form with a list that nobody confirmed", async () => {
  start({}, { storage: { ...memoryStorage(), getItem: FULL } });
  await fillIn();
  await openDialog();
});

test("a list that was taken is told although its intention cannot be removed", async () => {
  const { onSent } = start({}, { storage: { ...memoryStorage(), removeItem: FULL } });
  await fillIn();
  await openDialog();
  fireEvent.press(screen.getByRole("button", { name: CONFIRM }));
  await waitFor(() => expect(onSent).toHaveBeenCalledTimes(1));
});

test("a list discarded here leaves another window's later one kept", async () => {
  const storage = memoryStorage();
  start({ send: () => Promise.reject(offline()) }, { storage });
  await fillIn();
  await openDialog();
  fireEvent.press(screen.getByRole("button", { name: CONFIRM }));
  const discard = await screen.findByRole("button", { name: "Descartar" });
  const [[place, kept]] = [...storage.kept] as [[string, string]];
  storage.kept.set(place, JSON.stringify({ ...JSON.parse(kept), key: "later" }));
  fireEvent.press(discard);
  await waitFor(() => expect(screen.queryByRole("button", { name: "Descartar" })).toBeNull());
  expect(storage.kept.get(place)).toContain("later");
});

test("a refusal is of the list it answered: another choice shows its own count", async () => {
  const refusal = new Problem({ status: 409, code: "daily_cap", detail: "Tope diario alcanzado." });
  start({ send: () => Promise.reject(refusal) });
  await fillIn();
  await openDialog();
  fireEvent.press(screen.getByRole("button", { name: CONFIRM }));
  await screen.findByText("Tope diario alcanzado.");
  fireEvent.press(screen.getByRole("checkbox", { name: /A favor/ }));
  expect(screen.queryByText("Tope diario alcanzado.")).toBeNull();
  expect(await screen.findByText(/342 votantes recibirán/)).toBeOnTheScreen();
});

test("a deadline that came nearer is counted anew, and the cut can be accepted", async () => {
  const cut = examples.preview({ ends_before_deadline: false, cut_count: 40 });
  const previewAudience = jest.fn().mockResolvedValue(examples.preview());
  const refusal = new Problem({ status: 409, code: "crosses_deadline", detail: "No alcanza." });
  const { sends } = start({
    previewAudience,
    send: () => (previewAudience.mockResolvedValue(cut), Promise.reject(refusal)),
  });
  await fillIn();
  await openDialog();
  fireEvent.press(screen.getByRole("button", { name: CONFIRM }));
  await screen.findByText("No alcanza.");
  await screen.findByText(/40 mensajes no alcanzarán/);
  await openDialog();
  fireEvent.press(screen.getByRole("checkbox", { name: "Acepto que esos mensajes no salgan" }));
  fireEvent.press(screen.getByRole("button", { name: CONFIRM }));
  await waitFor(() => expect(sends()).toHaveLength(2));
  expect(sends()[1]![1]).toMatchObject({ accept_cut: true });
});
