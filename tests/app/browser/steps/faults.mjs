// What goes wrong on the way, and that it makes one job all the same.
import assert from "node:assert/strict";
import { Person } from "../person.mjs";

const SEND = "**/functions/v1/messaging/send";

async function ready(world, section) {
  const ana = await Person.meet(world.browser, world.address, world.states);
  await ana.signIn(/coordinadora/);
  await ana.chooseTemplate(/invitacion evento/);
  await ana.fillIn();
  await ana.chooseSection(section);
  await ana.askToSend();
  return ana;
}

async function exactlyOneMore(world, before) {
  assert.equal(await world.ask("count_jobs"), before + 1);
}

export async function a_double_click_makes_one_job(world) {
  const before = await world.ask("count_jobs");
  const ana = await ready(world, "0011");
  await ana.page.getByRole("button", { name: "Sí, enviar" }).dblclick();
  await ana.sees("Destinatarios");
  await exactlyOneMore(world, before);
  await ana.leave();
}

export async function a_lost_answer_makes_one_job(world) {
  const before = await world.ask("count_jobs");
  const ana = await ready(world, "0012");
  await ana.page.route(
    SEND,
    async (route) => {
      await route.fetch(); // it is done, and nobody hears of it
      await route.abort();
    },
    { times: 1 },
  );
  await ana.confirm();
  await ana.sees("Un envío quedó sin respuesta");
  await ana.look("send-unanswered", { picture: true });
  await exactlyOneMore(world, before);
  await ana.click("button", "Retomar el envío");
  await ana.sees("Destinatarios");
  await exactlyOneMore(world, before);
  await ana.leave();
}

export async function a_reload_during_the_request_makes_one_job(world) {
  const before = await world.ask("count_jobs");
  const ana = await ready(world, "0013");
  const asked = ana.page.waitForRequest(SEND);
  let goOn;
  const held = new Promise((resolve) => (goOn = resolve));
  await ana.page.route(
    SEND,
    async (route) => {
      await route.fetch();
      await held;
      await route.abort().catch(() => undefined); // its page is gone
    },
    { times: 1 },
  );
  await ana.confirm();
  await asked;
  await ana.page.reload();
  goOn();
  await ana.click("button", "Retomar el envío");
  await ana.sees("Destinatarios");
  await exactlyOneMore(world, before);
  await ana.leave();
}

export async function without_a_connection_nothing_is_queued(world) {
  const before = await world.ask("count_jobs");
  const ana = await ready(world, "0014");
  await ana.click("button", "Cancelar");
  await ana.context.setOffline(true);
  await ana.click("checkbox", "Inclinado");
  await ana.sees(/Sin conexión/);
  await ana.page.getByText(/Sin conexión/).scrollIntoViewIfNeeded();
  await ana.look("offline", { picture: true });
  await ana.context.setOffline(false);
  await ana.click("button", "Reintentar");
  await ana.page.getByText(/Sin conexión/).waitFor({ state: "detached" });
  assert.equal(await world.ask("count_jobs"), before);
  await ana.leave();
}

export async function refusals_say_what_they_mean(world) {
  const ana = await Person.meet(world.browser, world.address, world.states);
  const told = [
    ["503", 503, { code: "store_unavailable", detail: "No hay respuesta de la base de datos." }],
    ["session-ended", 401, { code: "token_expired", detail: "La sesión terminó." }],
    ["busy", 429, { code: "busy", detail: "Hay otras solicitudes grandes en curso." }],
  ];
  await ana.signIn(/coordinadora/);
  for (const [state, status, body] of told) {
    const problem = { type: `urn:campaignpro:whatsapp:${body.code}`, title: "No", status, ...body };
    await ana.page.route("**/messaging/audience", (route) =>
      route.fulfill({
        status,
        contentType: "application/problem+json",
        headers: { "Retry-After": "1" },
        body: JSON.stringify(problem),
      }));
    await ana.click("checkbox", "A favor");
    await ana.sees(status === 401 ? /Tu sesión terminó/ : body.detail);
    await ana.look(state);
    await ana.page.unroute("**/messaging/audience");
  }
  await ana.leave();
}

export async function the_veda_says_when_it_ends(world) {
  const ana = await ready(world, "0015"); // it could be sent now
  await ana.click("button", "Cancelar");
  await world.ask("begin_veda");
  await ana.click("checkbox", "A favor");
  await ana.sees(/Veda electoral: envíos suspendidos hasta/);
  await ana.page.getByRole("button", { name: /^Enviar( a .*)?$/ }).scrollIntoViewIfNeeded();
  await ana.look("veda", { picture: true });
  assert.ok(await ana.page.getByRole("button", { name: /^Enviar( a .*)?$/ }).isDisabled());
  await world.ask("end_veda");
  await ana.leave();
}
