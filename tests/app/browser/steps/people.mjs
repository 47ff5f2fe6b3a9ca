// Who sees and does what: jobs that are stopped, other roles, another campaign, templates.
import assert from "node:assert/strict";
import { Person } from "../person.mjs";

export async function a_list_is_paused_resumed_and_cancelled(world) {
  const ana = await Person.meet(world.browser, world.address, world.states);
  await world.ask("slow_down");
  await ana.signIn(/promotor/);
  await ana.chooseTemplate(/invitacion evento/);
  await ana.fillIn();
  await ana.click("checkbox", "Inclinado");
  await ana.askToSend();
  await ana.confirm();
  await ana.click("button", "Pausar");
  await ana.sees("En pausa");
  await ana.look("delivery-paused", { picture: true });
  await ana.click("button", "Reanudar");
  await ana.page.getByRole("button", { name: "Pausar" }).waitFor();
  await ana.click("button", "Cancelar envío");
  await ana.page.getByRole("dialog").waitFor();
  await ana.look("delivery-cancel", { picture: true });
  await ana.click("button", "Sí, cancelar");
  await ana.sees("Cancelado");
  await ana.click("radio", "No se envió");
  await ana.sees("No se envió: El envío se canceló");
  await ana.look("delivery-recipients", { picture: true });
  await world.ask("speed_up");
  await ana.open("Envíos");
  await ana.sees(/enviados? · .* leídos? · hace/);
  await ana.look("deliveries", { picture: true });
  await ana.leave();
}

export async function a_viewer_sees_figures_and_nobodys_number(world) {
  const eva = await Person.meet(world.browser, world.address, world.states);
  await eva.signIn(/observadora/);
  await eva.sees("Tu rol permite ver, no enviar.");
  await eva.open("Envíos");
  await eva.page.getByRole("button", { name: /invitacion evento/ }).first().click();
  await eva.sees("Tu rol no permite ver a los destinatarios.");
  await eva.look("viewer");
  assert.doesNotMatch(await eva.page.locator("body").innerText(), /\+52\d/);
  assert.equal(await eva.page.getByRole("button", { name: "Pausar" }).count(), 0);
  await eva.leave();
}

export async function another_campaigns_people_see_nothing_of_it(world) {
  const beto = await Person.meet(world.browser, world.address, world.states);
  await beto.signIn(/Beto/);
  await beto.page.getByRole("radio").first().waitFor();
  assert.equal(await beto.page.getByRole("radio", { name: /recordatorio/ }).count(), 0);
  await beto.open("Envíos");
  await beto.sees("Aún no hay envíos.");
  await beto.look("deliveries-empty");
  await beto.signOut();
  // The same browser, another person: nothing that was shown before is there.
  await beto.signIn(/coordinadora/);
  await beto.open("Envíos");
  await beto.sees(/enviados? ·/);
  await beto.leave();
}

export async function a_template_is_written_looked_at_and_submitted(world) {
  const ana = await Person.meet(world.browser, world.address, world.states);
  await ana.signIn(/coordinadora/);
  await ana.open("Plantillas");
  await ana.sees("Rechazada");
  await ana.look("templates", { picture: true });
  await ana.click("button", "Nueva plantilla");
  await ana.page.getByLabel("Nombre", { exact: true }).fill("Gran Mitin");
  await ana.page.getByLabel("Mensaje", { exact: true }).fill("Hola {{1}}");
  await ana.click("button", "Revisar");
  await ana.page.getByRole("alert").first().waitFor();
  await ana.look("template-problems", { picture: true });
  await ana.page.getByLabel("Nombre", { exact: true }).fill("gran_mitin");
  await ana.page.getByLabel("Mensaje", { exact: true }).fill("Hola {{1}}, te esperamos el sábado en la plaza.");
  await ana.page.getByLabel("Ejemplo de «1»").fill("María");
  await ana.click("button", "Revisar");
  await ana.sees("Responde BAJA para dejar de recibir mensajes");
  await ana.page.getByRole("heading", { name: "Así queda" }).scrollIntoViewIfNeeded();
  await ana.look("template-checked", { picture: true });
  await ana.click("button", "Enviar a revisión de WhatsApp");
  await ana.sees(/WhatsApp la está revisando/);
  await ana.click("button", "Volver");
  await ana.page.getByRole("group", { name: "gran mitin" }).waitFor();
  await ana.leave();
}
