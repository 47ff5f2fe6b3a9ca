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
  fireEvent.press(await screen.findByRole("button", { name: "Retomar el envío" }));
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
  expect(screen.getByRole("button", { name: "Enviar a 342 votantes" })).toBeEnabled();
});
