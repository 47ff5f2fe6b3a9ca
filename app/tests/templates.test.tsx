import { act, fireEvent, screen, waitFor } from "@testing-library/react-native";
import type { MessagingApi, Settings } from "../src/api/messagingApi";
import { offline, Problem } from "../src/api/problem";
import type { Messaging } from "../src/messaging";
import { TemplatesView } from "../src/templates/TemplatesView";
import * as examples from "./examples";
import { apiDouble, show } from "./harness";

const SUBMIT = "Enviar a revisión de WhatsApp";

function start(
  answers: Partial<MessagingApi> = {},
  role: Settings["role"] = "owner",
  given: Partial<Messaging> = {},
) {
  const api = apiDouble({
    getSettings: () => Promise.resolve(examples.settings({ role })),
    ...answers,
  });
  show(<TemplatesView />, { api, ...given });
  return { api, asked: (name: string) => api.asked.filter((each) => each[0] === name) };
}

async function write() {
  fireEvent.press(await screen.findByRole("button", { name: "Nueva plantilla" }));
  fireEvent.changeText(screen.getByLabelText("Nombre"), "gran_mitin");
  fireEvent.changeText(screen.getByLabelText("Mensaje"), "Hola {{1}}, te esperamos el sábado.");
  fireEvent.changeText(screen.getByLabelText("Ejemplo de «1»"), "María");
}

test("each template tells its status, and a refused one why", async () => {
  start({
    listTemplates: () =>
      Promise.resolve([
        examples.template(),
        examples.template({ id: "b", name: "b", status: "pending" }),
        examples.template({
          id: "c",
          name: "c",
          status: "rejected",
          rejected_notice: "WhatsApp no acepta este contenido.",
        }),
      ]),
  });
  expect(await screen.findByText("Aprobada")).toBeOnTheScreen();
  expect(screen.getByText("En revisión")).toBeOnTheScreen();
  expect(screen.getByText("Motivo: WhatsApp no acepta este contenido.")).toBeOnTheScreen();
});

test("what the bridge adds is shown before anything goes to WhatsApp", async () => {
  const { asked } = start();
  await write();
  expect(screen.getByRole("button", { name: SUBMIT })).toBeDisabled();
  fireEvent.press(screen.getByRole("button", { name: "Revisar" }));
  expect(await screen.findByText("Responde BAJA para dejar de recibir mensajes."))
    .toBeOnTheScreen();
  fireEvent.press(screen.getByRole("button", { name: SUBMIT }));
  expect(await screen.findByText(/WhatsApp la está revisando/)).toBeOnTheScreen();
  const drafts = asked("createTemplate").map(([, , draft]) => draft);
  expect(drafts).toEqual([
    {
      name: "gran_mitin",
      language: "es_MX",
      category: "MARKETING",
      header_format: "NONE",
      header_text: null,
      header_media: null,
      body_text: "Hola {{1}}, te esperamos el sábado.",
      footer_text: null,
      buttons: [],
      sample_values: { "1": "María" },
      dry_run: true,
    },
    expect.objectContaining({ dry_run: false }),
  ]);
});

test("what is changed after the look has to be looked at again", async () => {
  start();
  await write();
  fireEvent.press(screen.getByRole("button", { name: "Revisar" }));
  await waitFor(() => expect(screen.getByRole("button", { name: SUBMIT })).toBeEnabled());
  fireEvent.changeText(screen.getByLabelText("Pie (opcional)"), "Equipo 2027");
  expect(screen.getByRole("button", { name: SUBMIT })).toBeDisabled();
});

test("what is typed while the bridge looks is not what it looked at", async () => {
  let answer: () => void = () => {};
  start({
    createTemplate: () => new Promise((resolve) => (answer = () => resolve(examples.composed()))),
  });
  await write();
  fireEvent.press(screen.getByRole("button", { name: "Revisar" }));
  await waitFor(() => expect(screen.getByRole("button", { name: "Revisar" })).toBeDisabled());
  fireEvent.changeText(screen.getByLabelText("Mensaje"), "Otra cosa, {{1}}, que nadie revisó.");
  answer();
  await waitFor(() => expect(screen.getByRole("button", { name: "Revisar" })).toBeEnabled());
  expect(screen.getByRole("button", { name: SUBMIT })).toBeDisabled();
});

test("each problem stands at its field, and all of them together", async () => {
  const notes = [
    { code: "variable_last", detail: "No puede terminar con un dato.", field: "body_text" },
    { code: "sample_missing", detail: "Falta el ejemplo.", field: "sample_values.1" },
  ];
  const problem = new Problem({ status: 422, code: "variable_last", detail: "No.", errors: notes });
  start({ createTemplate: () => Promise.reject(problem) });
  await write();
  fireEvent.press(screen.getByRole("button", { name: "Revisar" }));
  expect(await screen.findByText("⚠ No puede terminar con un dato.")).toBeOnTheScreen();
  expect(screen.getByText("⚠ Falta el ejemplo.")).toBeOnTheScreen();
  expect(screen.getByText("Hay 2 problemas por corregir:")).toBeOnTheScreen();
});

test("a lost answer can be asked for again", async () => {
  const create = jest.fn().mockRejectedValueOnce(offline()).mockResolvedValue(examples.composed());
  start({ createTemplate: create });
  await write();
  fireEvent.press(screen.getByRole("button", { name: "Revisar" }));
  fireEvent.press(await screen.findByRole("button", { name: "Reintentar" }));
  await waitFor(() => expect(screen.getByRole("button", { name: SUBMIT })).toBeEnabled());
});

test("buttons are added, filled in, refused at their place, and taken away", async () => {
  const problem = new Problem({
    status: 422,
    code: "button_url_invalid",
    detail: "El enlace no es válido.",
    field: "buttons.0.url",
  });
  const { asked } = start({ createTemplate: () => Promise.reject(problem) });
  await write();
  fireEvent.press(screen.getByRole("button", { name: "Añadir enlace" }));
  fireEvent.changeText(screen.getByLabelText("Botón 1: texto"), "Ver");
  fireEvent.changeText(screen.getByLabelText("Botón 1: enlace"), "http://x");
  fireEvent.press(screen.getByRole("button", { name: "Revisar" }));
  expect(await screen.findByText("⚠ El enlace no es válido.")).toBeOnTheScreen();
  expect(asked("createTemplate")[0]![2]).toMatchObject({
    buttons: [{ type: "URL", text: "Ver", url: "http://x" }],
  });
  fireEvent.press(screen.getByRole("button", { name: "Quitar el botón 1" }));
  expect(screen.queryByLabelText("Botón 1: texto")).toBeNull();
});

test("a header's file is uploaded, and named in the draft by its id", async () => {
  const file = { name: "mitin.jpg", type: "image/jpeg", body: new ArrayBuffer(3) };
  const { asked } = start({}, "owner", { pickFile: () => Promise.resolve(file) });
  await write();
  fireEvent.press(screen.getByRole("radio", { name: "Imagen" }));
  fireEvent.press(screen.getByRole("button", { name: "Elegir archivo" }));
  expect(await screen.findByText("Archivo listo: mitin.jpg")).toBeOnTheScreen();
  fireEvent.press(screen.getByRole("button", { name: "Revisar" }));
  await waitFor(() => expect(asked("createTemplate")).toHaveLength(1));
  expect(asked("uploadMedia")).toEqual([["uploadMedia", examples.CAMPAIGN, "IMAGE", file]]);
  expect(asked("createTemplate")[0]![2]).toMatchObject({
    header_media: { id: "1339522734477770" },
  });
});

test("an approved template is edited as it is, under its own id", async () => {
  const { asked } = start();
  fireEvent.press(await screen.findByRole("button", { name: "Editar: invitacion mitin" }));
  expect(screen.getByLabelText("Mensaje").props.value).toBe(examples.template().body_text);
  fireEvent.press(screen.getByRole("button", { name: "Revisar" }));
  await waitFor(() => expect(asked("editTemplate")).toHaveLength(1));
  expect(asked("editTemplate")[0]).toEqual([
    "editTemplate",
    examples.template().id,
    expect.objectContaining({
      header_text: "Gran mitin",
      buttons: [{ type: "QUICK_REPLY", text: "BAJA" }],
      sample_values: { "1": "María", "2": "sábado" },
    }),
  ]);
});

test("an edited template keeps its place", async () => {
  const place = { latitude: "19.4", longitude: "-99.1", name: "Zócalo", address: "Centro" };
  const located = examples.template({
    header_format: "LOCATION",
    header_text: null,
    header_media: place,
  });
  const { asked } = start({ listTemplates: () => Promise.resolve([located]) });
  fireEvent.press(await screen.findByRole("button", { name: "Editar: invitacion mitin" }));
  fireEvent.press(screen.getByRole("button", { name: "Revisar" }));
  await waitFor(() => expect(asked("editTemplate")).toHaveLength(1));
  expect(asked("editTemplate")[0]![2]).toMatchObject({
    header_format: "LOCATION",
    header_media: place,
  });
});

test("what is typed while a file is uploaded stays", async () => {
  let upload: (media: { id: string; expires_at: string }) => void = () => {};
  const file = { name: "mitin.jpg", type: "image/jpeg", body: new ArrayBuffer(3) };
  start({ uploadMedia: () => new Promise((resolve) => (upload = resolve)) }, "owner", {
    pickFile: () => Promise.resolve(file),
  });
  await write();
  fireEvent.press(screen.getByRole("radio", { name: "Imagen" }));
  fireEvent.press(screen.getByRole("button", { name: "Elegir archivo" }));
  await screen.findByText("Subiendo el archivo…");
  fireEvent.changeText(screen.getByLabelText("Mensaje"), "Otro texto.");
  act(() => upload({ id: "1", expires_at: "2027-05-31T12:00:00+00:00" }));
  await screen.findByText("Archivo listo: mitin.jpg");
  expect(screen.getByLabelText("Mensaje").props.value).toBe("Otro texto.");
});

test("deleting asks first", async () => {
  const { asked } = start();
  fireEvent.press(await screen.findByRole("button", { name: "Borrar: invitacion mitin" }));
  expect(asked("deleteTemplate")).toHaveLength(0);
  fireEvent.press(screen.getByRole("button", { name: "Sí, borrar" }));
  await waitFor(() =>
    expect(asked("deleteTemplate")).toEqual([["deleteTemplate", examples.template().id]])
  );
});

test("a blocked text can be released by who may, with a reason", async () => {
  const blocked = new Problem({
    status: 422,
    code: "content_blocked",
    detail: "«despensa gratis» (LGIPE art. 209.5)",
    field: "template.body_text",
  });
  const { asked } = start({ createTemplate: () => Promise.reject(blocked) });
  await write();
  fireEvent.press(screen.getByRole("button", { name: "Revisar" }));
  fireEvent.press(await screen.findByRole("button", { name: "Autorizar este texto" }));
  fireEvent.changeText(screen.getByLabelText("Motivo"), "Dictamen del 3 de mayo");
  fireEvent.press(screen.getByRole("button", { name: "Autorizar" }));
  expect(await screen.findByText(/Texto autorizado/)).toBeOnTheScreen();
  expect(asked("releaseContent")[0]![1]).toMatchObject({
    reason: "Dictamen del 3 de mayo",
    template: { name: "gran_mitin" },
  });
});

test("a lost test is asked for again under the same key", async () => {
  const sent = { job_id: "j", message_id: "m", status: "queued" as const };
  const send = jest.fn().mockRejectedValueOnce(offline()).mockResolvedValue(sent);
  const number = {
    id: "n",
    phone: "+525512345678",
    label: "Ana",
    added_at: "2027-04-01T00:00:00Z",
  };
  const { asked } = start({
    testTemplate: send,
    listTestNumbers: () => Promise.resolve([number]),
  });
  fireEvent.press(
    await screen.findByRole("button", { name: "Enviar una prueba: invitacion mitin" }),
  );
  fireEvent.press(await screen.findByRole("radio", { name: /Ana/ }));
  fireEvent.press(screen.getByRole("button", { name: "Enviar prueba" }));
  await screen.findByText(/Sin conexión/);
  fireEvent.press(screen.getByRole("button", { name: "Enviar prueba" }));
  expect(await screen.findByText("Prueba en camino.")).toBeOnTheScreen();
  const [first, second] = asked("testTemplate");
  expect(second).toEqual(first);
});

test("a viewer writes, edits and deletes nothing", async () => {
  start({}, "viewer");
  await screen.findByText("Aprobada");
  expect(screen.queryAllByRole("button")).toHaveLength(0);
});
