import type { Button, Template, TemplateDraft, TemplateEdit } from "../api/messagingApi";
import type { Problem } from "../api/problem";
import { variablesOf } from "../rendering";

export type FormHeader = "NONE" | "LOCATION" | "TEXT" | "IMAGE" | "VIDEO" | "DOCUMENT";

/** A template as it is being written; everything is what a field shows. */
export interface Form {
  name: string;
  header: FormHeader;
  headerText: string;
  /** The uploaded file's id, or a link. */
  media: { id: string; filename: string } | { link: string };
  /** Of a location, which is kept as it is: here nobody types one. */
  place: TemplateEdit["header_media"];
  body: string;
  footer: string;
  buttons: Button[];
  samples: Record<string, string>;
}

export const EMPTY: Form = {
  name: "",
  header: "NONE",
  headerText: "",
  media: { link: "" },
  place: null,
  body: "",
  footer: "",
  buttons: [],
  samples: {},
};

/** What a template of the campaign says now, to be edited. */
export function formOf(template: Template): Form {
  const media = template.header_media;
  return {
    name: template.name ?? template.meta_template_name,
    header: isFormHeader(template.header_format) ? template.header_format : "NONE",
    headerText: template.header_text ?? "",
    media: typeof media?.id === "string"
      ? { id: media.id, filename: words(media.filename) }
      : { link: words(media?.link) },
    place: template.header_format === "LOCATION" ? template.header_media : null,
    body: template.body_text,
    footer: template.footer_text ?? "",
    buttons: template.buttons as unknown as Button[],
    samples: Object.fromEntries(
      Object.entries(template.sample_values).map(([key, value]) => [key, words(value)]),
    ),
  };
}

/** The keys of `sample_values` that this text needs. */
export function samplesNeeded(form: Form): string[] {
  return variablesOf({
    header_format: form.header === "NONE" ? null : form.header,
    header_text: form.header === "TEXT" ? form.headerText : null,
    body_text: form.body,
    footer_text: null,
    buttons: form.buttons,
    sample_values: {},
    parameter_format: /\{\{\s*[a-z_]/.test(form.body + form.headerText) ? "named" : "positional",
  }).map((variable) => variable.key);
}

export function draftOf(form: Form): TemplateDraft {
  return {
    name: form.name.trim(),
    language: "es_MX",
    ...editOf(form),
    category: "MARKETING",
    body_text: form.body,
  };
}

export function editOf(form: Form): TemplateEdit {
  const needed = samplesNeeded(form);
  return {
    header_format: form.header,
    header_text: form.header === "TEXT" ? form.headerText : null,
    header_media: mediaOf(form),
    body_text: form.body,
    footer_text: form.footer.trim() === "" ? null : form.footer,
    buttons: form.buttons,
    sample_values: Object.fromEntries(
      needed.filter((key) => (form.samples[key] ?? "") !== "").map((
        key,
      ) => [key, form.samples[key]!]),
    ),
  };
}

function mediaOf(form: Form): TemplateEdit["header_media"] {
  if (form.header === "NONE" || form.header === "TEXT") return null;
  if (form.header === "LOCATION") return form.place;
  if ("link" in form.media) {
    return form.media.link.trim() === "" ? null : { link: form.media.link.trim() };
  }
  return form.header === "DOCUMENT" && form.media.filename !== ""
    ? form.media
    : { id: form.media.id };
}

/** What is wrong with a field: refusals of the content call it `template.…`. */
export function problemAt(problem: Problem | null, field: string): string | null {
  return problem === null ? null : (problem.at(field) ?? problem.at(`template.${field}`));
}

function isFormHeader(format: Template["header_format"]): format is Exclude<FormHeader, "NONE"> {
  return format !== null;
}

function words(value: unknown): string {
  return typeof value === "string" ? value : "";
}
