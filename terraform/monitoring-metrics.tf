# What the log lines say, counted. `fields` are conditions on the JSON fields of shared/logs.py; one that holds is
# enough. A line of the sweep carries the state of everything in `health`, so that what began elsewhere (Meta's
# webhooks, an operator) raises an alert too and keeps it open until it is over.

locals {
  signals = {
    account_alert = {
      fields   = ["event=\"account_alert\""]
      severity = "ERROR"
      advice   = "Meta warns about an account, a number or a template: a restriction, a ban to come, a violation, a lost partner. The log line names the event in meta_event; read the reason in Meta's business settings before messages stop for it."
    }
    audit_unsealable = {
      fields   = ["event=\"audit_unsealable\""]
      severity = "ERROR"
      advice   = "The sweep cannot seal the audit log of a campaign: its newest entry is not as it was written. Jobs and opt-outs go on. Run wa.verify_audit for the campaigns and find out who changed the table."
    }
    credentials_refused = {
      fields   = ["stops=\"credentials\"", "error_code=190"]
      severity = "CRITICAL"
      advice   = "Meta refuses an access token; nothing leaves from any of its numbers. Check the system user in Meta's business settings and rotate META_ACCESS_TOKEN."
    }
    daily_limit_near = {
      fields   = ["health.limit_share>=0.9"]
      severity = "WARNING"
      advice   = "A portfolio has written to nine tenths of the people that Meta allows in 24 hours. What exceeds the limit waits for the next day by itself; tell the campaign, or ask Meta for a higher limit."
    }
    job_paused = {
      fields   = ["cause=\"template\"", "health.paused_jobs>0"]
      severity = "WARNING"
      advice   = "A job stands still without its users having paused it. Read communications.paused_by and status_reason: a refused template goes on by itself when Meta approves it again; after an unexplained code, wrong parameters or a bad canary somebody must mend the cause and resume."
    }
    opt_out_unresolved = {
      fields   = ["health.stale_opt_outs>0"]
      severity = "WARNING"
      advice   = "Somebody who hides their number asked more than an hour ago not to be written to again, and no receipt has told yet who it is. Find the person from the reply in wa-inbound and note the opt-out by hand."
    }
    sender_blocked = {
      fields   = ["cause=\"answer\"", "health.blocked_senders>0"]
      severity = "CRITICAL"
      advice   = "A number is blocked; its messages wait. Read wa_senders.state_reason: an outage of Meta ends by itself, a block has its cause in Meta's business settings. Probes release the number by themselves."
    }
    spending_cap = {
      fields   = ["code=\"spending_cap_exceeded\"", "health.spend_share>=0.9"]
      severity = "WARNING"
      advice   = "A campaign has nearly spent what its settings allow, or was refused a job for it. Only the campaign decides whether wa_campaign_settings.spending_cap_usd may rise."
    }
    token_ends_soon = {
      fields   = ["event=\"token_ends_soon\""]
      severity = "WARNING"
      advice   = "A function's token for Supabase ends within 30 days; then nothing it does reaches the database. Make a new one as the runbook says under Rotating secrets."
    }
    unknown_messages = {
      fields   = ["health.stale_unknown>0"]
      severity = "ERROR"
      advice   = "Messages are unknown for more than 15 minutes. Look at the evidence in GET /jobs/{id}/recipients?status=unknown and decide for them with POST /jobs/{id}/unknown."
    }
    row_refused = {
      fields   = ["event=\"row_refused\""]
      severity = "ERROR"
      advice   = "Postgres refused single events of Meta's, and they were left out: the log's count says how many. Find the call in the topic wa-events, which keeps them for seven days, by its time."
    }
    zone_data_stale = {
      fields   = ["health.stale_zones>0"]
      severity = "CRITICAL"
      advice   = "The database's time zone data are older than 2022g, or a restore brought old ones back: in Chihuahua, say, the electoral silence would begin at a wrong hour. Pause the numbers, and have Supabase upgrade Postgres."
    }
    webhook_signature = {
      fields    = ["event=\"signature_invalid\""]
      threshold = 10
      severity  = "ERROR"
      advice    = "Many calls of the webhook are not signed with our app secret: after a rotation META_APP_SECRET is wrong, and receipts and opt-outs do not arrive; else somebody is trying the door."
    }
  }
}

resource "google_logging_metric" "signal" {
  for_each = local.signals

  description = each.value.advice
  filter = join(" AND ", [
    "resource.type=\"cloud_run_revision\"",
    "resource.labels.service_name=~\"^wa-\"",
    "(${join(" OR ", formatlist("jsonPayload.%s", each.value.fields))})",
  ])
  name    = "wa_${each.key}"
  project = var.project_id

  metric_descriptor {
    metric_kind = "DELTA"
    value_type  = "INT64"
  }

  depends_on = [google_project_service.api]
}

# Meta's handshake carries the verify token in its URL, and Cloud Run's own log keeps URLs.
resource "google_logging_project_exclusion" "handshake" {
  description = "Calls of the webhook whose URL holds the verify token."
  filter = join(" AND ", [
    "resource.type=\"cloud_run_revision\"",
    "resource.labels.service_name=\"wa-webhook\"",
    "log_id(\"run.googleapis.com/requests\")",
    "httpRequest.requestUrl:\"hub.verify_token\"",
  ])
  name    = "wa-handshake"
  project = var.project_id

  depends_on = [google_project_service.api]
}

# For the dashboard: what the attempts to send came to.
resource "google_logging_metric" "messages" {
  description = "Attempts to send, by what became of the message and why."
  filter      = "resource.type=\"cloud_run_revision\" AND resource.labels.service_name=\"wa-dispatch\" AND jsonPayload.message=\"message\""
  label_extractors = {
    cause = "EXTRACT(jsonPayload.cause)"
    fate  = "EXTRACT(jsonPayload.fate)"
  }
  name    = "wa_messages"
  project = var.project_id

  metric_descriptor {
    metric_kind = "DELTA"
    value_type  = "INT64"

    labels {
      key        = "cause"
      value_type = "STRING"
    }
    labels {
      key        = "fate"
      value_type = "STRING"
    }
  }

  depends_on = [google_project_service.api]
}
