locals {
  # What no log line can tell, in PromQL over Google's own metrics. lasting: for how long before it is an alert.
  watches = {
    dead_letters = {
      query    = <<-PROMQL
        max by (subscription_id) (
          pubsub_googleapis_com:subscription_num_undelivered_messages{
            monitored_resource="pubsub_subscription", subscription_id=~"wa-.*-dead"}
        ) > 0
      PROMQL
      lasting  = "0s"
      severity = "ERROR"
      advice   = "A message failed at every try and waits in its dead-letter subscription for 14 days. Read the function's errors, mend the cause, then replay it."
    }
    messages_late = {
      query    = <<-PROMQL
        max by (subscription_id) (
          pubsub_googleapis_com:subscription_oldest_unacked_message_age{
            monitored_resource="pubsub_subscription", subscription_id=~"wa-events|wa-fan-out"}
        ) > 300
      PROMQL
      lasting  = "300s"
      severity = "ERROR"
      advice   = "A shard or an event of Meta has waited for more than five minutes, opt-outs among them. Look at the errors of fan_out and apply_events, and whether Supabase answers."
    }
    queue_standing = {
      query    = <<-PROMQL
        sum by (queue_id) (
          cloudtasks_googleapis_com:queue_depth{
            monitored_resource="cloud_tasks_queue", queue_id=~"wa-sender-.*"}
        ) > 0
        unless
        sum by (queue_id) (
          rate(cloudtasks_googleapis_com:queue_task_attempt_count{
            monitored_resource="cloud_tasks_queue", queue_id=~"wa-sender-.*", response_code=~"ok|OK|2.."}[5m])
        ) > 0
      PROMQL
      lasting  = "600s" # a fresh queue may need minutes until its first success
      severity = "CRITICAL"
      advice   = "A queue has tasks and none has succeeded for 15 minutes. See whether the queue is paused, then read the errors of dispatch."
    }
    server_errors = {
      query    = <<-PROMQL
        sum by (service_name) (
          rate(run_googleapis_com:request_count{
            monitored_resource="cloud_run_revision", service_name=~"wa-.*", response_code_class="5xx"}[10m])
        )
        /
        sum by (service_name) (
          rate(run_googleapis_com:request_count{
            monitored_resource="cloud_run_revision", service_name=~"wa-.*"}[10m])
        ) > 0.05
      PROMQL
      lasting  = "300s"
      severity = "ERROR"
      advice   = "More than one call in 20 of a function fails. 503 means that Supabase or Google does not answer, 500 is our mistake: the log line names where it arose."
    }
    sweep_missing = {
      query    = <<-PROMQL
        absent_over_time(run_googleapis_com:request_count{
          monitored_resource="cloud_run_revision", service_name="wa-sweep", response_code_class="2xx"}[5m])
      PROMQL
      lasting  = "120s"
      severity = "CRITICAL"
      advice   = "The sweep has not succeeded for five minutes: retries, scheduled jobs and lost tasks wait. Look at the scheduler job wa-sweep and at the errors of the function."
    }
    webhook_refusing = {
      # 401 is a wrong signature and nothing else. Meta calls again what was refused, on a quiet day too.
      query    = <<-PROMQL
        sum(
          rate(run_googleapis_com:request_count{
            monitored_resource="cloud_run_revision", service_name="wa-webhook", response_code="401"}[30m])
        )
        /
        sum(
          rate(run_googleapis_com:request_count{
            monitored_resource="cloud_run_revision", service_name="wa-webhook", response_code=~"2..|401"}[30m])
        ) > 0.5
      PROMQL
      lasting  = "0s"
      severity = "ERROR"
      advice   = "Most calls of the webhook in half an hour are not signed with our app secret: META_APP_SECRET is wrong, and receipts and opt-outs do not arrive. Meta repeats them for at least 36 hours."
    }
  }
}

check "alerts_reach_somebody" {
  assert {
    condition     = length(var.notification_channels) > 0
    error_message = "notification_channels is empty: alerts only show in the console, and no one is told. See README.md."
  }
}

resource "google_monitoring_alert_policy" "signal" {
  for_each = local.signals

  combiner              = "OR"
  display_name          = "WhatsApp bridge: ${replace(each.key, "_", " ")}"
  notification_channels = var.notification_channels
  project               = var.project_id
  severity              = each.value.severity

  alert_strategy {
    auto_close = "3600s"
  }

  conditions {
    display_name = replace(each.key, "_", " ")

    condition_threshold {
      comparison      = "COMPARISON_GT"
      duration        = "0s"
      filter          = "resource.type=\"cloud_run_revision\" AND metric.type=\"logging.googleapis.com/user/${google_logging_metric.signal[each.key].name}\""
      threshold_value = lookup(each.value, "threshold", 0)

      aggregations {
        alignment_period     = "300s"
        cross_series_reducer = "REDUCE_SUM"
        per_series_aligner   = "ALIGN_DELTA"
      }
    }
  }

  documentation {
    content   = "${each.value.advice} More: docs/operations.md, \"Alerts\"."
    mime_type = "text/markdown"
  }
}

resource "google_monitoring_alert_policy" "watch" {
  for_each = local.watches

  combiner              = "OR"
  display_name          = "WhatsApp bridge: ${replace(each.key, "_", " ")}"
  notification_channels = var.notification_channels
  project               = var.project_id
  severity              = each.value.severity

  conditions {
    display_name = replace(each.key, "_", " ")

    condition_prometheus_query_language {
      disable_metric_validation = true # the metrics appear with the first message
      duration                  = each.value.lasting
      evaluation_interval       = "60s"
      query                     = each.value.query
    }
  }

  documentation {
    content   = "${each.value.advice} More: docs/operations.md, \"Alerts\"."
    mime_type = "text/markdown"
  }

  depends_on = [google_project_service.api]
}
