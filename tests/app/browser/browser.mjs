// One browser, and a page that is watched: what it asks of whom, and what it complains about.
import { mkdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import process from "node:process";

// It unpacks itself into the temporary folder, once.
const folder = fileURLToPath(new URL("node_modules/.chromium", import.meta.url));
await mkdir(folder, { recursive: true });
process.env.TMPDIR = folder;
const { default: chromium } = await import("@sparticuz/chromium");
const { chromium: playwright } = await import("playwright-core");

const AXE = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
// Not the package's own arguments: they switch off what keeps sites apart.
const QUIET = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
export const PHONE = { width: 390, height: 844 };

export async function launch() {
  return playwright.launch({
    executablePath: await chromium.executablePath(),
    headless: true,
    args: QUIET,
  });
}

/** A page of a person of their own; `seen` fills with what must not be. */
export async function openPage(browser, address, options = {}) {
  const context = await browser.newContext({ viewport: PHONE, locale: "es-MX", ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  const seen = { strangers: [], complaints: [] };
  page.on("request", (request) => {
    const { origin, protocol } = new URL(request.url());
    if (origin !== address && protocol.startsWith("http")) seen.strangers.push(request.url());
  });
  page.on("pageerror", (error) => seen.complaints.push(String(error)));
  page.on("console", (message) => {
    // The browser reports each answer that is no success: those are looked at where they happen.
    const isAnswer = message.text().startsWith("Failed to load resource");
    if (message.type() === "error" && !isAnswer) seen.complaints.push(message.text());
  });
  await page.goto(address);
  return { page, context, seen };
}

/** Each rule of WCAG 2.2 A and AA, and of good practice, that axe finds broken on the page. */
export async function brokenRules(page) {
  await page.evaluate(AXE);
  return page.evaluate(async () => {
    const { violations } = await globalThis.axe.run();
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map((each) => each.html).join(" | ")}`.slice(0, 600));
  });
}
