import type {
  AudiencePreview,
  ComposedTemplate,
  Job,
  JobSummary,
  Recipient,
  Settings,
  Template,
} from "../src/api/messagingApi";

/** Answers as openapi.yaml shapes them: the types hold them to it. */

export const CAMPAIGN = "8f14e45f-ceea-467f-a8d4-4d1f0c4d9a11";
export const USER = "0a3f9d52-7a5e-4a8e-9d1c-2b6f1f0f3c21";
export const NOW = new Date("2027-04-20T16:00:00Z");

export function template(changes: Partial<Template> = {}): Template {
  return {
    id: "45c48cce-2e2d-4fbd-aa1a-fc51c7c6ad26",
    campaign_id: CAMPAIGN,
    name: "invitacion_mitin",
    meta_template_name: "c8f14e45f_invitacion_mitin",
    language: "es_MX",
    category: "MARKETING",
    status: "approved",
    header_format: "TEXT",
    header_text: "Gran mitin",
    header_media: null,
    body_text: "Hola {{1}}, te esperamos el {{2}} en la plaza. Responde BAJA para no recibir más.",
    footer_text: "Ana Demo, candidata",
    buttons: [{ type: "QUICK_REPLY", text: "BAJA" }],
    sample_values: { "1": "María", "2": "sábado" },
    parameter_format: "positional",
    rejected_reason: null,
    rejected_notice: null,
    quality: "GREEN",
    version: 1,
    change: null,
    updated_at: "2027-04-01T12:00:00+00:00",
    ...changes,
  };
}

export function settings(changes: Partial<Settings> = {}): Settings {
  return {
    campaign_id: CAMPAIGN,
    role: "owner",
    may_change: true,
    version: 3,
    settings: {
      display_name: "Ana 2027",
      candidate: "Ana Demo",
      office: "Presidencia Municipal",
      spending_cap_usd: 5000,
      price_per_message_usd: 0.0397,
    },
    zones: ["America/Mexico_City"],
    window: {
      opens_at: "2027-04-04T06:00:00+00:00",
      closes_at: "2027-06-03T06:00:00+00:00",
      veda_starts_at: "2027-06-03T06:00:00+00:00",
      veda_ends_at: "2027-06-07T06:00:00+00:00",
    },
    ine_waiver: null,
    sender: {
      display_phone_number: "+52 55 1234 5678",
      state: "ok",
      notice: null,
      quality: "GREEN",
      throughput: "STANDARD",
      messaging_limit: 10000,
      messaging_limit_known: true,
    },
    warnings: [],
    ...changes,
  };
}

export function preview(changes: Partial<AudiencePreview> = {}): AudiencePreview {
  return {
    target_count: 354,
    eligible_count: 342,
    excluded: { invalid_number: 7, opted_out: 5 },
    estimated_time_seconds: 5,
    plan: [{ day: "2027-04-20", messages: 342 }],
    estimated_end_at: "2027-04-20T16:00:05+00:00",
    send_before: "2027-06-03T06:00:00+00:00",
    ends_before_deadline: true,
    cut_count: 0,
    limit_assumed: false,
    warnings: [],
    findings: [],
    ...changes,
  };
}

export function summary(changes: Partial<JobSummary> = {}): JobSummary {
  return {
    job_id: "c9f0f895-fb98-4b91-9d1c-1f0b7b6b1d11",
    status: "queued",
    target_count: 354,
    excluded: { invalid_number: 7, opted_out: 5 },
    estimated_time_seconds: 5,
    scheduled_at: "2027-04-20T16:00:00+00:00",
    plan: [{ day: "2027-04-20", messages: 342 }],
    estimated_end_at: "2027-04-20T16:00:05+00:00",
    send_before: "2027-06-03T06:00:00+00:00",
    ends_before_deadline: true,
    cut_count: 0,
    limit_assumed: false,
    canary_count: null,
    waiting_for: null,
    warnings: [],
    findings: [],
    ...changes,
  };
}

export function job(changes: Partial<Job> = {}): Job {
  return {
    job_id: "c9f0f895-fb98-4b91-9d1c-1f0b7b6b1d11",
    campaign_id: CAMPAIGN,
    template_id: "45c48cce-2e2d-4fbd-aa1a-fc51c7c6ad26",
    is_test: false,
    status: "processing",
    status_reason: null,
    target_count: 354,
    sent_count: 120,
    delivered_count: 100,
    read_count: 40,
    failed_count: 3,
    skipped_count: 12,
    unknown_count: 0,
    held_count: 0,
    skipped: { invalid_number: 7, opted_out: 5 },
    pending_count: 219,
    progress_pct: 38.1,
    canary_state: null,
    waiting_for: null,
    approval: null,
    findings: [],
    scheduled_at: "2027-04-20T15:59:00+00:00",
    started_at: "2027-04-20T15:59:00+00:00",
    completed_at: null,
    ...changes,
  };
}

export function recipient(position: number, changes: Partial<Recipient> = {}): Recipient {
  return {
    position,
    message_id: `00000000-0000-4000-8000-${String(position).padStart(12, "0")}`,
    voter_id: `00000000-0000-4000-9000-${String(position).padStart(12, "0")}`,
    phone: `+5255${String(10_000_000 + position)}`,
    status: "sent",
    skip_reason: null,
    error_code: null,
    error_message: null,
    sent_at: "2027-04-20T15:59:10+00:00",
    delivered_at: null,
    read_at: null,
    ...changes,
  };
}

export function composed(changes: Partial<ComposedTemplate> = {}): ComposedTemplate {
  return {
    template_id: null,
    meta_template_name: "c8f14e45f_invitacion_mitin",
    meta_status: null,
    change: null,
    composed: {
      category: "MARKETING",
      header_format: null,
      header_text: null,
      header_media: null,
      body_text: "Hola {{1}}.\n\nResponde BAJA para dejar de recibir mensajes.",
      footer_text: "Ana Demo, candidata a la Presidencia Municipal",
      buttons: [],
      sample_values: { "1": "María" },
      preview: {
        header: null,
        body: "Hola María.\n\nResponde BAJA para dejar de recibir mensajes.",
        footer: "Ana Demo, candidata a la Presidencia Municipal",
        buttons: [],
      },
      added: [
        {
          what: "identification",
          field: "footer_text",
          text: "Ana Demo, candidata a la Presidencia Municipal",
        },
        {
          what: "opt_out",
          field: "body_text",
          text: "Responde BAJA para dejar de recibir mensajes.",
        },
      ],
    },
    warnings: [],
    ...changes,
  };
}
