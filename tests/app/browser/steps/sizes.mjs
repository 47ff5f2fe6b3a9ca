// Narrow and wide, dark, text of twice the size, and more of everything than fits.
import { Person } from "../person.mjs";

const SIZES = {
  narrow: { viewport: { width: 320, height: 640 } },
  dark: { colorScheme: "dark" },
  desktop: { viewport: { width: 1440, height: 900 } },
  // A browser that shows everything twice as large has half the room (WCAG 2.2, 1.4.4).
  large: { viewport: { width: 195, height: 422 }, deviceScaleFactor: 2 },
};

export async function every_size_holds_what_it_shows({ browser, address, states }) {
  for (const [size, options] of Object.entries(SIZES)) {
    const ana = await Person.meet(browser, address, states, options);
    await ana.signIn(/coordinadora/);
    await ana.chooseTemplate(/invitacion evento/);
    await ana.fillIn();
    await ana.page.getByText("Contando…").waitFor({ state: "detached" });
    await ana.look(`send-${size}`, { picture: size === "narrow" || size === "dark" });
    await ana.open("Envíos");
    await ana.page.getByRole("button", { name: /invitacion evento/ }).first().click();
    await ana.sees("Destinatarios");
    await ana.look(`delivery-${size}`, { picture: size === "desktop" || size === "dark" });
    await ana.open("Plantillas");
    await ana.sees("Rechazada");
    await ana.look(`templates-${size}`);
    await ana.leave();
  }
}
