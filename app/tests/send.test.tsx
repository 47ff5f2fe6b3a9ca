import { act, fireEvent, screen, waitFor } from "@testing-library/react-native";
import { Problem } from "../src/api/problem";
import { SendView } from "../src/send/SendView";
import * as examples from "./examples";
import { apiDouble, gone, show } from "./harness";
import { CONFIRM, fillIn, openDialog, start } from "./sendFlow";

test("a confirmed list is sent with what was chosen, and opens", async () => {
  const { sends, onSent } = start();
  await fillIn();
  fireEvent.press(screen.getByRole("checkbox", { name: /A favor/ }));
  await openDialog();
  expect(screen.getByText("¿Enviar a 342 votantes?")).toBeOnTheScreen();
  expect(screen.getAllByText("Costo aproximado: US$13.58")).toHaveLength(2); // beside the count too
  expect(screen.getByText(/la veda electoral cierra los envíos/)).toBeOnTheScreen();
  fireEvent.press(screen.getByRole("button", { name: CONFIRM }));
  await waitFor(() => expect(onSent).toHaveBeenCalledWith(examples.summary().job_id));
  expect(sends()).toEqual([
    [
      "send",
      {
        campaign_id: examples.CAMPAIGN,
        template_id: examples.template().id,
        filters: { sentiment: ["positive"] },
        personalization: { "1": "{{voter.first_name}}", "2": "{{campaign.name}}" },
        accept_cut: false,
      },
      expect.any(String),
    ],
  ]);
});

test("nothing can be sent until it is chosen, filled in and counted", async () => {
  let answer: (preview: ReturnType<typeof examples.preview>) => void = () => {};
  start({ previewAudience: () => new Promise((resolve) => (answer = resolve)) });
  const button = await screen.findByRole("button", { name: "Enviar" });
  expect(button).toBeDisabled();
  expect(screen.getByText("Elige una plantilla.")).toBeOnTheScreen();
  fireEvent.press(screen.getByRole("radio", { name: /invitacion mitin/ }));
  expect(screen.getByText("Completa los datos del mensaje.")).toBeOnTheScreen();
  await fillIn();
  expect(screen.getByText("Espera a que termine el conteo.")).toBeOnTheScreen();
  act(() => answer(examples.preview({ eligible_count: 0, target_count: 12 })));
  await waitFor(() => expect(screen.getByRole("button", { name: "Enviar" })).toBeDisabled());
});

test("a list that the deadline cuts is sent only when that is accepted", async () => {
  const { sends } = start({
    previewAudience: () =>
      Promise.resolve(examples.preview({ ends_before_deadline: false, cut_count: 40 })),
  });
  await fillIn();
  await openDialog();
  const confirm = screen.getByRole("button", { name: CONFIRM });
  expect(confirm).toBeDisabled();
  fireEvent.press(screen.getByRole("checkbox", { name: "Acepto que esos mensajes no salgan" }));
  fireEvent.press(confirm);
  await waitFor(() => expect(sends()).toHaveLength(1));
  expect(sends()[0]![1]).toMatchObject({ accept_cut: true });
});

test("a viewer is told that others send, and asks for no count", async () => {
  const { api } = start({
    getSettings: () => Promise.resolve(examples.settings({ role: "viewer" })),
  });
  expect(await screen.findByText("Tu rol permite ver, no enviar.")).toBeOnTheScreen();
  expect(api.asked.map(([name]) => name)).not.toContain("previewAudience");
});

test("templates that cannot be used say why, and cannot be chosen", async () => {
  const rejected = examples.template({
    id: "b",
    name: "promesas",
    status: "rejected",
    rejected_notice: "WhatsApp no acepta este contenido.",
  });
  start({ listTemplates: () => Promise.resolve([rejected, examples.template()]) });
  const choice = await screen.findByRole("radio", { name: /promesas/ });
  expect(choice).toBeDisabled();
  expect(screen.getByText("Rechazada. Motivo: WhatsApp no acepta este contenido."))
    .toBeOnTheScreen();
});

test("a problem with a value stands at its field", async () => {
  start({
    previewAudience: (request) =>
      request.personalization === undefined ? Promise.resolve(examples.preview()) : Promise.reject(
        new Problem({
          status: 422,
          code: "personalization_invalid",
          detail: "Ese campo no existe.",
          field: "personalization.2",
        }),
      ),
  });
  await fillIn();
  expect(await screen.findAllByText("Ese campo no existe.")).toHaveLength(2);
  expect(screen.getByRole("button", { name: /^Enviar/ })).toBeDisabled();
});

test("choosing the same template again keeps what was filled in", async () => {
  start();
  await fillIn();
  fireEvent.press(screen.getByRole("radio", { name: /invitacion mitin/ }));
  expect(screen.getAllByRole("radio", { name: "Nombre del votante" })[0]).toBeChecked();
});

test("voters chosen elsewhere stand instead of the filters", async () => {
  const api = apiDouble();
  show(<SendView onSent={() => {}} voterIds={["v1", "v2"]} />, { api });
  expect(await screen.findByText("2 votantes elegidos en la lista.")).toBeOnTheScreen();
  expect(screen.queryByRole("button", { name: /Secciones/ })).toBeNull();
  await waitFor(() =>
    expect(api.asked).toContainEqual([
      "previewAudience",
      { campaign_id: examples.CAMPAIGN, filters: { voter_ids: ["v1", "v2"] } },
      expect.anything(),
    ])
  );
});

test("a later hour is that of the campaign's clock", async () => {
  const { sends } = start();
  await fillIn();
  fireEvent.press(screen.getByRole("radio", { name: "En otra fecha" }));
  fireEvent.changeText(screen.getByLabelText("Día (dd/mm/aaaa)"), "05/05/2027");
  fireEvent.changeText(screen.getByLabelText("Hora (hh:mm, de 0 a 23)"), "9:30");
  await openDialog();
  fireEvent.press(screen.getByRole("button", { name: CONFIRM }));
  await waitFor(() => expect(sends()).toHaveLength(1));
  expect(sends()[0]![1]).toMatchObject({ scheduled_at: "2027-05-05T15:30:00.000Z" });
});

test("the count stays while the next one is asked for, and nothing can be sent meanwhile", async () => {
  start({
    previewAudience: ({ filters }) =>
      filters.sentiment === undefined
        ? Promise.resolve(examples.preview())
        : new Promise(() => undefined),
  });
  await fillIn();
  await screen.findByRole("button", { name: "Enviar a 342 votantes" });
  await gone("Contando…");
  fireEvent.press(screen.getByRole("checkbox", { name: /En contra/ }));
  expect(screen.getByText("342 votantes recibirán el mensaje")).toBeOnTheScreen();
  expect(screen.getByText("Contando…")).toBeOnTheScreen();
  expect(screen.getByRole("button", { name: "Enviar a 342 votantes" })).toBeDisabled();
});

test("a count that fails later is no count: nothing can be confirmed by the old one", async () => {
  const previewAudience = jest.fn().mockResolvedValue(examples.preview());
  const { client } = { ...start({ previewAudience }).view };
  await fillIn();
  await openDialog();
  const veda = new Problem({ status: 403, code: "veda", detail: "Veda electoral." });
  previewAudience.mockRejectedValue(veda);
  await act(() => client.invalidateQueries({ queryKey: ["audience"] }));
  await screen.findByText("Veda electoral.");
  expect(screen.queryByRole("button", { name: CONFIRM })).toBeNull();
  expect(screen.getByText(/falta saber a cuántos llegará/)).toBeOnTheScreen();
});

test("a dialog that closed because its count no longer stood does not open by itself", async () => {
  const previewAudience = jest.fn().mockResolvedValue(examples.preview());
  const { client } = start({ previewAudience }).view;
  await fillIn();
  await openDialog();
  previewAudience.mockRejectedValueOnce(
    new Problem({ status: 403, code: "veda", detail: "Veda." }),
  );
  await act(() => client.invalidateQueries({ queryKey: ["audience"] }));
  await screen.findByText("Veda.");
  await act(() => client.invalidateQueries({ queryKey: ["audience"] }));
  const button = await screen.findByRole("button", { name: "Enviar a 342 votantes" });
  await waitFor(() => expect(button).toBeEnabled());
  expect(screen.queryByRole("button", { name: CONFIRM })).toBeNull();
});
