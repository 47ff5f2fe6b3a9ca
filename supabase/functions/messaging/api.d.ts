// Made of openapi.yaml by `make types`: change that, not this.
// deno-lint-ignore-file
/* eslint-disable */
export interface paths {
  "/send": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** Create a job and send its messages. */
    post: operations["send"];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/audience": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** Count whom a job would reach, whom not and why, and when it would end; writes nothing. */
    post: operations["previewAudience"];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/jobs": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** List a campaign's jobs, the latest first. */
    get: operations["listJobs"];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/jobs/{job_id}": {
    parameters: {
      query?: never;
      header?: never;
      path: {
        job_id: components["parameters"]["JobId"];
      };
      cookie?: never;
    };
    /** Show how far a job is. */
    get: operations["getJob"];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/jobs/{job_id}/recipients": {
    parameters: {
      query?: never;
      header?: never;
      path: {
        job_id: components["parameters"]["JobId"];
      };
      cookie?: never;
    };
    /** List a job's recipients by position, with what became of each one's message. */
    get: operations["listRecipients"];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/jobs/{job_id}/pause": {
    parameters: {
      query?: never;
      header?: never;
      path: {
        job_id: components["parameters"]["JobId"];
      };
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** Stop a job until it is resumed; pausing again changes nothing. */
    post: operations["pauseJob"];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/jobs/{job_id}/resume": {
    parameters: {
      query?: never;
      header?: never;
      path: {
        job_id: components["parameters"]["JobId"];
      };
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** Go on with a paused job; gives every message its tries back. */
    post: operations["resumeJob"];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/jobs/{job_id}/cancel": {
    parameters: {
      query?: never;
      header?: never;
      path: {
        job_id: components["parameters"]["JobId"];
      };
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** End a job; what has not been claimed is skipped. Cancelling again changes nothing. */
    post: operations["cancelJob"];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/jobs/{job_id}/approve": {
    parameters: {
      query?: never;
      header?: never;
      path: {
        job_id: components["parameters"]["JobId"];
      };
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** Let a job go on whose content another person had to look at; for owners and admins, not its creator. */
    post: operations["approveJob"];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/content-releases": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** Let others of the campaign use exactly this blocked text; for owners and admins. */
    post: operations["releaseContent"];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/jobs/{job_id}/sender": {
    parameters: {
      query?: never;
      header?: never;
      path: {
        job_id: components["parameters"]["JobId"];
      };
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** Let what is still queued leave from the number that the campaign writes from now. */
    post: operations["moveJob"];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/jobs/{job_id}/unknown": {
    parameters: {
      query?: never;
      header?: never;
      path: {
        job_id: components["parameters"]["JobId"];
      };
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** Decide for a job's unknown messages that are older than the campaign's `unknown_after`. */
    post: operations["resolveUnknown"];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/settings": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Show what a campaign says about itself, and what follows. */
    get: operations["getSettings"];
    /** Replace a campaign's settings; for owners and admins. */
    put: operations["putSettings"];
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/consents": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** Import who agreed to be written to; the same file goes on where it stopped. */
    post: operations["importConsents"];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/voters/{voter_id}/consent": {
    parameters: {
      query?: never;
      header?: never;
      path: {
        voter_id: components["parameters"]["VoterId"];
      };
      cookie?: never;
    };
    get?: never;
    /** Record one person's consent. */
    put: operations["recordConsent"];
    post?: never;
    /** Take back what a person agreed to, also for what is queued; asking again changes nothing. */
    delete: operations["revokeConsent"];
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/privacy/export": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** Answer with everything that the campaign's records hold about a person; for owners and admins. */
    post: operations["exportPerson"];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/privacy/erase": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** Take a person out of the campaign's records, and never write to them again; for owners and admins. */
    post: operations["erasePerson"];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/audit": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Stream a part of the audit log as a file; for owners and admins. */
    get: operations["exportAudit"];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/templates": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** List a campaign's templates; none of a campaign that is not the user's. */
    get: operations["listTemplates"];
    put?: never;
    /** Make a template and submit it to Meta's review; what it must say and does not is added first. */
    post: operations["createTemplate"];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/templates/{template_id}": {
    parameters: {
      query?: never;
      header?: never;
      path: {
        template_id: components["parameters"]["TemplateId"];
      };
      cookie?: never;
    };
    /** Show one template. */
    get: operations["getTemplate"];
    put?: never;
    post?: never;
    /** Delete a template, at Meta too; asking again changes nothing. */
    delete: operations["deleteTemplate"];
    options?: never;
    head?: never;
    /** Change a template; what Meta shows of it is reviewed anew. */
    patch: operations["editTemplate"];
    trace?: never;
  };
  "/media": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** Upload the file of a template's header; Meta keeps it for 30 days. */
    post: operations["uploadMedia"];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/templates/{template_id}/test": {
    parameters: {
      query?: never;
      header?: never;
      path: {
        template_id: components["parameters"]["TemplateId"];
      };
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** Send a template to one of the campaign's own people. */
    post: operations["testTemplate"];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/test-numbers": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** List the numbers that tests may go to. */
    get: operations["listTestNumbers"];
    put?: never;
    /** Add a number that tests may go to; adding it again changes its label. */
    post: operations["addTestNumber"];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/test-numbers/{test_number_id}": {
    parameters: {
      query?: never;
      header?: never;
      path: {
        test_number_id: components["schemas"]["Id"];
      };
      cookie?: never;
    };
    get?: never;
    put?: never;
    post?: never;
    /** Take a number off the list. */
    delete: operations["removeTestNumber"];
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  "/webhook": {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Answer Meta's handshake with its challenge. */
    get: operations["verifyWebhook"];
    put?: never;
    /** Keep what Meta tells, 1 to 1,000 updates. */
    post: operations["receiveEvents"];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
}
export type webhooks = Record<string, never>;
export interface components {
  schemas: {
    Problem: {
      type: string;
      title: string;
      status: number;
      /** @description Stable; docs/api.md tells its meaning. */
      code: string;
      /** @description Spanish */
      detail: string;
      /** @description The field at fault, as in `filters.section`. */
      field?: string;
      /** @description Of a template, all problems of its form; the first is the problem's own. */
      errors?: components["schemas"]["FieldNote"][];
      findings?: components["schemas"]["Finding"][];
      /** @description Of `identification_missing` and `opt_out_missing`. */
      missing?: ("candidate" | "precandidate" | "office" | "party" | "registration" | "opt_out")[];
      /** @description Of `veda` and `outside_campaign`. */
      bounds?: {
        starts_at: components["schemas"]["Time"];
        ends_at: components["schemas"]["Time"];
      };
      /** @description Of `crosses_deadline`. */
      cut_count?: number | null;
      /**
       * Format: date-time
       * @description Of `crosses_deadline`.
       */
      deadline?: string;
      /** @description The row of the file, as the spreadsheet counts. */
      row?: number;
      /** @description The column of the file, as the spreadsheet names it. */
      column?: string | null;
    };
    /** @enum {string} */
    TokenCode:
      | "token_algorithm_refused"
      | "token_audience_wrong"
      | "token_expired"
      | "token_is_api_key"
      | "token_issuer_wrong"
      | "token_key_unknown"
      | "token_malformed"
      | "token_missing"
      | "token_not_yet_valid"
      | "token_role_wrong"
      | "token_session_ended"
      | "token_signature_invalid"
      | "token_subject_invalid";
    /** @enum {string} */
    ForbiddenCode: "forbidden" | "origin_not_allowed" | "user_anonymous";
    /** @enum {string} */
    WindowCode: "outside_campaign" | "veda";
    /**
     * @description An id with a slash in it makes another address.
     * @enum {string}
     */
    PathCode: "path_not_found";
    /**
     * @description The first three are the Edge Function's own.
     * @enum {string}
     */
    UnavailableCode:
      | "bridge_unreachable"
      | "edge_not_configured"
      | "google_unavailable"
      | "identity_unavailable"
      | "store_unavailable"
      | "store_unreachable";
    /**
     * @description What any field of a body may be refused with.
     * @enum {string}
     */
    FieldCode:
      | "field_missing"
      | "field_unknown"
      | "id_invalid"
      | "object_expected"
      | "text_expected"
      | "text_invalid"
      | "text_too_long"
      | "value_invalid";
    /**
     * @description What the fields of a job may be refused with besides.
     * @enum {string}
     */
    AudienceCode:
      | "filter_value_unknown"
      | "list_empty"
      | "list_expected"
      | "personalization_invalid"
      | "personalization_missing"
      | "personalization_unexpected"
      | "scheduled_in_the_past"
      | "time_invalid"
      | "too_many_values"
      | "voter_not_found";
    /**
     * @description Why no message can be made of a template.
     * @enum {string}
     */
    TemplateUnfitCode:
      | "identification_missing"
      | "opt_out_missing"
      | "template_button_invalid"
      | "template_button_unsupported"
      | "template_category_unsupported"
      | "template_header_expired"
      | "template_header_invalid"
      | "template_header_missing"
      | "template_not_approved"
      | "template_part_unsupported"
      | "template_variables_invalid";
    /**
     * @description What a template that is to be may be refused with besides.
     * @enum {string}
     */
    DraftCode:
      | "boolean_expected"
      | "list_expected"
      | "media_expired"
      | "media_not_found"
      | "template_button_invalid"
      | "template_header_invalid"
      | "template_header_missing"
      | "template_variables_invalid";
    /**
     * @description What Meta would refuse; docs/templates.md has an accepted and a refused example of each.
     * @enum {string}
     */
    FormCode:
      | "body_blank_lines"
      | "body_emoji"
      | "body_missing"
      | "body_only_variables"
      | "body_too_long"
      | "button_payload_invalid"
      | "button_phone_invalid"
      | "button_text_emoji"
      | "button_text_markup"
      | "button_text_missing"
      | "button_text_newline"
      | "button_text_repeated"
      | "button_text_too_long"
      | "button_text_variable"
      | "button_unsupported"
      | "button_url_invalid"
      | "button_url_too_long"
      | "button_url_variable"
      | "button_url_whatsapp"
      | "buttons_kind_many"
      | "buttons_many"
      | "buttons_order"
      | "category_unknown"
      | "category_unsupported"
      | "footer_emoji"
      | "footer_newline"
      | "footer_too_long"
      | "footer_variable"
      | "header_filename_unexpected"
      | "header_format_unknown"
      | "header_link_invalid"
      | "header_link_kind"
      | "header_media_ambiguous"
      | "header_media_id_invalid"
      | "header_media_missing"
      | "header_media_unexpected"
      | "header_place_invalid"
      | "header_text_emoji"
      | "header_text_markup"
      | "header_text_missing"
      | "header_text_newline"
      | "header_text_too_long"
      | "header_text_unexpected"
      | "header_variables_many"
      | "language_unknown"
      | "name_invalid"
      | "name_missing"
      | "name_too_long"
      | "sample_code_invalid"
      | "sample_missing"
      | "sample_unexpected"
      | "sample_whitespace"
      | "text_too_long_filled"
      | "variable_adjacent"
      | "variable_first"
      | "variable_gap"
      | "variable_last"
      | "variable_malformed"
      | "variable_mixed";
    /**
     * @description What may be wrong with the file that a template's link leads to.
     * @enum {string}
     */
    LinkCode:
      | "link_not_https"
      | "link_not_public"
      | "link_redirects"
      | "link_too_large"
      | "link_too_slow"
      | "link_unreachable"
      | "media_content_mismatch"
      | "media_empty"
      | "media_too_large"
      | "media_type_unsupported";
    FieldNote: {
      code: string;
      /** @description Spanish. */
      detail: string;
      field: string;
    };
    /** Format: uuid */
    Id: string;
    /**
     * Format: date-time
     * @description ISO 8601 with its offset.
     */
    Time: string;
    /** Format: date-time */
    MaybeTime: string | null;
    Count: number;
    /** @description E.164. */
    Phone: string;
    /** @description Any usual notation of a Mexican number. */
    TypedPhone: string;
    Warning: {
      code: string;
      /** @description Spanish. */
      detail: string;
      field?: string;
    };
    /** @description What in a text may buy or coerce votes (`BLOCK`), or needs a second look (`WARN`). */
    Finding: {
      /** @enum {string} */
      class: "BLOCK" | "WARN";
      phrase: string;
      /** @description The law, as in `LGIPE art. 209.5`. */
      article: string;
      rule: string;
      field: string;
      /**
       * Format: uuid
       * @description Somebody else released this text.
       */
      release_id?: string;
      /** @description Of the first voter in whose value it stands, in the job. */
      position?: number;
      /** @description In how many messages it stands. */
      messages?: number;
    };
    /** @description "Or" within a list, "and" between them; `{}` is the whole campaign. */
    Filters: {
      sentiment?: components["schemas"]["FilterValues"];
      section?: components["schemas"]["FilterValues"];
      tags?: components["schemas"]["FilterValues"];
      /** @description Instead of the others. */
      voter_ids?: components["schemas"]["Id"][];
    };
    FilterValues: string[];
    /**
     * @description One value for each variable of the template: "1", "2" … or its name; "header" for a positional header's
     *     variable, "button.0" for a link's or a code. `{{voter.full_name}}` and the like may stand anywhere in it.
     */
    Personalization: {
      [key: string]: string;
    };
    SendRequest: {
      campaign_id: components["schemas"]["Id"];
      template_id: components["schemas"]["Id"];
      filters: components["schemas"]["Filters"];
      personalization?: components["schemas"]["Personalization"];
      /**
       * Format: date-time
       * @description Not before; absent or null: now.
       */
      scheduled_at?: string | null;
      /** @description Whether a few go first; absent or null: for jobs of more than 2,000 messages. */
      canary?: boolean | null;
      /** @description Whether the deadline may cut the job. */
      accept_cut?: boolean | null;
    };
    AudienceRequest: {
      campaign_id: components["schemas"]["Id"];
      /** Format: uuid */
      template_id?: string | null;
      filters: components["schemas"]["Filters"];
      personalization?: components["schemas"]["Personalization"];
      /** Format: date-time */
      scheduled_at?: string | null;
    };
    /** @enum {string} */
    SkipReason:
      | "cancelled"
      | "contacted_recently"
      | "dates_missing"
      | "duplicate_number"
      | "erased"
      | "expired"
      | "foreign_number"
      | "invalid_number"
      | "missing_field"
      | "missing_number"
      | "no_consent"
      | "number_changed"
      | "opted_out"
      | "outside_campaign"
      | "veda"
      | "voter_deleted";
    /** @description How many, by reason to skip. */
    CountsByReason: {
      [key: string]: number;
    };
    /** @description What leaves in each period of 24 hours. */
    Plan: {
      /** Format: date */
      day: string;
      messages: number;
    }[];
    AudiencePreview: {
      target_count: components["schemas"]["Count"];
      eligible_count: components["schemas"]["Count"];
      excluded: components["schemas"]["CountsByReason"];
      estimated_time_seconds: components["schemas"]["Count"];
      plan: components["schemas"]["Plan"];
      /**
       * Format: date-time
       * @description null: nobody knows.
       */
      estimated_end_at: string | null;
      /**
       * Format: date-time
       * @description Whatever has not left by then is skipped.
       */
      send_before: string | null;
      ends_before_deadline: boolean;
      /** @description How many will not have left by then; null: nobody knows. */
      cut_count: number | null;
      /** @description Meta has not told the portfolio's daily limit yet. */
      limit_assumed: boolean;
      warnings: components["schemas"]["Warning"][];
      findings: components["schemas"]["Finding"][];
    };
    JobSummary: {
      job_id: components["schemas"]["Id"];
      /**
       * @description Accepted; not a job's status.
       * @constant
       */
      status: "queued";
      /** @description Everybody the filters select. */
      target_count: number;
      excluded: components["schemas"]["CountsByReason"];
      estimated_time_seconds: components["schemas"]["Count"];
      scheduled_at: components["schemas"]["Time"];
      plan: components["schemas"]["Plan"];
      /**
       * Format: date-time
       * @description null: nobody knows.
       */
      estimated_end_at: string | null;
      /**
       * Format: date-time
       * @description Whatever has not left by then is skipped.
       */
      send_before: string | null;
      ends_before_deadline: boolean;
      /** @description How many will not have left by then; null: nobody knows. */
      cut_count: number | null;
      /** @description Meta has not told the portfolio's daily limit yet. */
      limit_assumed: boolean;
      /** @description How many go first; null: all go at once. */
      canary_count: number | null;
      waiting_for: components["schemas"]["WaitingFor"];
      warnings: components["schemas"]["Warning"][];
      findings: components["schemas"]["Finding"][];
    };
    /** @description Why a job does not move; null: it moves. */
    WaitingFor: {
      /** @enum {string} */
      reason:
        | "approval"
        | "canary"
        | "daily_limit"
        | "queue_unavailable"
        | "quiet_hours"
        | "scheduled"
        | "sender_blocked"
        | "sender_paused"
        | "throttled"
        | "window_not_open";
      /**
       * Format: date-time
       * @description null: nobody knows.
       */
      until: string | null;
      /** @description Of a paused or blocked sender; Spanish. */
      detail?: string | null;
      /** @description The campaign has another number now. */
      movable?: boolean | null;
    } | null;
    Job: {
      job_id: components["schemas"]["Id"];
      campaign_id: components["schemas"]["Id"];
      template_id: components["schemas"]["Id"];
      is_test: boolean;
      /** @enum {string} */
      status: "processing" | "paused" | "cancelled" | "completed" | "partial" | "failed";
      /** @description Spanish. */
      status_reason: string | null;
      target_count: components["schemas"]["Count"];
      /** @description The delivered and the read too. */
      sent_count: number;
      delivered_count: components["schemas"]["Count"];
      read_count: components["schemas"]["Count"];
      failed_count: components["schemas"]["Count"];
      skipped_count: components["schemas"]["Count"];
      unknown_count: components["schemas"]["Count"];
      held_count: components["schemas"]["Count"];
      skipped: components["schemas"]["CountsByReason"];
      pending_count: components["schemas"]["Count"];
      progress_pct: number;
      /** @enum {string|null} */
      canary_state: "running" | "passed" | "failed" | null;
      waiting_for: components["schemas"]["WaitingFor"];
      /** @enum {string|null} */
      approval: "waiting" | "given" | null;
      findings: components["schemas"]["Finding"][];
      scheduled_at: components["schemas"]["Time"];
      /**
       * Format: date-time
       * @description When it was created, also of a scheduled one.
       */
      started_at: string;
      completed_at: components["schemas"]["MaybeTime"];
    };
    ResolvedJob: {
      job_id: components["schemas"]["Id"];
      campaign_id: components["schemas"]["Id"];
      template_id: components["schemas"]["Id"];
      is_test: boolean;
      /** @enum {string} */
      status: "processing" | "paused" | "cancelled" | "completed" | "partial" | "failed";
      /** @description Spanish. */
      status_reason: string | null;
      target_count: components["schemas"]["Count"];
      /** @description The delivered and the read too. */
      sent_count: number;
      delivered_count: components["schemas"]["Count"];
      read_count: components["schemas"]["Count"];
      failed_count: components["schemas"]["Count"];
      skipped_count: components["schemas"]["Count"];
      unknown_count: components["schemas"]["Count"];
      held_count: components["schemas"]["Count"];
      skipped: components["schemas"]["CountsByReason"];
      pending_count: components["schemas"]["Count"];
      progress_pct: number;
      /** @enum {string|null} */
      canary_state: "running" | "passed" | "failed" | null;
      waiting_for: components["schemas"]["WaitingFor"];
      /** @enum {string|null} */
      approval: "waiting" | "given" | null;
      findings: components["schemas"]["Finding"][];
      scheduled_at: components["schemas"]["Time"];
      /**
       * Format: date-time
       * @description When it was created, also of a scheduled one.
       */
      started_at: string;
      completed_at: components["schemas"]["MaybeTime"];
      /** @description How many were decided for. */
      resolved: number;
      /** @description How many are too young, for a receipt may still settle them. */
      too_fresh: number;
    };
    /** @enum {string} */
    MessageStatus: "queued" | "sending" | "sent" | "failed" | "skipped" | "unknown";
    Recipient: {
      position: number;
      message_id: components["schemas"]["Id"];
      voter_id: components["schemas"]["Id"];
      /** @description E.164; null: there is no usable one, or the person asked to be erased. */
      phone: string | null;
      status: components["schemas"]["MessageStatus"];
      skip_reason: components["schemas"]["SkipReason"] | null;
      /** @description Meta's. */
      error_code: number | null;
      error_message: string | null;
      sent_at: components["schemas"]["MaybeTime"];
      delivered_at: components["schemas"]["MaybeTime"];
      read_at: components["schemas"]["MaybeTime"];
      /**
       * Format: date-time
       * @description Of an unknown message.
       */
      claimed_at?: string;
      /** @description Of an unknown message, what became of the number's others of that minute. */
      neighbours?: {
        claimed: components["schemas"]["Count"];
        with_receipt: components["schemas"]["Count"];
      };
    };
    /** @description The text is a template's with a job's values, or that of a `template` to be. */
    ContentRelease: {
      campaign_id: components["schemas"]["Id"];
      reason: string;
      /** Format: uuid */
      template_id?: string | null;
      personalization?: components["schemas"]["Personalization"];
      template?: components["schemas"]["TemplateDraft"] | null;
    };
    /** @description All settings; whatever is left out gets its default, which is the strict choice. */
    SettingsChange: {
      display_name: components["schemas"]["Line"];
      /** @enum {string} */
      election_kind: "federal" | "local";
      /** @enum {string} */
      run_by: "party" | "coalition" | "independent";
      /** @default false */
      precandidate: boolean;
      /** Format: date */
      campaign_start: string;
      /** Format: date */
      campaign_end: string;
      /** Format: date */
      election_date: string;
      territory: components["schemas"]["Place"][];
      candidate: components["schemas"]["Line"];
      office: components["schemas"]["Line"];
      party_legend?: components["schemas"]["MaybeLine"];
      ine_registration?: components["schemas"]["MaybeLine"];
      ine_waiver_reason?: components["schemas"]["MaybeLine"];
      /** @default false */
      show_ine_registration: boolean;
      accounting_key?: components["schemas"]["MaybeLine"];
      rnp?: components["schemas"]["MaybeLine"];
      privacy_notice_url?: string | null;
      quiet_from?: components["schemas"]["MaybeHour"];
      quiet_until?: components["schemas"]["MaybeHour"];
      /** @default true */
      consent_required: boolean;
      spending_cap_usd: number;
      /** @default 0.0397 */
      price_per_message_usd: number;
      /** @default 15 */
      unknown_after_minutes: number;
      /** @default 10 */
      canary_wait_minutes: number;
      /** @default 0.2 */
      canary_max_failed: number;
      /** @default 0.05 */
      canary_max_opted_out: number;
      /** @default false */
      resend_after_silence: boolean;
      /** @default 60 */
      resend_after_minutes: number;
    };
    /** @description As they were typed; null: there are none yet, or an operator left this one out. */
    CampaignSettings: {
      display_name?: components["schemas"]["MaybeLine"];
      /** @enum {string|null} */
      election_kind?: "federal" | "local" | null;
      /** @enum {string|null} */
      run_by?: "party" | "coalition" | "independent" | null;
      precandidate?: boolean | null;
      /** Format: date */
      campaign_start?: string | null;
      /** Format: date */
      campaign_end?: string | null;
      /** Format: date */
      election_date?: string | null;
      territory?: components["schemas"]["Place"][] | null;
      candidate?: components["schemas"]["MaybeLine"];
      office?: components["schemas"]["MaybeLine"];
      party_legend?: components["schemas"]["MaybeLine"];
      ine_registration?: components["schemas"]["MaybeLine"];
      ine_waiver_reason?: components["schemas"]["MaybeLine"];
      show_ine_registration?: boolean | null;
      accounting_key?: components["schemas"]["MaybeLine"];
      rnp?: components["schemas"]["MaybeLine"];
      privacy_notice_url?: string | null;
      quiet_from?: components["schemas"]["MaybeHour"];
      quiet_until?: components["schemas"]["MaybeHour"];
      consent_required?: boolean | null;
      spending_cap_usd?: number | null;
      price_per_message_usd?: number | null;
      unknown_after_minutes?: number | null;
      canary_wait_minutes?: number | null;
      canary_max_failed?: number | null;
      canary_max_opted_out?: number | null;
      resend_after_silence?: boolean | null;
      resend_after_minutes?: number | null;
    } | null;
    Line: string;
    MaybeLine: string | null;
    /** @description `HH:MM` */
    MaybeHour: string | null;
    Place: {
      state: string;
      /** @description Absent: the whole state. */
      municipalities?: string[];
    };
    /** @description The number the campaign writes from; null: it has none. */
    Sender: {
      display_phone_number: string | null;
      /** @enum {string} */
      state: "ok" | "paused" | "blocked";
      /** @description Spanish, while it does not work. */
      notice: string | null;
      /** @enum {string|null} */
      quality: "GREEN" | "YELLOW" | "RED" | "UNKNOWN" | null;
      throughput: string | null;
      /** @description null: unlimited, if it is known. */
      messaging_limit: number | null;
      messaging_limit_known: boolean;
    } | null;
    Settings: {
      campaign_id: components["schemas"]["Id"];
      /** @enum {string} */
      role: "owner" | "admin" | "promoter" | "viewer";
      may_change: boolean;
      /** @description null: there are no settings yet. */
      version: number | null;
      settings: components["schemas"]["CampaignSettings"];
      zones: string[] | null;
      window: {
        opens_at: components["schemas"]["MaybeTime"];
        closes_at: components["schemas"]["MaybeTime"];
        veda_starts_at: components["schemas"]["MaybeTime"];
        veda_ends_at: components["schemas"]["MaybeTime"];
      } | null;
      /** @description Who waived the registration with INE, and when. */
      ine_waiver: {
        /** Format: uuid */
        by: string | null;
        at: components["schemas"]["MaybeTime"];
      } | null;
      sender: components["schemas"]["Sender"];
      warnings: components["schemas"]["Warning"][];
    };
    ConsentImport: {
      import_id: components["schemas"]["Id"];
      rows: components["schemas"]["Count"];
      imported: components["schemas"]["Count"];
      already_known: components["schemas"]["Count"];
      /** @description The first thousand; never what stands in the row. */
      errors: {
        /** @description As the spreadsheet counts. */
        row: number;
        /** @enum {string} */
        code:
          | "cell_too_many"
          | "consent_revoked"
          | "date_in_the_future"
          | "date_invalid"
          | "date_too_old"
          | "field_missing"
          | "foreign_number"
          | "invalid_number"
          | "missing_number"
          | "not_agreed"
          | "person_erased"
          | "roll_data"
          | "text_too_long";
        /** @description Spanish. */
        detail: string;
        field: string | null;
      }[];
      errors_total: components["schemas"]["Count"];
    };
    Consent: {
      campaign_id: components["schemas"]["Id"];
      /** @description A day, or a time; without an offset it is the campaign's own. */
      obtained_at: string;
      /** @description Where they agreed. */
      source: string;
      /** @description Which privacy notice they were shown. */
      notice_version: string;
      /** @description Where the proof is. */
      evidence: string;
    };
    PersonData: {
      campaign_id: components["schemas"]["Id"];
      phones: string[];
      user_ids: string[];
      /** @description They asked to be erased. */
      suppressed: boolean;
      messages: components["schemas"]["PersonMessage"][];
      consents: components["schemas"]["PersonConsent"][];
      /** @description What they said, BAJA (`opted_out`) or ALTA. */
      opt_outs: {
        number: string | null;
        phone: string;
        opted_out: boolean;
        source: string;
        said_at: components["schemas"]["Time"];
      }[];
      test_numbers: components["schemas"]["TestNumber"][];
      /** @description The entries about them. */
      audit: {
        seq: number | null;
        at: components["schemas"]["Time"];
        actor: string | null;
        act: string;
        /** Format: uuid */
        job_id: string | null;
        details: Record<string, never> | null;
      }[];
    };
    PersonMessage: {
      message_id: components["schemas"]["Id"];
      job_id: components["schemas"]["Id"];
      /** Format: uuid */
      voter_id: string | null;
      phone: string | null;
      template: string;
      header: string | null;
      body: string | null;
      footer: string | null;
      values: {
        [key: string]: string | null;
      } | null;
      status: components["schemas"]["MessageStatus"];
      skip_reason: string | null;
      created_at: components["schemas"]["Time"];
      claimed_at: components["schemas"]["MaybeTime"];
      sent_at: components["schemas"]["MaybeTime"];
      delivered_at: components["schemas"]["MaybeTime"];
      read_at: components["schemas"]["MaybeTime"];
      meta_message_id: string | null;
    };
    PersonConsent: {
      id: components["schemas"]["Id"];
      phone: string;
      obtained_at: components["schemas"]["MaybeTime"];
      source: string | null;
      notice_version: string | null;
      revoked_at: components["schemas"]["MaybeTime"];
      evidence: string | null;
      /** Format: uuid */
      import_id: string | null;
      recorded_at: components["schemas"]["Time"];
    };
    /**
     * @description At Meta; null: it has not been told (`dry_run`).
     * @enum {string|null}
     */
    TemplateStatus: "pending" | "approved" | "rejected" | "paused" | "disabled" | "archived" | null;
    /**
     * @description What Meta does not know yet; null: nothing.
     * @enum {string|null}
     */
    TemplateChange: "create" | "edit" | "delete" | null;
    /** @enum {string|null} */
    HeaderFormat: "TEXT" | "IMAGE" | "VIDEO" | "DOCUMENT" | "LOCATION" | null;
    /** @description The `id` of an uploaded file or the `link` of a public one; of a location, its place. */
    HeaderMedia: {
      id?: string;
      link?: string;
      filename?: string;
      latitude?: string | number;
      longitude?: string | number;
      name?: string;
      address?: string;
    } | null;
    Button: {
      /** @enum {string} */
      type: "QUICK_REPLY" | "URL" | "PHONE_NUMBER" | "COPY_CODE";
      text?: string;
      url?: string;
      phone_number?: string;
      /** @description What a quick reply's press brings back instead of its label. */
      payload?: string;
    };
    /** @description An example for each value that a job's `personalization` brings, under the same key. */
    SampleValues: {
      [key: string]: string;
    } | null;
    TemplateDraft: {
      name: string;
      /** @default es_MX */
      language: string | null;
      /** @constant */
      category: "MARKETING";
      /** @enum {string|null} */
      header_format?: "TEXT" | "IMAGE" | "VIDEO" | "DOCUMENT" | "LOCATION" | "NONE" | null;
      header_text?: string | null;
      header_media?: components["schemas"]["HeaderMedia"];
      body_text: string;
      footer_text?: string | null;
      buttons?: components["schemas"]["Button"][] | null;
      sample_values?: components["schemas"]["SampleValues"];
      /** @description Only judge it. */
      dry_run?: boolean | null;
    };
    TemplateRequest: {
      campaign_id: components["schemas"]["Id"];
      name: string;
      /** @default es_MX */
      language: string | null;
      /** @constant */
      category: "MARKETING";
      /** @enum {string|null} */
      header_format?: "TEXT" | "IMAGE" | "VIDEO" | "DOCUMENT" | "LOCATION" | "NONE" | null;
      header_text?: string | null;
      header_media?: components["schemas"]["HeaderMedia"];
      body_text: string;
      footer_text?: string | null;
      buttons?: components["schemas"]["Button"][] | null;
      sample_values?: components["schemas"]["SampleValues"];
      /** @description Only judge it. */
      dry_run?: boolean | null;
    };
    TemplateEdit: {
      /** @constant */
      category?: "MARKETING";
      /** @enum {string|null} */
      header_format?: "TEXT" | "IMAGE" | "VIDEO" | "DOCUMENT" | "LOCATION" | "NONE" | null;
      header_text?: string | null;
      header_media?: components["schemas"]["HeaderMedia"];
      body_text?: string;
      footer_text?: string | null;
      buttons?: components["schemas"]["Button"][] | null;
      sample_values?: components["schemas"]["SampleValues"];
      /** @description Only judge it. */
      dry_run?: boolean | null;
    };
    ComposedTemplate: {
      /**
       * Format: uuid
       * @description null: it was only judged, and is none yet.
       */
      template_id: string | null;
      /** @description With the campaign's prefix. */
      meta_template_name: string;
      meta_status: components["schemas"]["TemplateStatus"];
      change: components["schemas"]["TemplateChange"];
      /** @description The content that is reviewed. */
      composed: {
        category: string;
        header_format: components["schemas"]["HeaderFormat"];
        header_text: string | null;
        header_media: components["schemas"]["HeaderMedia"];
        body_text: string;
        footer_text: string | null;
        buttons: components["schemas"]["Button"][];
        sample_values: components["schemas"]["SampleValues"];
        /** @description What voters will see, the samples filled in. */
        preview: {
          header: string | null | {
            [key: string]: unknown;
          };
          body: string;
          footer: string | null;
          buttons: {
            [key: string]: unknown;
          }[];
        };
        /** @description What it had to say and did not. */
        added: {
          /** @enum {string} */
          what: "identification" | "opt_out";
          /** @enum {string} */
          field: "body_text" | "footer_text";
          text: string;
        }[];
      };
      warnings: components["schemas"]["FieldNote"][];
    };
    /** @description Operators may register templates by hand, with a null `name` and other parts than ours. */
    Template: {
      id: components["schemas"]["Id"];
      campaign_id: components["schemas"]["Id"];
      name: string | null;
      meta_template_name: string;
      language: string;
      /** @enum {string} */
      category: "MARKETING" | "UTILITY" | "AUTHENTICATION";
      /** @enum {string} */
      status: "pending" | "approved" | "rejected" | "paused" | "disabled" | "archived";
      header_format: components["schemas"]["HeaderFormat"];
      header_text: string | null;
      header_media: {
        [key: string]: unknown;
      } | null;
      body_text: string;
      footer_text: string | null;
      buttons: {
        [key: string]: unknown;
      }[];
      sample_values: {
        [key: string]: unknown;
      };
      /** @enum {string} */
      parameter_format: "positional" | "named";
      /** @description Meta's word. */
      rejected_reason: string | null;
      /** @description Spanish. */
      rejected_notice: string | null;
      /** @enum {string|null} */
      quality: "GREEN" | "YELLOW" | "RED" | "UNKNOWN" | null;
      version: number;
      change: components["schemas"]["TemplateChange"];
      updated_at: components["schemas"]["Time"];
    };
    TestNumber: {
      id: components["schemas"]["Id"];
      phone: components["schemas"]["Phone"];
      label: string;
      added_at: components["schemas"]["Time"];
    };
  };
  responses: {
    /** @description The job's progress. */
    Job: {
      headers: {
        [name: string]: unknown;
      };
      content: {
        "application/json": components["schemas"]["Job"];
      };
    };
    /** @description What the campaign says about itself, and what follows. */
    Settings: {
      headers: {
        [name: string]: unknown;
      };
      content: {
        "application/json": components["schemas"]["Settings"];
      };
    };
    /**
     * @description The template as it is reviewed. 200: it changed, or was only judged (`dry_run`); 201: Meta has it;
     *     202: Meta has not taken it yet, and we go on trying (`change`).
     */
    ComposedTemplate: {
      headers: {
        [name: string]: unknown;
      };
      content: {
        "application/json": components["schemas"]["ComposedTemplate"];
      };
    };
    /** @description It is deleted; 202: Meta has not been told yet, and we go on trying (`change`). */
    DeletedTemplate: {
      headers: {
        [name: string]: unknown;
      };
      content: {
        "application/json": {
          template_id: components["schemas"]["Id"];
          meta_status: components["schemas"]["TemplateStatus"];
          change: components["schemas"]["TemplateChange"];
        };
      };
    };
    /** @description The body ended early, or its chunks are none. */
    BodyBroken: {
      headers: {
        [name: string]: unknown;
      };
      content: {
        "application/problem+json": components["schemas"]["Problem"] & {
          /** @enum {unknown} */
          code?: "body_broken";
        };
      };
    };
    /** @description The body is not JSON, or ended early. */
    BodyUnusable: {
      headers: {
        [name: string]: unknown;
      };
      content: {
        "application/problem+json": components["schemas"]["Problem"] & {
          /** @enum {unknown} */
          code?: "body_broken" | "malformed_json";
        };
      };
    };
    /** @description The body is not JSON or ended early, or there is no usable `Idempotency-Key`. */
    KeyOrBodyUnusable: {
      headers: {
        [name: string]: unknown;
      };
      content: {
        "application/problem+json": components["schemas"]["Problem"] & {
          /** @enum {unknown} */
          code?: "body_broken" | "idempotency_key_missing" | "malformed_json";
        };
      };
    };
    /** @description Not a signed-in person's token. `token_expired`, `token_session_ended`: refresh the session, or sign in again. */
    NotSignedIn: {
      headers: {
        [name: string]: unknown;
      };
      content: {
        "application/problem+json": components["schemas"]["Problem"] & {
          code?: components["schemas"]["TokenCode"];
        };
      };
    };
    /** @description The user signed in anonymously, or asks from a web page that may not. */
    AnonymousUser: {
      headers: {
        [name: string]: unknown;
      };
      content: {
        "application/problem+json": components["schemas"]["Problem"] & {
          /** @enum {unknown} */
          code?: "origin_not_allowed" | "user_anonymous";
        };
      };
    };
    /** @description The user's role may not do this, they signed in anonymously, or ask from a web page that may not. */
    NotForThisUser: {
      headers: {
        [name: string]: unknown;
      };
      content: {
        "application/problem+json": components["schemas"]["Problem"] & {
          code?: components["schemas"]["ForbiddenCode"];
        };
      };
    };
    /** @description The user's role may not do this; or the send window is closed then, and `bounds` says from when to when. */
    WindowShut: {
      headers: {
        [name: string]: unknown;
      };
      content: {
        "application/problem+json": components["schemas"]["Problem"] & {
          code?: components["schemas"]["ForbiddenCode"] | components["schemas"]["WindowCode"];
        };
      };
    };
    /** @description No such campaign, or none that the user sees. */
    CampaignNotFound: {
      headers: {
        [name: string]: unknown;
      };
      content: {
        "application/problem+json": components["schemas"]["Problem"] & {
          /** @enum {unknown} */
          code?: "campaign_not_found";
        };
      };
    };
    /** @description No such job, or none that the user sees. */
    JobNotFound: {
      headers: {
        [name: string]: unknown;
      };
      content: {
        "application/problem+json": components["schemas"]["Problem"] & {
          code?: components["schemas"]["PathCode"] | "job_not_found";
        };
      };
    };
    /** @description No such template, or none that the user sees. */
    TemplateNotFound: {
      headers: {
        [name: string]: unknown;
      };
      content: {
        "application/problem+json": components["schemas"]["Problem"] & {
          code?: components["schemas"]["PathCode"] | "template_not_found";
        };
      };
    };
    /** @description No such campaign, or no such voter in it, or none that the user sees. */
    VoterNotFound: {
      headers: {
        [name: string]: unknown;
      };
      content: {
        "application/problem+json": components["schemas"]["Problem"] & {
          code?: components["schemas"]["PathCode"] | ("campaign_not_found" | "voter_not_found");
        };
      };
    };
    /** @description The job has ended. */
    JobNotOpen: {
      headers: {
        [name: string]: unknown;
      };
      content: {
        "application/problem+json": components["schemas"]["Problem"] & {
          /** @enum {unknown} */
          code?: "job_not_open";
        };
      };
    };
    /** @description The id is none. */
    IdInvalid: {
      headers: {
        [name: string]: unknown;
      };
      content: {
        "application/problem+json": components["schemas"]["Problem"] & {
          /** @enum {unknown} */
          code?: "id_invalid";
        };
      };
    };
    /** @description A field cannot be used. */
    FieldUnusable: {
      headers: {
        [name: string]: unknown;
      };
      content: {
        "application/problem+json": components["schemas"]["Problem"] & {
          code?: components["schemas"]["FieldCode"];
        };
      };
    };
    /** @description A field cannot be used, or the campaign has no such voter. */
    PersonUnusable: {
      headers: {
        [name: string]: unknown;
      };
      content: {
        "application/problem+json": components["schemas"]["Problem"] & {
          code?: components["schemas"]["FieldCode"] | ("phone_invalid" | "voter_not_found");
        };
      };
    };
    /** @description What it says or how is not to be, or Meta refused it; `errors` lists all problems of its form. */
    TemplateUnusable: {
      headers: {
        [name: string]: unknown;
      };
      content: {
        "application/problem+json": components["schemas"]["Problem"] & {
          code?:
            | components["schemas"]["FieldCode"]
            | components["schemas"]["DraftCode"]
            | components["schemas"]["FormCode"]
            | components["schemas"]["LinkCode"]
            | ("content_blocked" | "template_refused");
        };
      };
    };
    /** @description The body did not come in time. */
    BodyTooSlow: {
      headers: {
        [name: string]: unknown;
      };
      content: {
        "application/problem+json": components["schemas"]["Problem"] & {
          /** @enum {unknown} */
          code?: "body_too_slow";
        };
      };
    };
    /** @description The body is too large; docs/api.md says how large it may be. */
    BodyTooLarge: {
      headers: {
        [name: string]: unknown;
      };
      content: {
        "application/problem+json": components["schemas"]["Problem"] & {
          /** @enum {unknown} */
          code?: "body_too_large";
        };
      };
    };
    /** @description The user asked for so much in so short a time, or two large requests of the campaign are under way. */
    TooOften: {
      headers: {
        "Retry-After": components["headers"]["RetryAfter"];
        [name: string]: unknown;
      };
      content: {
        "application/problem+json": components["schemas"]["Problem"] & {
          /** @enum {unknown} */
          code?: "busy" | "too_many_requests";
        };
      };
    };
    /** @description Our mistake; it is in the log. */
    OurMistake: {
      headers: {
        [name: string]: unknown;
      };
      content: {
        "application/problem+json": components["schemas"]["Problem"] & {
          /** @enum {unknown} */
          code?: "internal_error" | "store_failed" | "token_refused";
        };
      };
    };
    /** @description A system that we need does not answer; nothing was half done. */
    Unavailable: {
      headers: {
        "Retry-After": components["headers"]["RetryAfter"];
        [name: string]: unknown;
      };
      content: {
        "application/problem+json": components["schemas"]["Problem"] & {
          code?: components["schemas"]["UnavailableCode"];
        };
      };
    };
    /** @description The Edge Function waited in vain, and what was asked for may have been done: ask again, with the same key. */
    NoAnswerInTime: {
      headers: {
        [name: string]: unknown;
      };
      content: {
        "application/problem+json": components["schemas"]["Problem"] & {
          /** @enum {unknown} */
          code?: "bridge_timeout";
        };
      };
    };
  };
  parameters: {
    /**
     * @description Unique in its campaign for ever: the same key again gives the same answer and no second job.
     *     The Edge Function makes one where it is absent, and answers with it.
     * @example 5f0c3a52-6a54-4a49-8f4e-6d1f2e0f9a11
     */
    IdempotencyKey: string;
    CampaignId: components["schemas"]["Id"];
    JobId: components["schemas"]["Id"];
    TemplateId: components["schemas"]["Id"];
    VoterId: components["schemas"]["Id"];
  };
  requestBodies: {
    /** @description One of `phone` and `voter_id`; in the body, for addresses end up in logs. */
    Person: {
      content: {
        "application/json": {
          campaign_id: components["schemas"]["Id"];
          phone?: string | null;
          /** Format: uuid */
          voter_id?: string | null;
        };
      };
    };
  };
  headers: {
    /** @description After so many seconds the same request, with the same key, may be made again. */
    RetryAfter: number;
  };
  pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
  send: {
    parameters: {
      query?: never;
      header: {
        /**
         * @description Unique in its campaign for ever: the same key again gives the same answer and no second job.
         *     The Edge Function makes one where it is absent, and answers with it.
         * @example 5f0c3a52-6a54-4a49-8f4e-6d1f2e0f9a11
         */
        "Idempotency-Key": components["parameters"]["IdempotencyKey"];
      };
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        "application/json": components["schemas"]["SendRequest"];
      };
    };
    responses: {
      /** @description The job exists, or existed already under this key; its messages leave when they may. */
      202: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["JobSummary"];
        };
      };
      400: components["responses"]["KeyOrBodyUnusable"];
      401: components["responses"]["NotSignedIn"];
      403: components["responses"]["WindowShut"];
      /** @description No such campaign or template, or none that the user sees. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"] & {
            /** @enum {unknown} */
            code?: "campaign_not_found" | "template_not_found";
          };
        };
      };
      408: components["responses"]["BodyTooSlow"];
      /** @description The campaign, its number or the template cannot send this now. */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"] & {
            code?:
              | components["schemas"]["TemplateUnfitCode"]
              | (
                | "account_blocked_at_meta"
                | "crosses_deadline"
                | "dates_missing"
                | "idempotency_key_reused"
                | "sender_blocked_at_meta"
                | "sender_missing"
                | "spending_cap_exceeded"
                | "template_blocked_at_meta"
                | "template_changed"
                | "too_many_jobs"
              );
          };
        };
      };
      413: components["responses"]["BodyTooLarge"];
      /** @description A field cannot be used, or nobody can be written to, or the text may buy votes. */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"] & {
            code?:
              | components["schemas"]["FieldCode"]
              | components["schemas"]["AudienceCode"]
              | ("audience_empty" | "boolean_expected" | "content_blocked");
          };
        };
      };
      429: components["responses"]["TooOften"];
      500: components["responses"]["OurMistake"];
      503: components["responses"]["Unavailable"];
      504: components["responses"]["NoAnswerInTime"];
    };
  };
  previewAudience: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        "application/json": components["schemas"]["AudienceRequest"];
      };
    };
    responses: {
      /** @description The counts and the plan. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["AudiencePreview"];
        };
      };
      400: components["responses"]["BodyUnusable"];
      401: components["responses"]["NotSignedIn"];
      403: components["responses"]["WindowShut"];
      /** @description No such campaign or template, or none that the user sees. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"] & {
            /** @enum {unknown} */
            code?: "campaign_not_found" | "template_not_found";
          };
        };
      };
      408: components["responses"]["BodyTooSlow"];
      /** @description The campaign or the template cannot send this now. */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"] & {
            code?:
              | components["schemas"]["TemplateUnfitCode"]
              | ("dates_missing" | "sender_missing");
          };
        };
      };
      413: components["responses"]["BodyTooLarge"];
      /** @description A field cannot be used. */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"] & {
            code?: components["schemas"]["FieldCode"] | components["schemas"]["AudienceCode"];
          };
        };
      };
      429: components["responses"]["TooOften"];
      500: components["responses"]["OurMistake"];
      503: components["responses"]["Unavailable"];
      504: components["responses"]["NoAnswerInTime"];
    };
  };
  listJobs: {
    parameters: {
      query: {
        campaign_id: components["parameters"]["CampaignId"];
        limit?: number;
        /** @description The `next_before` of the page before. */
        before?: components["schemas"]["Id"];
        /** @description With `true` tests are among them. */
        tests?: "true" | "false";
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A page of jobs. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": {
            jobs: components["schemas"]["Job"][];
            /**
             * Format: uuid
             * @description null: there are no more.
             */
            next_before: string | null;
          };
        };
      };
      401: components["responses"]["NotSignedIn"];
      403: components["responses"]["NotForThisUser"];
      /** @description No such campaign, or none that the user sees; or no such job to go on behind. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"] & {
            /** @enum {unknown} */
            code?: "campaign_not_found" | "job_not_found";
          };
        };
      };
      /** @description A parameter cannot be used. */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"] & {
            /** @enum {unknown} */
            code?: "id_invalid" | "number_invalid";
          };
        };
      };
      500: components["responses"]["OurMistake"];
      503: components["responses"]["Unavailable"];
      504: components["responses"]["NoAnswerInTime"];
    };
  };
  getJob: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        job_id: components["parameters"]["JobId"];
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      200: components["responses"]["Job"];
      401: components["responses"]["NotSignedIn"];
      403: components["responses"]["NotForThisUser"];
      404: components["responses"]["JobNotFound"];
      422: components["responses"]["IdInvalid"];
      500: components["responses"]["OurMistake"];
      503: components["responses"]["Unavailable"];
      504: components["responses"]["NoAnswerInTime"];
    };
  };
  listRecipients: {
    parameters: {
      query?: {
        status?: components["schemas"]["MessageStatus"];
        /** @description The `next_cursor` of the page before. */
        cursor?: number;
        limit?: number;
      };
      header?: never;
      path: {
        job_id: components["parameters"]["JobId"];
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description A page of recipients. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": {
            recipients: components["schemas"]["Recipient"][];
            /** @description null: there are no more. */
            next_cursor: number | null;
          };
        };
      };
      401: components["responses"]["NotSignedIn"];
      403: components["responses"]["NotForThisUser"];
      404: components["responses"]["JobNotFound"];
      /** @description A parameter cannot be used. */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"] & {
            /** @enum {unknown} */
            code?: "id_invalid" | "number_invalid" | "status_unknown";
          };
        };
      };
      500: components["responses"]["OurMistake"];
      503: components["responses"]["Unavailable"];
      504: components["responses"]["NoAnswerInTime"];
    };
  };
  pauseJob: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        job_id: components["parameters"]["JobId"];
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      200: components["responses"]["Job"];
      401: components["responses"]["NotSignedIn"];
      403: components["responses"]["NotForThisUser"];
      404: components["responses"]["JobNotFound"];
      409: components["responses"]["JobNotOpen"];
      422: components["responses"]["IdInvalid"];
      500: components["responses"]["OurMistake"];
      503: components["responses"]["Unavailable"];
      504: components["responses"]["NoAnswerInTime"];
    };
  };
  resumeJob: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        job_id: components["parameters"]["JobId"];
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      200: components["responses"]["Job"];
      401: components["responses"]["NotSignedIn"];
      403: components["responses"]["NotForThisUser"];
      404: components["responses"]["JobNotFound"];
      /** @description The job has ended, waits for somebody's approval, or its template says something else now. */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"] & {
            /** @enum {unknown} */
            code?: "approval_needed" | "job_not_open" | "template_changed";
          };
        };
      };
      422: components["responses"]["IdInvalid"];
      500: components["responses"]["OurMistake"];
      503: components["responses"]["Unavailable"];
      504: components["responses"]["NoAnswerInTime"];
    };
  };
  cancelJob: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        job_id: components["parameters"]["JobId"];
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      200: components["responses"]["Job"];
      401: components["responses"]["NotSignedIn"];
      403: components["responses"]["NotForThisUser"];
      404: components["responses"]["JobNotFound"];
      409: components["responses"]["JobNotOpen"];
      422: components["responses"]["IdInvalid"];
      500: components["responses"]["OurMistake"];
      503: components["responses"]["Unavailable"];
      504: components["responses"]["NoAnswerInTime"];
    };
  };
  approveJob: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        job_id: components["parameters"]["JobId"];
      };
      cookie?: never;
    };
    requestBody?: {
      content: {
        "application/json": {
          reason?: string | null;
        };
      };
    };
    responses: {
      200: components["responses"]["Job"];
      400: components["responses"]["BodyUnusable"];
      401: components["responses"]["NotSignedIn"];
      /** @description The role may not do this, or the user created the job. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"] & {
            code?: components["schemas"]["ForbiddenCode"] | "approval_by_creator";
          };
        };
      };
      404: components["responses"]["JobNotFound"];
      408: components["responses"]["BodyTooSlow"];
      /** @description The job waits for no approval, has ended, or its template says something else now. */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"] & {
            /** @enum {unknown} */
            code?: "approval_not_needed" | "job_not_open" | "template_changed";
          };
        };
      };
      413: components["responses"]["BodyTooLarge"];
      422: components["responses"]["FieldUnusable"];
      500: components["responses"]["OurMistake"];
      503: components["responses"]["Unavailable"];
      504: components["responses"]["NoAnswerInTime"];
    };
  };
  releaseContent: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        "application/json": components["schemas"]["ContentRelease"];
      };
    };
    responses: {
      /** @description Everybody but the user may use this text from now on. */
      201: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": {
            release_id: components["schemas"]["Id"];
            findings: components["schemas"]["Finding"][];
          };
        };
      };
      400: components["responses"]["BodyUnusable"];
      401: components["responses"]["NotSignedIn"];
      403: components["responses"]["NotForThisUser"];
      /** @description No such campaign or template, or none that the user sees. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"] & {
            /** @enum {unknown} */
            code?: "campaign_not_found" | "template_not_found";
          };
        };
      };
      408: components["responses"]["BodyTooSlow"];
      /** @description Nothing blocks this text, or the campaign has no number. */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"] & {
            /** @enum {unknown} */
            code?: "release_not_needed" | "sender_missing";
          };
        };
      };
      413: components["responses"]["BodyTooLarge"];
      /** @description A field cannot be used. */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"] & {
            code?:
              | components["schemas"]["FieldCode"]
              | components["schemas"]["DraftCode"]
              | "personalization_invalid";
          };
        };
      };
      500: components["responses"]["OurMistake"];
      503: components["responses"]["Unavailable"];
      504: components["responses"]["NoAnswerInTime"];
    };
  };
  moveJob: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        job_id: components["parameters"]["JobId"];
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      200: components["responses"]["Job"];
      401: components["responses"]["NotSignedIn"];
      403: components["responses"]["NotForThisUser"];
      404: components["responses"]["JobNotFound"];
      /** @description The job has ended, the campaign has no number, or its header's file is another number's. */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"] & {
            /** @enum {unknown} */
            code?: "job_not_open" | "sender_missing" | "template_header_expired";
          };
        };
      };
      422: components["responses"]["IdInvalid"];
      500: components["responses"]["OurMistake"];
      503: components["responses"]["Unavailable"];
      504: components["responses"]["NoAnswerInTime"];
    };
  };
  resolveUnknown: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        job_id: components["parameters"]["JobId"];
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        "application/json": {
          /** @enum {string} */
          resolution: "assume_sent" | "resend";
        };
      };
    };
    responses: {
      /** @description The job's progress, how many were resolved, and how many are too fresh to be. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["ResolvedJob"];
        };
      };
      400: components["responses"]["BodyUnusable"];
      401: components["responses"]["NotSignedIn"];
      403: components["responses"]["WindowShut"];
      404: components["responses"]["JobNotFound"];
      408: components["responses"]["BodyTooSlow"];
      /** @description The job was cancelled, or the campaign has no dates. */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"] & {
            /** @enum {unknown} */
            code?: "dates_missing" | "job_not_open";
          };
        };
      };
      413: components["responses"]["BodyTooLarge"];
      /** @description A field cannot be used. */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"] & {
            /** @enum {unknown} */
            code?: "field_unknown" | "id_invalid" | "object_expected" | "resolution_unknown";
          };
        };
      };
      500: components["responses"]["OurMistake"];
      503: components["responses"]["Unavailable"];
      504: components["responses"]["NoAnswerInTime"];
    };
  };
  getSettings: {
    parameters: {
      query: {
        campaign_id: components["parameters"]["CampaignId"];
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      200: components["responses"]["Settings"];
      401: components["responses"]["NotSignedIn"];
      403: components["responses"]["NotForThisUser"];
      404: components["responses"]["CampaignNotFound"];
      422: components["responses"]["IdInvalid"];
      500: components["responses"]["OurMistake"];
      503: components["responses"]["Unavailable"];
      504: components["responses"]["NoAnswerInTime"];
    };
  };
  putSettings: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        "application/json": {
          campaign_id: components["schemas"]["Id"];
          /** @description The version that was read before; absent or null: there are none yet. */
          version?: number | null;
          settings: components["schemas"]["SettingsChange"];
        };
      };
    };
    responses: {
      200: components["responses"]["Settings"];
      400: components["responses"]["BodyUnusable"];
      401: components["responses"]["NotSignedIn"];
      403: components["responses"]["NotForThisUser"];
      404: components["responses"]["CampaignNotFound"];
      408: components["responses"]["BodyTooSlow"];
      /** @description The settings have another version by now. */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"] & {
            /** @enum {unknown} */
            code?: "settings_changed";
          };
        };
      };
      413: components["responses"]["BodyTooLarge"];
      /** @description A setting cannot be used. */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"] & {
            code?:
              | components["schemas"]["FieldCode"]
              | (
                | "boolean_expected"
                | "date_invalid"
                | "dates_contradict"
                | "election_not_served"
                | "government_not_served"
                | "list_empty"
                | "list_expected"
                | "municipality_unknown"
                | "number_invalid"
                | "state_unknown"
                | "time_invalid"
              );
          };
        };
      };
      500: components["responses"]["OurMistake"];
      503: components["responses"]["Unavailable"];
      504: components["responses"]["NoAnswerInTime"];
    };
  };
  importConsents: {
    parameters: {
      query: {
        campaign_id: components["parameters"]["CampaignId"];
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** @description CSV in UTF-8, UTF-16 or Windows-1252, at most 10 MiB and 100,000 rows. */
    requestBody: {
      content: {
        "text/csv": string;
      };
    };
    responses: {
      /** @description What became of the rows. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["ConsentImport"];
        };
      };
      400: components["responses"]["BodyBroken"];
      401: components["responses"]["NotSignedIn"];
      403: components["responses"]["NotForThisUser"];
      404: components["responses"]["CampaignNotFound"];
      408: components["responses"]["BodyTooSlow"];
      413: components["responses"]["BodyTooLarge"];
      /** @description The file cannot be read, or holds what may not be kept; `row` and `column` say where, if they can. */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"] & {
            /** @enum {unknown} */
            code?:
              | "column_missing"
              | "column_repeated"
              | "dates_month_first"
              | "file_empty"
              | "file_not_csv"
              | "id_invalid"
              | "quotes_broken"
              | "roll_data"
              | "sensitive_data"
              | "too_many_rows";
          };
        };
      };
      429: components["responses"]["TooOften"];
      500: components["responses"]["OurMistake"];
      503: components["responses"]["Unavailable"];
      504: components["responses"]["NoAnswerInTime"];
    };
  };
  recordConsent: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        voter_id: components["parameters"]["VoterId"];
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        "application/json": components["schemas"]["Consent"];
      };
    };
    responses: {
      /** @description It is recorded, or was already. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": {
            voter_id: components["schemas"]["Id"];
            consent_id: components["schemas"]["Id"];
            obtained_at: components["schemas"]["Time"];
            already_known: boolean;
          };
        };
      };
      400: components["responses"]["BodyUnusable"];
      401: components["responses"]["NotSignedIn"];
      403: components["responses"]["NotForThisUser"];
      404: components["responses"]["VoterNotFound"];
      408: components["responses"]["BodyTooSlow"];
      /** @description The person took it back on that day or later, or asked to be erased. */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"] & {
            /** @enum {unknown} */
            code?: "consent_revoked" | "person_erased";
          };
        };
      };
      413: components["responses"]["BodyTooLarge"];
      /** @description A field, or the voter's number, cannot be used. */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"] & {
            code?:
              | components["schemas"]["FieldCode"]
              | (
                | "date_in_the_future"
                | "date_invalid"
                | "date_too_old"
                | "foreign_number"
                | "invalid_number"
                | "missing_number"
                | "roll_data"
              );
          };
        };
      };
      500: components["responses"]["OurMistake"];
      503: components["responses"]["Unavailable"];
      504: components["responses"]["NoAnswerInTime"];
    };
  };
  revokeConsent: {
    parameters: {
      query: {
        campaign_id: components["parameters"]["CampaignId"];
      };
      header?: never;
      path: {
        voter_id: components["parameters"]["VoterId"];
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description It holds no longer. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": {
            voter_id: components["schemas"]["Id"];
            revoked_at: components["schemas"]["Time"];
          };
        };
      };
      401: components["responses"]["NotSignedIn"];
      403: components["responses"]["NotForThisUser"];
      404: components["responses"]["VoterNotFound"];
      /** @description The person asked to be erased. */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"] & {
            /** @enum {unknown} */
            code?: "person_erased";
          };
        };
      };
      /** @description An id, or the voter's number, cannot be used. */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"] & {
            /** @enum {unknown} */
            code?: "foreign_number" | "id_invalid" | "invalid_number" | "missing_number";
          };
        };
      };
      500: components["responses"]["OurMistake"];
      503: components["responses"]["Unavailable"];
      504: components["responses"]["NoAnswerInTime"];
    };
  };
  exportPerson: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody: components["requestBodies"]["Person"];
    responses: {
      /** @description The person's data. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["PersonData"];
        };
      };
      400: components["responses"]["BodyUnusable"];
      401: components["responses"]["NotSignedIn"];
      403: components["responses"]["NotForThisUser"];
      404: components["responses"]["CampaignNotFound"];
      408: components["responses"]["BodyTooSlow"];
      413: components["responses"]["BodyTooLarge"];
      422: components["responses"]["PersonUnusable"];
      429: components["responses"]["TooOften"];
      500: components["responses"]["OurMistake"];
      503: components["responses"]["Unavailable"];
      504: components["responses"]["NoAnswerInTime"];
    };
  };
  erasePerson: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody: components["requestBodies"]["Person"];
    responses: {
      /** @description How much was erased. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": {
            erasure_id: components["schemas"]["Id"];
            erased_at: components["schemas"]["Time"];
            messages: components["schemas"]["Count"];
            consents: components["schemas"]["Count"];
            test_numbers: components["schemas"]["Count"];
            /** @description Their BAJA and ALTA. */
            words: number;
          };
        };
      };
      400: components["responses"]["BodyUnusable"];
      401: components["responses"]["NotSignedIn"];
      403: components["responses"]["NotForThisUser"];
      404: components["responses"]["CampaignNotFound"];
      408: components["responses"]["BodyTooSlow"];
      413: components["responses"]["BodyTooLarge"];
      422: components["responses"]["PersonUnusable"];
      /** @description Other large requests of the campaign are under way. */
      429: {
        headers: {
          "Retry-After": components["headers"]["RetryAfter"];
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"] & {
            /** @enum {unknown} */
            code?: "busy";
          };
        };
      };
      500: components["responses"]["OurMistake"];
      503: components["responses"]["Unavailable"];
      504: components["responses"]["NoAnswerInTime"];
    };
  };
  exportAudit: {
    parameters: {
      query: {
        campaign_id: components["parameters"]["CampaignId"];
        /** @description Absent: from its beginning. */
        from?: components["schemas"]["Time"];
        /** @description Not included; absent: to its end. */
        to?: components["schemas"]["Time"];
        format?: "csv" | "jsonl";
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The file, in pieces; one that was cut short has no last record. */
      200: {
        headers: {
          "Content-Disposition": string;
          [name: string]: unknown;
        };
        content: {
          "text/csv": string;
          "application/x-ndjson": string;
        };
      };
      401: components["responses"]["NotSignedIn"];
      403: components["responses"]["NotForThisUser"];
      404: components["responses"]["CampaignNotFound"];
      /** @description A parameter cannot be used. */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"] & {
            /** @enum {unknown} */
            code?: "id_invalid" | "time_invalid" | "value_invalid";
          };
        };
      };
      429: components["responses"]["TooOften"];
      500: components["responses"]["OurMistake"];
      503: components["responses"]["Unavailable"];
      504: components["responses"]["NoAnswerInTime"];
    };
  };
  listTemplates: {
    parameters: {
      query: {
        campaign_id: components["parameters"]["CampaignId"];
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The templates, the latest first. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": {
            templates: components["schemas"]["Template"][];
          };
        };
      };
      401: components["responses"]["NotSignedIn"];
      403: components["responses"]["AnonymousUser"];
      422: components["responses"]["IdInvalid"];
      500: components["responses"]["OurMistake"];
      503: components["responses"]["Unavailable"];
      504: components["responses"]["NoAnswerInTime"];
    };
  };
  createTemplate: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        "application/json": components["schemas"]["TemplateRequest"];
      };
    };
    responses: {
      200: components["responses"]["ComposedTemplate"];
      201: components["responses"]["ComposedTemplate"];
      202: components["responses"]["ComposedTemplate"];
      400: components["responses"]["BodyUnusable"];
      401: components["responses"]["NotSignedIn"];
      403: components["responses"]["NotForThisUser"];
      404: components["responses"]["CampaignNotFound"];
      408: components["responses"]["BodyTooSlow"];
      /** @description The name is taken, there are too many, or the campaign is not set up yet. */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"] & {
            /** @enum {unknown} */
            code?:
              | "identification_missing"
              | "sender_missing"
              | "template_name_reserved"
              | "template_name_taken"
              | "too_many_templates";
          };
        };
      };
      413: components["responses"]["BodyTooLarge"];
      422: components["responses"]["TemplateUnusable"];
      500: components["responses"]["OurMistake"];
      503: components["responses"]["Unavailable"];
      504: components["responses"]["NoAnswerInTime"];
    };
  };
  getTemplate: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        template_id: components["parameters"]["TemplateId"];
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The template. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["Template"];
        };
      };
      401: components["responses"]["NotSignedIn"];
      403: components["responses"]["AnonymousUser"];
      404: components["responses"]["TemplateNotFound"];
      422: components["responses"]["IdInvalid"];
      500: components["responses"]["OurMistake"];
      503: components["responses"]["Unavailable"];
      504: components["responses"]["NoAnswerInTime"];
    };
  };
  deleteTemplate: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        template_id: components["parameters"]["TemplateId"];
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      200: components["responses"]["DeletedTemplate"];
      202: components["responses"]["DeletedTemplate"];
      401: components["responses"]["NotSignedIn"];
      403: components["responses"]["NotForThisUser"];
      404: components["responses"]["TemplateNotFound"];
      /** @description The template cannot be deleted now. */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"] & {
            /** @enum {unknown} */
            code?: "template_in_use" | "template_not_deletable";
          };
        };
      };
      /** @description The id is none, or Meta refused. */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"] & {
            /** @enum {unknown} */
            code?: "id_invalid" | "template_refused";
          };
        };
      };
      500: components["responses"]["OurMistake"];
      503: components["responses"]["Unavailable"];
      504: components["responses"]["NoAnswerInTime"];
    };
  };
  editTemplate: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        template_id: components["parameters"]["TemplateId"];
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        "application/json": components["schemas"]["TemplateEdit"];
      };
    };
    responses: {
      200: components["responses"]["ComposedTemplate"];
      202: components["responses"]["ComposedTemplate"];
      400: components["responses"]["BodyUnusable"];
      401: components["responses"]["NotSignedIn"];
      403: components["responses"]["NotForThisUser"];
      404: components["responses"]["TemplateNotFound"];
      408: components["responses"]["BodyTooSlow"];
      /** @description The template cannot be changed so now, or the campaign is not set up yet. */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"] & {
            /** @enum {unknown} */
            code?:
              | "identification_missing"
              | "sender_missing"
              | "template_category_fixed"
              | "template_changed"
              | "template_edit_too_soon"
              | "template_in_use"
              | "template_not_editable";
          };
        };
      };
      413: components["responses"]["BodyTooLarge"];
      422: components["responses"]["TemplateUnusable"];
      500: components["responses"]["OurMistake"];
      503: components["responses"]["Unavailable"];
      504: components["responses"]["NoAnswerInTime"];
    };
  };
  uploadMedia: {
    parameters: {
      query: {
        campaign_id: components["parameters"]["CampaignId"];
        kind: "IMAGE" | "VIDEO" | "DOCUMENT";
        /** @description Without slashes and quotes. */
        filename?: string;
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** @description The file as it is, its type in `Content-Type`; at most 16 MiB. */
    requestBody: {
      content: {
        "image/jpeg": unknown;
        "image/png": unknown;
        "video/mp4": unknown;
        "application/pdf": unknown;
      };
    };
    responses: {
      /** @description The file's id, for a template's `header_media`. */
      201: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": {
            id: string;
            expires_at: components["schemas"]["Time"];
          };
        };
      };
      400: components["responses"]["BodyBroken"];
      401: components["responses"]["NotSignedIn"];
      403: components["responses"]["NotForThisUser"];
      404: components["responses"]["CampaignNotFound"];
      408: components["responses"]["BodyTooSlow"];
      /** @description The campaign uploaded too many files, or has no number. */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"] & {
            /** @enum {unknown} */
            code?: "sender_missing" | "too_many_uploads";
          };
        };
      };
      413: components["responses"]["BodyTooLarge"];
      /** @description WhatsApp shows no such file. */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"] & {
            /** @enum {unknown} */
            code?:
              | "id_invalid"
              | "media_content_mismatch"
              | "media_empty"
              | "media_refused"
              | "media_too_large"
              | "media_type_unsupported"
              | "value_invalid";
          };
        };
      };
      500: components["responses"]["OurMistake"];
      /** @description A system that we need does not answer, or Meta did not take the file in time; give it again. */
      503: {
        headers: {
          "Retry-After": components["headers"]["RetryAfter"];
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"] & {
            code?:
              | components["schemas"]["UnavailableCode"]
              | ("credential_missing" | "media_not_uploaded");
          };
        };
      };
      504: components["responses"]["NoAnswerInTime"];
    };
  };
  testTemplate: {
    parameters: {
      query?: never;
      header: {
        /**
         * @description Unique in its campaign for ever: the same key again gives the same answer and no second job.
         *     The Edge Function makes one where it is absent, and answers with it.
         * @example 5f0c3a52-6a54-4a49-8f4e-6d1f2e0f9a11
         */
        "Idempotency-Key": components["parameters"]["IdempotencyKey"];
      };
      path: {
        template_id: components["parameters"]["TemplateId"];
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        "application/json": {
          phone: components["schemas"]["TypedPhone"];
          personalization?: components["schemas"]["Personalization"];
        };
      };
    };
    responses: {
      /** @description The test is a job of one message. */
      202: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": {
            job_id: components["schemas"]["Id"];
            message_id: components["schemas"]["Id"];
            /** @constant */
            status: "queued";
          };
        };
      };
      400: components["responses"]["KeyOrBodyUnusable"];
      401: components["responses"]["NotSignedIn"];
      403: components["responses"]["WindowShut"];
      404: components["responses"]["TemplateNotFound"];
      408: components["responses"]["BodyTooSlow"];
      /** @description The campaign or the template cannot send now, or the number said BAJA. */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"] & {
            code?:
              | components["schemas"]["TemplateUnfitCode"]
              | (
                | "dates_missing"
                | "idempotency_key_reused"
                | "sender_missing"
                | "template_changed"
                | "test_number_opted_out"
              );
          };
        };
      };
      413: components["responses"]["BodyTooLarge"];
      /** @description A field cannot be used, or the text may buy votes. */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"] & {
            code?:
              | components["schemas"]["FieldCode"]
              | (
                | "content_blocked"
                | "personalization_invalid"
                | "personalization_missing"
                | "personalization_unexpected"
                | "test_number_unknown"
              );
          };
        };
      };
      /** @description The campaign sent 20 tests in 24 hours. */
      429: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"] & {
            /** @enum {unknown} */
            code?: "too_many_tests";
          };
        };
      };
      500: components["responses"]["OurMistake"];
      503: components["responses"]["Unavailable"];
      504: components["responses"]["NoAnswerInTime"];
    };
  };
  listTestNumbers: {
    parameters: {
      query: {
        campaign_id: components["parameters"]["CampaignId"];
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description At most ten. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": {
            test_numbers: components["schemas"]["TestNumber"][];
          };
        };
      };
      401: components["responses"]["NotSignedIn"];
      403: components["responses"]["NotForThisUser"];
      404: components["responses"]["CampaignNotFound"];
      422: components["responses"]["IdInvalid"];
      500: components["responses"]["OurMistake"];
      503: components["responses"]["Unavailable"];
      504: components["responses"]["NoAnswerInTime"];
    };
  };
  addTestNumber: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        "application/json": {
          campaign_id: components["schemas"]["Id"];
          phone: components["schemas"]["TypedPhone"];
          label: string;
        };
      };
    };
    responses: {
      /** @description The number as it is kept. */
      201: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["TestNumber"];
        };
      };
      400: components["responses"]["BodyUnusable"];
      401: components["responses"]["NotSignedIn"];
      403: components["responses"]["NotForThisUser"];
      404: components["responses"]["CampaignNotFound"];
      408: components["responses"]["BodyTooSlow"];
      /** @description That person asked to be erased, or there are ten already. */
      409: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"] & {
            /** @enum {unknown} */
            code?: "test_number_erased" | "too_many_test_numbers";
          };
        };
      };
      413: components["responses"]["BodyTooLarge"];
      /** @description A field cannot be used. */
      422: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"] & {
            code?: components["schemas"]["FieldCode"] | "test_number_invalid";
          };
        };
      };
      500: components["responses"]["OurMistake"];
      503: components["responses"]["Unavailable"];
      504: components["responses"]["NoAnswerInTime"];
    };
  };
  removeTestNumber: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        test_number_id: components["schemas"]["Id"];
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The number that was taken off. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": components["schemas"]["TestNumber"];
        };
      };
      401: components["responses"]["NotSignedIn"];
      403: components["responses"]["NotForThisUser"];
      /** @description No such number, or none that the user sees. */
      404: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"] & {
            code?: components["schemas"]["PathCode"] | "test_number_not_found";
          };
        };
      };
      422: components["responses"]["IdInvalid"];
      500: components["responses"]["OurMistake"];
      503: components["responses"]["Unavailable"];
      504: components["responses"]["NoAnswerInTime"];
    };
  };
  verifyWebhook: {
    parameters: {
      query: {
        "hub.mode": "subscribe";
        "hub.verify_token": string;
        "hub.challenge": string;
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The challenge. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "text/plain": string;
        };
      };
      /** @description It is a handshake with another token. */
      403: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"] & {
            /** @enum {unknown} */
            code?: "verify_token_invalid";
          };
        };
      };
    };
  };
  receiveEvents: {
    parameters: {
      query?: never;
      header: {
        /** @description Meta's HMAC of the body's bytes, with the app's secret. */
        "X-Hub-Signature-256": string;
      };
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        "application/json": unknown;
      };
    };
    responses: {
      /** @description Pub/Sub has it. */
      200: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/json": {
            /** @constant */
            received: true;
          };
        };
      };
      400: components["responses"]["BodyUnusable"];
      /** @description Meta did not sign this. */
      401: {
        headers: {
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"] & {
            /** @enum {unknown} */
            code?: "signature_invalid";
          };
        };
      };
      408: components["responses"]["BodyTooSlow"];
      413: components["responses"]["BodyTooLarge"];
      500: components["responses"]["OurMistake"];
      /** @description Pub/Sub did not take it; Meta calls again. */
      503: {
        headers: {
          "Retry-After": components["headers"]["RetryAfter"];
          [name: string]: unknown;
        };
        content: {
          "application/problem+json": components["schemas"]["Problem"] & {
            /** @enum {unknown} */
            code?: "pubsub_unavailable";
          };
        };
      };
    };
  };
}
