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
  meta_app_id              = "1234567890"
  notification_channels    = ["projects/campaign-test/notificationChannels/1"]
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

  assert {
    condition = alltrue([
      for subscription in google_pubsub_subscription.push :
      subscription.push_config[0].oidc_token[0].service_account_email == "wa-invoker-pubsub@campaign-test.iam.gserviceaccount.com"
    ])
    error_message = "Pub/Sub must call in the name of its own account; the function refuses any other."
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

  assert {
    condition = alltrue([
      for job in google_cloud_scheduler_job.call :
      job.http_target[0].oidc_token[0].service_account_email == "wa-invoker-scheduler@campaign-test.iam.gserviceaccount.com"
    ])
    error_message = "The scheduler must call in the name of its own account; the function refuses any other."
  }
}

run "tasks_call_dispatch" {
  command = plan

  assert {
    condition     = module.task_creator["fan_out"].environment.DISPATCH_URL == "https://wa-dispatch-abcdefghij-uk.a.run.app"
    error_message = "fan_out must create tasks for the run.app URL of dispatch."
  }

  assert {
    condition     = module.task_creator["fan_out"].environment.TASKS_SERVICE_ACCOUNT == "wa-invoker-tasks@campaign-test.iam.gserviceaccount.com"
    error_message = "Tasks must call in the name of their own account; dispatch refuses any other."
  }
}

run "each_subscription_has_its_topic" {
  command = plan

  assert {
    condition = { for name, subscription in merge(google_pubsub_subscription.push, { inbound = google_pubsub_subscription.inbound }) : name => subscription.topic } == {
      events  = "projects/campaign-test/topics/wa-events"
      fan_out = "projects/campaign-test/topics/wa-fan-out"
      inbound = "projects/campaign-test/topics/wa-inbound"
    }
    error_message = "A subscription must listen to its own topic."
  }
}

run "dead_letters_are_kept" {
  command = plan

  assert {
    condition = { for name, subscription in google_pubsub_subscription.push : name => one(subscription.dead_letter_policy).dead_letter_topic } == {
      events  = "projects/campaign-test/topics/wa-events-dead"
      fan_out = "projects/campaign-test/topics/wa-fan-out-dead"
    }
    error_message = "Each push subscription needs a dead-letter topic of its own."
  }

  assert {
    condition = { for name, subscription in google_pubsub_subscription.dead : subscription.name => subscription.topic } == {
      wa-events-dead  = "projects/campaign-test/topics/wa-events-dead"
      wa-fan-out-dead = "projects/campaign-test/topics/wa-fan-out-dead"
    }
    error_message = "Each dead-letter topic needs a subscription; else its messages are gone."
  }

  assert {
    condition = { for name, grant in google_pubsub_topic_iam_member.dead : name => [grant.role, grant.topic, grant.member] } == {
      events  = ["roles/pubsub.publisher", "wa-events-dead", "serviceAccount:service-123456789012@gcp-sa-pubsub.iam.gserviceaccount.com"]
      fan_out = ["roles/pubsub.publisher", "wa-fan-out-dead", "serviceAccount:service-123456789012@gcp-sa-pubsub.iam.gserviceaccount.com"]
    }
    error_message = "Pub/Sub's own agent must be allowed to publish dead letters."
  }

  assert {
    condition = { for name, grant in google_pubsub_subscription_iam_member.push : name => [grant.role, grant.subscription, grant.member] } == {
      events  = ["roles/pubsub.subscriber", "wa-events", "serviceAccount:service-123456789012@gcp-sa-pubsub.iam.gserviceaccount.com"]
      fan_out = ["roles/pubsub.subscriber", "wa-fan-out", "serviceAccount:service-123456789012@gcp-sa-pubsub.iam.gserviceaccount.com"]
    }
    error_message = "Pub/Sub's own agent must be allowed to take dead letters from where they failed."
  }
}

run "events_can_be_told_again" {
  command = plan

  assert {
    condition     = google_pubsub_topic.topic["events"].message_retention_duration == "604800s"
    error_message = "A restored database needs the events of the last seven days."
  }
}

run "no_subscription_expires" {
  command = plan

  assert {
    condition = alltrue([
      for subscription in concat(values(google_pubsub_subscription.push), values(google_pubsub_subscription.dead), [google_pubsub_subscription.inbound]) :
      subscription.expiration_policy[0].ttl == ""
    ])
    error_message = "Between two campaigns a subscription may be idle for months."
  }
}

run "phones_and_replies_are_kept_no_longer_than_promised" {
  command = plan

  assert {
    condition = alltrue([
      for subscription in concat(values(google_pubsub_subscription.push), [google_pubsub_subscription.inbound]) :
      subscription.message_retention_duration == "604800s"
    ])
    error_message = "docs/privacy.md promises seven days."
  }

  assert {
    condition     = alltrue([for subscription in google_pubsub_subscription.dead : subscription.message_retention_duration == "1209600s"])
    error_message = "docs/privacy.md promises fourteen days for dead letters."
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
