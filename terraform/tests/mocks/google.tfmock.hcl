# What the provider would compute. Enough for a plan without a cloud: where two instances must differ, they are
# overridden here (who is who), or in the tests.

mock_data "google_project" {
  defaults = { number = "123456789012" }
}

mock_resource "google_artifact_registry_repository" {
  defaults = {
    id   = "projects/campaign-test/locations/us-east4/repositories/wa-functions"
    name = "wa-functions"
  }
}

mock_resource "google_cloudfunctions2_function" {
  defaults = {
    service_config = { uri = "https://wa-function-abcdefghij-uk.a.run.app" }
  }
}

mock_resource "google_logging_project_sink" {
  defaults = { writer_identity = "serviceAccount:service-123456789012@gcp-sa-logging.iam.gserviceaccount.com" }
}

mock_resource "google_service_account" {
  defaults = {
    email  = "wa-account@campaign-test.iam.gserviceaccount.com"
    member = "serviceAccount:wa-account@campaign-test.iam.gserviceaccount.com"
    name   = "projects/campaign-test/serviceAccounts/wa-account@campaign-test.iam.gserviceaccount.com"
  }
}

override_resource {
  target = google_service_account.invoker["edge"]
  values = {
    email  = "wa-invoker-edge@campaign-test.iam.gserviceaccount.com"
    member = "serviceAccount:wa-invoker-edge@campaign-test.iam.gserviceaccount.com"
    name   = "projects/campaign-test/serviceAccounts/wa-invoker-edge@campaign-test.iam.gserviceaccount.com"
  }
}

override_resource {
  target = google_service_account.invoker["pubsub"]
  values = {
    email  = "wa-invoker-pubsub@campaign-test.iam.gserviceaccount.com"
    member = "serviceAccount:wa-invoker-pubsub@campaign-test.iam.gserviceaccount.com"
    name   = "projects/campaign-test/serviceAccounts/wa-invoker-pubsub@campaign-test.iam.gserviceaccount.com"
  }
}

override_resource {
  target = google_service_account.invoker["scheduler"]
  values = {
    email  = "wa-invoker-scheduler@campaign-test.iam.gserviceaccount.com"
    member = "serviceAccount:wa-invoker-scheduler@campaign-test.iam.gserviceaccount.com"
    name   = "projects/campaign-test/serviceAccounts/wa-invoker-scheduler@campaign-test.iam.gserviceaccount.com"
  }
}

override_resource {
  target = google_service_account.invoker["tasks"]
  values = {
    email  = "wa-invoker-tasks@campaign-test.iam.gserviceaccount.com"
    member = "serviceAccount:wa-invoker-tasks@campaign-test.iam.gserviceaccount.com"
    name   = "projects/campaign-test/serviceAccounts/wa-invoker-tasks@campaign-test.iam.gserviceaccount.com"
  }
}

override_resource {
  target = module.function["apply_events"].google_service_account.runtime
  values = { member = "serviceAccount:wa-apply-events@campaign-test.iam.gserviceaccount.com" }
}

override_resource {
  target = module.task_creator["fan_out"].google_service_account.runtime
  values = { member = "serviceAccount:wa-fan-out@campaign-test.iam.gserviceaccount.com" }
}

override_resource {
  target = module.function["send"].google_service_account.runtime
  values = { member = "serviceAccount:wa-send@campaign-test.iam.gserviceaccount.com" }
}

override_resource {
  target = module.function["sweep"].google_service_account.runtime
  values = { member = "serviceAccount:wa-sweep@campaign-test.iam.gserviceaccount.com" }
}

override_resource {
  target = module.function["templates"].google_service_account.runtime
  values = { member = "serviceAccount:wa-templates@campaign-test.iam.gserviceaccount.com" }
}

override_resource {
  target = module.function["webhook"].google_service_account.runtime
  values = { member = "serviceAccount:wa-webhook@campaign-test.iam.gserviceaccount.com" }
}

override_resource {
  target = google_pubsub_topic.topic["events"]
  values = { id = "projects/campaign-test/topics/wa-events" }
}

override_resource {
  target = google_pubsub_topic.topic["fan_out"]
  values = { id = "projects/campaign-test/topics/wa-fan-out" }
}

override_resource {
  target = google_pubsub_topic.topic["inbound"]
  values = { id = "projects/campaign-test/topics/wa-inbound" }
}

override_resource {
  target = google_pubsub_topic.dead["events"]
  values = { id = "projects/campaign-test/topics/wa-events-dead" }
}

override_resource {
  target = google_pubsub_topic.dead["fan_out"]
  values = { id = "projects/campaign-test/topics/wa-fan-out-dead" }
}
