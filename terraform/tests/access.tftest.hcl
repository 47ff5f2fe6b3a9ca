# Who may call, read and publish what.

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

run "only_the_webhook_is_public" {
  command = plan

  assert {
    condition = (
      [for name, function in local.functions : name if anytrue([for member in function.access.invokers : startswith(member, "all")])]
      == ["webhook"]
    )
    error_message = "Only the webhook may be called without a Google identity."
  }
}

run "each_function_has_its_one_caller" {
  command = plan

  assert {
    condition = { for name, function in local.functions : name => one(function.access.invokers) } == {
      apply_events = "serviceAccount:wa-invoker-pubsub@campaign-test.iam.gserviceaccount.com"
      dispatch     = "serviceAccount:wa-invoker-tasks@campaign-test.iam.gserviceaccount.com"
      fan_out      = "serviceAccount:wa-invoker-pubsub@campaign-test.iam.gserviceaccount.com"
      send         = "serviceAccount:wa-invoker-edge@campaign-test.iam.gserviceaccount.com"
      sweep        = "serviceAccount:wa-invoker-scheduler@campaign-test.iam.gserviceaccount.com"
      sync         = "serviceAccount:wa-invoker-scheduler@campaign-test.iam.gserviceaccount.com"
      templates    = "serviceAccount:wa-invoker-edge@campaign-test.iam.gserviceaccount.com"
      webhook      = "allUsers"
    }
    error_message = "A function may be called by the system that calls it, and by nobody else."
  }
}

run "back_doors_are_internal" {
  command = plan

  assert {
    condition = (
      [for name, function in local.functions : name if function.access.ingress != "ALLOW_INTERNAL_ONLY"]
      == ["send", "templates", "webhook"]
    )
    error_message = "Only the three front doors may be reached from outside the project."
  }
}

run "secrets_are_read_by_who_needs_them" {
  command = plan

  assert {
    condition = { for name, function in local.functions : name => function.access.secrets } == {
      apply_events = { SUPABASE_TOKEN = "supabase-token-apply-events/1" }
      dispatch     = { META_ACCESS_TOKEN = "meta-access-token/1", SUPABASE_TOKEN = "supabase-token-dispatch/1" }
      fan_out      = { SUPABASE_TOKEN = "supabase-token-fan-out/1" }
      send         = { META_ACCESS_TOKEN = "meta-access-token/1", SUPABASE_TOKEN = "supabase-token-send/1" }
      sweep        = { SUPABASE_TOKEN = "supabase-token-sweep/1" }
      sync         = { META_ACCESS_TOKEN = "meta-access-token/1", SUPABASE_TOKEN = "supabase-token-sync/1" }
      templates    = { META_ACCESS_TOKEN = "meta-access-token/1", SUPABASE_TOKEN = "supabase-token-templates/1" }
      webhook      = { META_APP_SECRET = "meta-app-secret/1", META_VERIFY_TOKEN = "meta-verify-token/1" }
    }
    error_message = "A function reads other secrets than its entry point needs."
  }
}

run "secrets_are_no_plain_variables" {
  command = plan

  assert {
    condition = alltrue([
      for function in values(local.functions) :
      length(setintersection(keys(function.environment), flatten([for group in values(local.settings) : keys(group.secrets)]))) == 0
    ])
    error_message = "A secret must come from Secret Manager, never from the plain environment."
  }
}

run "a_rotation_is_one_number" {
  command = plan

  variables {
    secret_versions = { meta_app_secret = "2" }
  }

  assert {
    condition     = local.functions["webhook"].access.secrets == { META_APP_SECRET = "meta-app-secret/2", META_VERIFY_TOKEN = "meta-verify-token/1" }
    error_message = "Only the rotated secret may change its version."
  }
}

run "publishers_know_their_topic_alone" {
  command = plan

  assert {
    condition = { for name, grant in google_pubsub_topic_iam_member.publisher : name => [grant.role, grant.topic, grant.member] } == {
      apply_events = ["roles/pubsub.publisher", "wa-inbound", "serviceAccount:wa-apply-events@campaign-test.iam.gserviceaccount.com"]
      send         = ["roles/pubsub.publisher", "wa-fan-out", "serviceAccount:wa-send@campaign-test.iam.gserviceaccount.com"]
      sweep        = ["roles/pubsub.publisher", "wa-fan-out", "serviceAccount:wa-sweep@campaign-test.iam.gserviceaccount.com"]
      templates    = ["roles/pubsub.publisher", "wa-fan-out", "serviceAccount:wa-templates@campaign-test.iam.gserviceaccount.com"]
      webhook      = ["roles/pubsub.publisher", "wa-events", "serviceAccount:wa-webhook@campaign-test.iam.gserviceaccount.com"]
    }
    error_message = "A function may publish to its own topic, and to no other."
  }
}

run "who_acts_as_whom" {
  command = plan

  assert {
    condition = { for name, grant in google_service_account_iam_member.task_creator : name => [grant.role, grant.service_account_id, grant.member] } == {
      fan_out = [
        "roles/iam.serviceAccountUser",
        "projects/campaign-test/serviceAccounts/wa-invoker-tasks@campaign-test.iam.gserviceaccount.com",
        "serviceAccount:wa-fan-out@campaign-test.iam.gserviceaccount.com",
      ]
    }
    error_message = "Only fan_out may act as the account in whose name tasks call dispatch."
  }

  assert {
    condition = [
      for grant in [google_service_account_iam_member.pubsub_agent] : [grant.role, grant.service_account_id, grant.member]
      ] == [[
        "roles/iam.serviceAccountTokenCreator",
        "projects/campaign-test/serviceAccounts/wa-invoker-pubsub@campaign-test.iam.gserviceaccount.com",
        "serviceAccount:service-123456789012@gcp-sa-pubsub.iam.gserviceaccount.com",
    ]]
    error_message = "Pub/Sub's own agent makes the tokens of its pushes, and of nothing else."
  }

  assert {
    condition     = output.edge_service_account == "wa-invoker-edge@campaign-test.iam.gserviceaccount.com"
    error_message = "The Edge Function needs a key of its own account."
  }
}

run "the_builder_can_build" {
  command = plan

  assert {
    condition = (
      [for grant in [google_project_iam_member.build_logs, google_project_iam_member.build_sources] : [grant.role, grant.member]]
      == [for role in ["logging.logWriter", "storage.objectViewer"] : ["roles/${role}", google_service_account.build.member]]
    )
    error_message = "The build account writes logs and reads sources."
  }

  assert {
    condition = one(google_project_iam_member.build_sources.condition).expression == join(" || ", [
      "resource.name == \"projects/_/buckets/campaign-test-wa-bundles\"",
      "resource.name.startsWith(\"projects/_/buckets/campaign-test-wa-bundles/objects/\")",
      "resource.name == \"projects/_/buckets/gcf-v2-sources-123456789012-us-east4\"",
      "resource.name.startsWith(\"projects/_/buckets/gcf-v2-sources-123456789012-us-east4/objects/\")",
    ])
    error_message = "The build account may read the two buckets with sources, and no other of the project: one holds the audit log."
  }

  assert {
    condition = (
      [for grant in [google_artifact_registry_repository_iam_member.build] : [grant.role, grant.location, grant.repository, grant.member]]
      == [["roles/artifactregistry.writer", "us-east4", "wa-functions", google_service_account.build.member]]
    )
    error_message = "The build account writes images into the functions' own repository, and no other."
  }

  assert {
    condition = alltrue([
      for function in values(local.functions) : function.build == {
        repository      = "projects/campaign-test/locations/us-east4/repositories/wa-functions"
        service_account = google_service_account.build.name
      }
    ])
    error_message = "Every function must be built by that account, into that repository."
  }
}

run "the_secret_key_is_no_publishable_key" {
  command = plan

  variables {
    supabase_publishable_key = "sb_secret_test"
  }

  expect_failures = [var.supabase_publishable_key]
}

run "a_service_role_jwt_is_no_publishable_key" {
  command = plan

  variables {
    # {"alg":"HS256"}.{"iss":"supabase","ref":"abcdefghij","role":"service_role"}
    supabase_publishable_key = "eyJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJzdXBhYmFzZSIsInJlZiI6ImFiY2RlZmdoaWoiLCJyb2xlIjoic2VydmljZV9yb2xlIn0.c2lnbmF0dXJl"
  }

  expect_failures = [var.supabase_publishable_key]
}

run "an_anon_jwt_is_a_publishable_key" {
  command = plan

  variables {
    # {"alg":"HS256"}.{"iss":"supabase","ref":"abcdefghij","role":"anon"}
    supabase_publishable_key = "eyJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJzdXBhYmFzZSIsInJlZiI6ImFiY2RlZmdoaWoiLCJyb2xlIjoiYW5vbiJ9.c2lnbmF0dXJl"
  }

  assert {
    condition     = startswith(local.functions["send"].environment.SUPABASE_PUBLISHABLE_KEY, "eyJ")
    error_message = "Keys of the older kind still work."
  }
}

run "latest_is_no_version" {
  command = plan

  variables {
    secret_versions = { meta_access_token = "latest" }
  }

  expect_failures = [var.secret_versions]
}
