// What a person does on the screen, in its own words.
import assert from "node:assert/strict";
import process from "node:process";
import { brokenRules, openPage } from "./browser.mjs";

export const VALUES = { 1: "Nombre del votante", 2: "Campaña", 3: "Sección" };
const SHOTS = new URL("../../../docs/screen/", import.meta.url).pathname;

/** Somebody before the page; `states` collects each one that was looked at, with what axe says of it. */
export class Person {
  static async meet(browser, address, states, options) {
    return Object.assign(new Person(), await openPage(browser, address, options), {
      states,
      clicks: 0,
    });
  }

  async signIn(label) {
    await this.page.getByRole("button", { name: label }).click();
    await this.page.getByRole("tab", { name: "Enviar" }).waitFor();
  }

  async signOut() {
    await this.page.getByRole("button", { name: "Salir" }).click();
    await this.page.getByRole("heading", { name: "CampaignPro" }).waitFor();
  }

  /** Click once, and count it. */
  async click(role, name, within = this.page) {
    this.clicks += 1;
    await within.getByRole(role, { name, exact: typeof name === "string" }).click();
  }

  async open(tab) {
    await this.click("tab", tab);
  }

  async chooseTemplate(name) {
    await this.click("radio", name);
  }

  async fillIn() {
    for (const [variable, field] of Object.entries(VALUES)) {
      const group = this.page.getByRole("radiogroup", { name: `Dato «${variable}»` });
      await this.click("radio", field, group);
    }
  }

  async chooseSection(section) {
    await this.click("button", /^Secciones/);
    await this.page.getByLabel("Buscar").fill(section);
    await this.click("checkbox", new RegExp(section));
    await this.click("button", "Listo");
  }

  /** Close the page: it has asked nobody else, and complained of nothing. */
  async leave() {
    assert.deepEqual(this.seen, { strangers: [], complaints: [] });
    await this.context.close();
  }

  /** Wait until the list can be sent, and open the question. */
  async askToSend() {
    await this.page.getByText("Contando…").waitFor({ state: "detached" });
    await this.click("button", /^Enviar a /);
    await this.page.getByRole("dialog").waitFor();
  }

  async confirm() {
    await this.click("button", "Sí, enviar");
  }

  async sees(words) {
    await this.page.getByText(words).first().waitFor();
  }

  /** Have a look: what axe finds broken, whether all fits in width, and a picture on request. */
  async look(state, { picture = false } = {}) {
    const broken = await brokenRules(this.page);
    const wide = await this.page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    if (wide > 0) broken.push(`${wide} px wider than the window`);
    this.states[state] = broken;
    // `make pictures`: each run draws other numbers and hours.
    if (picture && process.env.PICTURES) await this.page.screenshot({ path: `${SHOTS}${state}.png` });
  }
}
