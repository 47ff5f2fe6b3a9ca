// A list from the template to the last receipt, by clicks and by keys.
import assert from "node:assert/strict";
import { Person } from "../person.mjs";

export async function sends_a_list_in_under_ten_clicks({ browser, address, states, ask }) {
  const ana = await Person.meet(browser, address, states);
  await ana.page.getByRole("heading", { name: "CampaignPro" }).waitFor();
  await ana.look("sign-in");
  const began = Date.now();
  await ana.signIn(/coordinadora/);
  await ana.page.getByRole("radio", { name: /invitacion evento/ }).waitFor();
  const firstScreen = (Date.now() - began) / 1_000;
  await ana.look("send", { picture: true });
  await ana.chooseTemplate(/invitacion evento/);
  await ana.fillIn();
  await ana.page.getByRole("figure").scrollIntoViewIfNeeded();
  await ana.look("send-preview", { picture: true });
  await ana.click("checkbox", "En contra");
  await ana.page.getByText("Contando…").waitFor({ state: "detached" });
  await ana.page.getByRole("button", { name: /^Enviar a / }).scrollIntoViewIfNeeded();
  await ana.look("send-count", { picture: true });
  await ana.askToSend();
  await ana.look("send-dialog", { picture: true });
  const words = await ana.page.getByRole("dialog").innerText();
  assert.match(words, /¿Enviar a [\d,]+ votantes\?/);
  assert.match(words, /Costo aproximado: US\$/);
  assert.match(words, /la veda electoral cierra los envíos/);
  await ana.confirm();
  await ana.sees("Destinatarios");
  const bar = ana.page.getByRole("progressbar");
  const first = Number(await bar.getAttribute("aria-valuenow"));
  await ana.look("delivery-under-way", { picture: true });
  await ana.page.waitForFunction(
    (from) => Number(document.querySelector("[role=progressbar]")?.ariaValueNow) > from,
    first,
  );
  await ana.sees(/^Terminado/);
  await ana.look("delivery-done", { picture: true });
  assert.ok(ana.clicks < 10, `${ana.clicks} clicks`);
  const job = await ask("latest_job");
  assert.equal(job.settled, job.target);
  assert.ok(job.sent > 100);
  await ana.leave();
  return { clicks: ana.clicks, firstScreen, job };
}

export async function sends_a_list_by_keys_alone({ browser, address, states, ask }) {
  const ana = await Person.meet(browser, address, states);
  const { page } = ana;
  const jobs = await ask("count_jobs");
  await page.getByRole("heading", { name: "CampaignPro" }).waitFor();
  await reach(page, /coordinadora/);
  await page.keyboard.press("Enter");
  await page.getByRole("radio", { name: /recordatorio/ }).waitFor();
  await reach(page, /recordatorio/);
  await page.keyboard.press("Space");
  for (const field of ["Nombre del votante", "Sección"]) {
    await reach(page, "Nombre del votante");
    await page.keyboard.press("Space");
    while ((await focused(page)) !== field) await page.keyboard.press("ArrowRight");
    await leaveGroup(page);
  }
  await reach(page, /^Secciones/);
  await page.keyboard.press("Enter");
  await page.getByRole("dialog").waitFor();
  await reach(page, "Buscar");
  await page.keyboard.type("0007");
  await reach(page, /^0007/);
  await page.keyboard.press("Space");
  await page.keyboard.press("Escape");
  assert.match(await focused(page), /^Secciones: 1 elegido/, "the focus comes back");
  await page.getByText("Contando…").waitFor({ state: "detached" });
  await reach(page, /^Enviar a /);
  await page.keyboard.press("Enter");
  await page.getByRole("dialog").waitFor();
  await reach(page, "Sí, enviar");
  await page.keyboard.press("Enter");
  await ana.sees("Destinatarios");
  assert.equal(await ask("count_jobs"), jobs + 1);
  await ana.leave();
}

const MOST_STOPS = 80;

/** Press Tab until the focus is on what has this name. */
async function reach(page, name) {
  for (let stop = 0; stop < MOST_STOPS; stop += 1) {
    const here = await focused(page);
    if (typeof name === "string" ? here === name : name.test(here)) return;
    await page.keyboard.press("Tab");
  }
  throw new Error(`the keyboard does not reach ${name}; it is on «${await focused(page)}»`);
}

async function leaveGroup(page) {
  const group = () => page.evaluate(() => document.activeElement?.closest("[role=radiogroup]")?.ariaLabel ?? "");
  const from = await group();
  while ((await group()) === from) await page.keyboard.press("Tab");
}

function focused(page) {
  return page.evaluate(() => {
    const here = document.activeElement;
    if (here === document.body) return "";
    const words = here?.ariaLabel ?? here?.innerText ?? "";
    return words.replace(/^[✓☑☐◉○]\s*/, "").trim();
  });
}
