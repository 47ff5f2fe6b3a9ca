import type { components, paths } from "./openapi";

type Schemas = components["schemas"];

export type Template = Schemas["Template"];
export type TemplateDraft = Schemas["TemplateDraft"];
export type TemplateEdit = Schemas["TemplateEdit"];
export type ComposedTemplate = Schemas["ComposedTemplate"];
export type Filters = Schemas["Filters"];
export type Personalization = Schemas["Personalization"];
export type AudienceRequest = Schemas["AudienceRequest"];
export type AudiencePreview = Schemas["AudiencePreview"];
export type SendRequest = Schemas["SendRequest"];
export type JobSummary = Schemas["JobSummary"];
export type Job = Schemas["Job"];
export type ResolvedJob = Schemas["ResolvedJob"];
export type Recipient = Schemas["Recipient"];
export type MessageStatus = Schemas["MessageStatus"];
export type SkipReason = Schemas["SkipReason"];
export type WaitingFor = NonNullable<Schemas["WaitingFor"]>;
export type Settings = Schemas["Settings"];
export type Finding = Schemas["Finding"];
export type TestNumber = Schemas["TestNumber"];
export type Button = Schemas["Button"];
export type ContentRelease = Schemas["ContentRelease"];
export type Resolution = "assume_sent" | "resend";
export type MediaKind = "IMAGE" | "VIDEO" | "DOCUMENT";

type Answer<
  Path extends keyof paths,
  Method extends "get" | "post" | "delete",
  Status extends number,
> = paths[Path] extends
  Record<Method, { responses: Record<Status, { content: { "application/json": infer Body } }> }>
  ? Body
  : never;

export type JobPage = Answer<"/jobs", "get", 200>;
export type RecipientPage = Answer<"/jobs/{job_id}/recipients", "get", 200>;
export type UploadedMedia = Answer<"/media", "post", 201>;
export type DeletedTemplate = Answer<"/templates/{template_id}", "delete", 200>;
export type TestSend = Answer<"/templates/{template_id}/test", "post", 202>;
export type Release = Answer<"/content-releases", "post", 201>;

/** One value that voters of the campaign have, and how many of them. */
export interface FilterValue {
  kind: "section" | "sentiment" | "tag";
  value: string;
  label: string;
  voters: number;
}

/** A file of a template's header, as the platform gives it. */
export interface MediaFile {
  name: string;
  type: string;
  body: Blob | ArrayBuffer;
}

/** Stops waiting for an answer; what was asked may have been done all the same. */
export interface Waiting {
  signal?: AbortSignal | undefined;
}

/**
 * What the screen asks the bridge. Every method rejects with a `Problem`: one of docs/api.md, or
 * `offline` where nobody could be asked.
 */
export interface MessagingApi {
  getSettings(campaignId: string, waiting?: Waiting): Promise<Settings>;
  listFilterValues(campaignId: string, waiting?: Waiting): Promise<FilterValue[]>;

  listTemplates(campaignId: string, waiting?: Waiting): Promise<Template[]>;
  createTemplate(campaignId: string, draft: TemplateDraft): Promise<ComposedTemplate>;
  editTemplate(templateId: string, edit: TemplateEdit): Promise<ComposedTemplate>;
  deleteTemplate(templateId: string): Promise<DeletedTemplate>;
  uploadMedia(campaignId: string, kind: MediaKind, file: MediaFile): Promise<UploadedMedia>;
  releaseContent(release: ContentRelease): Promise<Release>;

  listTestNumbers(campaignId: string, waiting?: Waiting): Promise<TestNumber[]>;
  addTestNumber(campaignId: string, phone: string, label: string): Promise<TestNumber>;
  /** The same key again is the same test. */
  testTemplate(
    templateId: string,
    phone: string,
    personalization: Personalization | undefined,
    idempotencyKey: string,
  ): Promise<TestSend>;

  previewAudience(request: AudienceRequest, waiting?: Waiting): Promise<AudiencePreview>;
  /** The same key again gives the same job, and sends nothing twice. */
  send(request: SendRequest, idempotencyKey: string): Promise<JobSummary>;

  listJobs(campaignId: string, before: string | null, waiting?: Waiting): Promise<JobPage>;
  getJob(jobId: string, waiting?: Waiting): Promise<Job>;
  listRecipients(
    jobId: string,
    status: MessageStatus | null,
    cursor: number,
    waiting?: Waiting,
  ): Promise<RecipientPage>;
  pauseJob(jobId: string): Promise<Job>;
  resumeJob(jobId: string): Promise<Job>;
  cancelJob(jobId: string): Promise<Job>;
  approveJob(jobId: string, reason: string): Promise<Job>;
  /** Lets what is still queued leave from the number that the campaign writes from now. */
  moveJob(jobId: string): Promise<Job>;
  resolveUnknown(jobId: string, resolution: Resolution): Promise<ResolvedJob>;
}
