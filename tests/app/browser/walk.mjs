// Drives the whole screen. It says each step as a line of JSON; what has to be done to the stack it
// asks of the test that started it ({"ask": …}), and waits for the answer's line.
import { createInterface } from "node:readline";
import process from "node:process";
import { launch } from "./browser.mjs";
import * as campaign from "./steps/campaign.mjs";
import * as faults from "./steps/faults.mjs";
import * as people from "./steps/people.mjs";
import * as sizes from "./steps/sizes.mjs";

const [address] = process.argv.slice(2);
const answers = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const say = (what) => process.stdout.write(`${JSON.stringify(what)}\n`);
const ask = async (name, ...given) => {
  say({ ask: name, given });
  return JSON.parse((await answers.next()).value);
};

const browser = await launch();
const states = {};
try {
  for (const steps of [campaign, faults, people, sizes]) {
    for (const [name, step] of Object.entries(steps)) {
      const began = Date.now();
      const told = await step({ browser, address, states, ask });
      say({ step: name, seconds: (Date.now() - began) / 1_000, ...told });
    }
  }
  say({ states });
} catch (error) {
  say({ failed: String(error.stack ?? error) });
  process.exitCode = 1;
} finally {
  await browser.close();
  process.stdin.destroy();
}
