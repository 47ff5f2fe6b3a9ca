# One function, alone: it gets what it is given, and nothing else.

mock_provider "google" {
  source          = "./tests/mocks"
  override_during = plan
}

variables {
  build_repository      = "projects/campaign-test/locations/us-east4/repositories/wa-functions"
  build_service_account = "projects/campaign-test/serviceAccounts/wa-build@campaign-test.iam.gserviceaccount.com"
  bundle                = { bucket = "campaign-test-wa-bundles", name = "dispatch-0123456789abcdef.zip" }
  deployable            = { concurrency = 160, ingress = "ALLOW_INTERNAL_ONLY", max_instances = 4, timeout_seconds = 120 }
  entry_point           = "fan_out"
  environment           = { TASKS_LOCATION = "us-east4" }
  invokers              = { tasks = "serviceAccount:wa-invoker-tasks@campaign-test.iam.gserviceaccount.com" }
  project_id            = "campaign-test"
  region                = "us-east4"
  secrets               = { SUPABASE_TOKEN = { secret = "supabase-token-fan-out", version = "3" } }
}

run "callers_are_bound_to_the_service" {
  command = plan

  module {
    source = "./modules/function"
  }

  assert {
    condition = { for name, grant in google_cloud_run_service_iam_member.invoker : name => [grant.service, grant.role, grant.member] } == {
      tasks = ["wa-fan-out", "roles/run.invoker", "serviceAccount:wa-invoker-tasks@campaign-test.iam.gserviceaccount.com"]
    }
    error_message = "Exactly the given callers may invoke the service."
  }
}

run "its_own_account_reads_its_secrets" {
  command = plan

  module {
    source = "./modules/function"
  }

  assert {
    condition = { for name, grant in google_secret_manager_secret_iam_member.reader : name => [grant.secret_id, grant.role, grant.member] } == {
      SUPABASE_TOKEN = ["supabase-token-fan-out", "roles/secretmanager.secretAccessor", google_service_account.runtime.member]
    }
    error_message = "Exactly the given secrets may be read, by the function's own account."
  }

  assert {
    condition = [
      for secret in google_cloudfunctions2_function.function.service_config[0].secret_environment_variables :
      [secret.key, secret.secret, secret.version]
    ] == [["SUPABASE_TOKEN", "supabase-token-fan-out", "3"]]
    error_message = "The function must see the given version of each secret."
  }

  assert {
    condition     = google_cloudfunctions2_function.function.service_config[0].service_account_email == google_service_account.runtime.email
    error_message = "The function must run as its own account."
  }
}

run "threads_equal_concurrency" {
  command = plan

  module {
    source = "./modules/function"
  }

  assert {
    condition     = google_cloudfunctions2_function.function.service_config[0].environment_variables == tomap({ TASKS_LOCATION = "us-east4", THREADS = "160" })
    error_message = "THREADS must be what Cloud Run sends one instance at once."
  }

  assert {
    condition     = google_cloudfunctions2_function.function.service_config[0].max_instance_request_concurrency == 160
    error_message = "Cloud Run must send as many requests as there are threads."
  }
}
