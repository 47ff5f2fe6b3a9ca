# Calls between the parts: addressed to the run.app URL, and nothing lost on the way.

mock_provider "google" {
  source          = "./tests/mocks"
  override_during = plan

  override_resource {
    target = module.function["apply_events"].google_cloudfunctions2_function.function
    values = { service_config = { uri = "https://wa-apply-events-abcdefghij-uk.a.run.app" } }
  }

  override_resource {
    target = module.function["dispatch"].google_cloudfunctions2_function.function
    values = { service_config = { uri = "https://wa-dispatch-abcdefghij-uk.a.run.app" } }
  }

  override_resource {
    target = module.task_creator["fan_out"].google_cloudfunctions2_function.function
    values = { service_config = { uri = "https://wa-fan-out-abcdefghij-uk.a.run.app" } }
  }

  override_resource {
    target = module.function["sweep"].google_cloudfunctions2_function.function
    values = { service_config = { uri = "https://wa-sweep-abcdefghij-uk.a.run.app" } }
  }

  override_resource {
    target = module.function["sync"].google_cloudfunctions2_function.function
    values = { service_config = { uri = "https://wa-sync-abcdefghij-uk.a.run.app" } }
  }
}

mock_provider "external" {
  source          = "./tests/mocks"
  override_during = plan
}

variables {
  project_id               = "campaign-test"
  region                   = "us-east4"
  senders                  = { north = {} }
  supabase_publishable_key = "sb_publishable_test"
  supabase_url             = "https://example.supabase.co"
}

run "pub_sub_calls_the_run_app_url" {
  command = plan

  assert {
    condition = { for name, subscription in google_pubsub_subscription.push : name => subscription.push_config[0].push_endpoint } == {
      events  = "https://wa-apply-events-abcdefghij-uk.a.run.app"
      fan_out = "https://wa-fan-out-abcdefghij-uk.a.run.app"
    }
    error_message = "Each topic must call its function's run.app URL; another one is refused by internal ingress."
  }

  assert {
    condition = alltrue([
      for subscription in google_pubsub_subscription.push :
      subscription.push_config[0].oidc_token[0].audience == subscription.push_config[0].push_endpoint
    ])
    error_message = "The audience of a token must equal the URL that is called."
  }
}

run "the_scheduler_calls_the_run_app_url" {
  command = plan

  assert {
    condition = { for name, job in google_cloud_scheduler_job.call : name => [job.schedule, job.http_target[0].uri] } == {
      sweep = ["* * * * *", "https://wa-sweep-abcdefghij-uk.a.run.app"]
      sync  = ["17 * * * *", "https://wa-sync-abcdefghij-uk.a.run.app"]
    }
    error_message = "The sweep runs each minute, the sync each hour, at their run.app URLs."
  }

  assert {
    condition     = alltrue([for job in google_cloud_scheduler_job.call : job.http_target[0].oidc_token[0].audience == job.http_target[0].uri])
    error_message = "The audience of a token must equal the URL that is called."
  }
}

run "tasks_call_dispatch" {
  command = plan

  assert {
    condition     = module.task_creator["fan_out"].environment.DISPATCH_URL == "https://wa-dispatch-abcdefghij-uk.a.run.app"
    error_message = "fan_out must create tasks for the run.app URL of dispatch."
  }
}

run "dead_letters_are_kept" {
  command = plan

  assert {
    condition     = keys(google_pubsub_subscription.push) == keys(google_pubsub_topic.dead)
    error_message = "Each push subscription needs a dead-letter topic."
  }

  assert {
    condition     = { for name, subscription in google_pubsub_subscription.dead : name => subscription.name } == { events = "wa-events-dead", fan_out = "wa-fan-out-dead" }
    error_message = "Each dead-letter topic needs a subscription; else its messages are gone."
  }

  assert {
    condition = alltrue([
      for grant in concat(values(google_pubsub_topic_iam_member.dead), values(google_pubsub_subscription_iam_member.push)) :
      grant.member == "serviceAccount:service-123456789012@gcp-sa-pubsub.iam.gserviceaccount.com"
    ])
    error_message = "Pub/Sub's own agent must be allowed to move dead letters."
  }
}

run "no_subscription_expires" {
  command = plan

  assert {
    condition = alltrue([
      for subscription in concat(values(google_pubsub_subscription.push), values(google_pubsub_subscription.dead), [google_pubsub_subscription.inbound]) :
      subscription.expiration_policy[0].ttl == "" && subscription.message_retention_duration == "2678400s"
    ])
    error_message = "Between two campaigns a subscription may be idle for months."
  }
}

run "a_push_waits_as_long_as_its_function" {
  command = plan

  assert {
    condition = alltrue([
      for name, push in local.pushes :
      google_pubsub_subscription.push[name].ack_deadline_seconds == local.deployables[push.function].timeout_seconds
    ])
    error_message = "Pub/Sub would send again what is still being worked on."
  }
}
