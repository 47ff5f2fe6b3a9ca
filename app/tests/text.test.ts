import { render, variablesOf } from "../src/rendering";
import { ago, count, duration, percent, usd } from "../src/text/format";
import { momentAt } from "../src/text/zones";
import { momentOf } from "../src/send/WhenToSend";
import { template } from "./examples";

test("numbers are those of Mexico", () => {
  expect([count(1234), usd(1234.5), percent(298, 342), percent(341, 342)]).toEqual([
    "1,234",
    "US$1,234.50",
    "87%",
    "99%",
  ]);
});

test.each([
  [30, "menos de 1 min"],
  [61, "2 min"],
  [3_600, "1 h"],
  [5_000, "1 h 24 min"],
  [400_000, "5 días"],
])("%d seconds are «%s»", (seconds, words) => {
  expect(duration(seconds)).toBe(words);
});

test("what is two days old is told so", () => {
  expect(ago("2027-04-18T10:00:00Z", new Date("2027-04-20T16:00:00Z"))).toBe("hace 2 días");
});

test.each([
  ["America/Mexico_City", 2027, 5, 5, 9, 30, "2027-05-05T15:30:00.000Z"],
  ["America/Tijuana", 2027, 5, 5, 9, 30, "2027-05-05T16:30:00.000Z"],
  ["America/Cancun", 2027, 1, 5, 0, 0, "2027-01-05T05:00:00.000Z"],
  // The clock of the border goes back on 7 November 2027: 01:30 comes twice, the first counts.
  ["America/Ciudad_Juarez", 2027, 11, 7, 1, 30, "2027-11-07T07:30:00.000Z"],
])("%s %d-%d-%d %d:%d", (zone, year, month, day, hour, minute, moment) => {
  expect(momentAt(zone, { year, month, day }, hour, minute)?.toISOString()).toBe(moment);
});

test("an hour that a clock leaves out is none", () => {
  expect(momentAt("America/Tijuana", { year: 2027, month: 3, day: 14 }, 2, 30)).toBeNull();
});

test.each([
  ["31/04/2027", "10:00", "date"],
  ["2027-05-01", "10:00", "date"],
  ["01/05/2027", "24:00", "hour"],
  ["01/05/2027", "9.30", "hour"],
  ["19/04/2027", "10:00", "hour"],
])("%s %s is refused at its %s", (date, hour, field) => {
  const now = new Date("2027-04-20T16:00:00Z");
  expect(momentOf({ later: true, date, hour }, "America/Mexico_City", now)).toMatchObject({
    field,
  });
});

test("a template is filled with what was written, else with its samples", () => {
  const shown = render(template(), { "1": "{{voter.first_name}}", "2": "domingo" });
  expect(shown.body).toBe(
    "Hola María, te esperamos el domingo en la plaza. Responde BAJA para no recibir más.",
  );
});

test("header, named variables, links and codes are all asked for, each once", () => {
  const named = template({
    parameter_format: "named",
    header_text: "Hola {{nombre}}",
    body_text: "{{nombre}}, el {{dia}} es la cita.",
    buttons: [
      { type: "URL", text: "Ver", url: "https://example.mx/{{1}}" },
      { type: "URL", text: "Fijo", url: "https://example.mx/" },
      { type: "COPY_CODE" },
    ],
  });
  expect(variablesOf(named).map((each) => each.key)).toEqual([
    "nombre",
    "dia",
    "button.0",
    "button.2",
  ]);
  expect(variablesOf(template({ header_text: "Hola {{1}}" })).map((each) => each.key)).toEqual([
    "header",
    "1",
    "2",
  ]);
});
