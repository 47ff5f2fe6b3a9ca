import type { Personalization, Template } from "./api/messagingApi";

/** A place of a template that a job fills in, under the key of `personalization`. */
export interface Variable {
  key: string;
  where: "header" | "body" | "button";
  /** Of a button, its label; else the variable's name. */
  name: string;
}

/** The template's parts as a voter reads them. */
export interface Rendering {
  header: string | null;
  media: "IMAGE" | "VIDEO" | "DOCUMENT" | "LOCATION" | null;
  body: string;
  footer: string | null;
  buttons: string[];
}

type Content = Pick<
  Template,
  | "header_format"
  | "header_text"
  | "body_text"
  | "footer_text"
  | "buttons"
  | "sample_values"
  | "parameter_format"
>;

const VARIABLE = /\{\{\s*([a-z0-9_]+)\s*\}\}/g;
const FIELD = /^\{\{\s*(voter|campaign)\.[a-z_]+\s*\}\}$/;

/** Whatever a job must bring for this template, in the order in which it is read. */
export function variablesOf(template: Content): Variable[] {
  const named = template.parameter_format === "named";
  const header = namesIn(template.header_text ?? "").map((name) => ({
    key: named ? name : "header",
    where: "header" as const,
    name,
  }));
  const body = namesIn(template.body_text).map((name) => ({
    key: name,
    where: "body" as const,
    name,
  }));
  const all = [...header, ...body, ...template.buttons.flatMap(buttonVariable)];
  return all.filter((each, at) => all.findIndex((other) => other.key === each.key) === at);
}

function buttonVariable(button: Record<string, unknown>, at: number): Variable[] {
  const varies = button.type === "COPY_CODE" ||
    (typeof button.url === "string" && namesIn(button.url).length > 0);
  return varies
    ? [{ key: `button.${at}`, where: "button", name: words(button.text) || `${at + 1}` }]
    : [];
}

/** The template with a job's values; what only a voter's record knows stands as its sample. */
export function render(template: Content, values: Personalization = {}): Rendering {
  const shown = (key: string, name: string) => {
    const value = values[key]?.trim() ?? "";
    if (value !== "" && !FIELD.test(value)) return value;
    return words(template.sample_values[key]) || words(template.sample_values[name]) ||
      `{{${name}}}`;
  };
  const named = template.parameter_format === "named";
  const text = template.header_format === "TEXT" ? template.header_text : null;
  return {
    header: text === null ? null : fill(text, (name) => shown(named ? name : "header", name)),
    media: mediaOf(template.header_format),
    body: fill(template.body_text, (name) => shown(name, name)),
    footer: template.footer_text,
    buttons: template.buttons.map((button) => words(button.text)).filter((label) => label !== ""),
  };
}

function mediaOf(format: Content["header_format"]): Rendering["media"] {
  return format === null || format === "TEXT" ? null : format;
}

function namesIn(text: string): string[] {
  return [...new Set(Array.from(text.matchAll(VARIABLE), (match) => match[1]!))];
}

function fill(text: string, value: (name: string) => string): string {
  return text.replace(VARIABLE, (_, name: string) => value(name));
}

function words(value: unknown): string {
  return typeof value === "string" ? value.trim() : "";
}
