# Every alert reaches somebody and says what to do.

mock_provider "google" {
  source          = "./tests/mocks"
  override_during = plan
}

mock_provider "external" {
  source          = "./tests/mocks"
  override_during = plan
}

variables {
  meta_app_id              = "1234567890"
  notification_channels    = ["projects/campaign-test/notificationChannels/1"]
  project_id               = "campaign-test"
  region                   = "us-east4"
  senders                  = { north = {} }
  supabase_publishable_key = "sb_publishable_test"
  supabase_url             = "https://example.supabase.co"
}

run "alerts_say_what_to_do" {
  command = plan

  assert {
    condition = alltrue([
      for alert in concat(values(google_monitoring_alert_policy.signal), values(google_monitoring_alert_policy.watch)) :
      endswith(alert.documentation[0].content, "docs/operations.md, \"Alerts\".")
    ])
    error_message = "An alert without advice wakes somebody who does not know what to do."
  }

  assert {
    condition = alltrue([
      for alert in concat(values(google_monitoring_alert_policy.signal), values(google_monitoring_alert_policy.watch)) :
      alert.notification_channels == tolist(["projects/campaign-test/notificationChannels/1"])
    ])
    error_message = "Each alert must go to the given channels."
  }
}

run "alerts_that_reach_nobody_are_told_of" {
  command = plan

  variables {
    notification_channels = []
  }

  expect_failures = [check.alerts_reach_somebody]
}

run "alerts_watch_what_the_logs_count" {
  command = plan

  assert {
    condition = {
      for name, alert in google_monitoring_alert_policy.signal :
      name => "${alert.conditions[0].condition_threshold[0].comparison} ${alert.conditions[0].condition_threshold[0].threshold_value}"
    } == { for name in keys(local.signals) : name => name == "webhook_signature" ? "COMPARISON_GT 10" : "COMPARISON_GT 0" }
    error_message = "One line is enough for an alert, and more than ten unsigned calls."
  }

  assert {
    condition = alltrue([
      for name, alert in google_monitoring_alert_policy.signal :
      endswith(alert.conditions[0].condition_threshold[0].filter, "logging.googleapis.com/user/wa_${name}\"")
    ])
    error_message = "Each alert must watch the metric of its own name."
  }

  assert {
    condition     = google_logging_metric.signal["sender_blocked"].filter == "resource.type=\"cloud_run_revision\" AND resource.labels.service_name=~\"^wa-\" AND (jsonPayload.cause=\"answer\" OR jsonPayload.health.blocked_senders>0)"
    error_message = "A metric must count the lines of our functions in which any of its fields holds."
  }
}

run "the_verify_token_is_not_logged" {
  command = plan

  assert {
    condition     = google_logging_project_exclusion.handshake.filter == "resource.type=\"cloud_run_revision\" AND resource.labels.service_name=\"wa-webhook\" AND log_id(\"run.googleapis.com/requests\") AND httpRequest.requestUrl:\"hub.verify_token\""
    error_message = "Cloud Run's own log must not keep the URL of Meta's handshake; our lines must stay."
  }
}

run "without_a_budget_nobody_is_billed" {
  command = plan

  assert {
    condition     = length(google_billing_budget.month) == 0
    error_message = "A budget is the operator's choice."
  }
}

run "a_budget_watches_this_project_alone" {
  command = plan

  variables {
    budget = { billing_account = "012345-6789AB-CDEF01", monthly_amount = 200 }
  }

  assert {
    condition     = one(google_billing_budget.month[0].budget_filter[0].projects) == "projects/123456789012"
    error_message = "The budget must not count other projects."
  }

  assert {
    condition     = [for rule in google_billing_budget.month[0].threshold_rules : rule.threshold_percent] == [0.5, 0.9, 1]
    error_message = "Mails go out at 50, 90 and 100 %."
  }
}

run "a_budget_is_whole" {
  command = plan

  variables {
    budget = { billing_account = "012345-6789AB-CDEF01", monthly_amount = 0.5 }
  }

  expect_failures = [var.budget]
}
