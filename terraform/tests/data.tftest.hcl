# Where data is kept, for how long and with whose key, and whose access to it is seen.

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

run "everything_is_kept_in_the_region" {
  command = plan

  assert {
    condition = alltrue([
      for topic in concat(values(google_pubsub_topic.topic), values(google_pubsub_topic.dead)) :
      one(topic.message_storage_policy).allowed_persistence_regions == toset(["us-east4"])
    ])
    error_message = "Messages hold phone numbers: without a policy Pub/Sub keeps them wherever a publisher is."
  }

  assert {
    condition = alltrue([
      for secret in google_secret_manager_secret.secret :
      length(secret.replication[0].auto) == 0
      && [for replica in secret.replication[0].user_managed[0].replicas : replica.location] == ["us-east4"]
    ])
    error_message = "A secret must have its one copy in the region."
  }

  assert {
    condition = { for bucket in [google_storage_bucket.audit, google_storage_bucket.bundles] : bucket.name => bucket.location } == {
      campaign-test-wa-audit   = "us-east4"
      campaign-test-wa-bundles = "us-east4"
    }
    error_message = "Buckets must be in the region, not in a multi-region."
  }
}

run "messages_may_have_more_regions" {
  command = plan

  variables {
    message_regions = ["us-east4", "us-central1"]
  }

  assert {
    condition = alltrue([
      for topic in concat(values(google_pubsub_topic.topic), values(google_pubsub_topic.dead)) :
      one(topic.message_storage_policy).allowed_persistence_regions == toset(["us-central1", "us-east4"])
    ])
    error_message = "Every topic must take the regions that are given."
  }
}

run "no_region_is_no_place_for_messages" {
  command = plan

  variables {
    message_regions = []
  }

  expect_failures = [var.message_regions]
}

run "a_continent_is_no_region" {
  command = plan

  variables {
    message_regions = ["us"]
  }

  expect_failures = [var.message_regions]
}

run "access_is_logged" {
  command = plan

  assert {
    condition = {
      for service, config in google_project_iam_audit_config.access :
      config.service => join(" ", sort([for log in config.audit_log_config : log.log_type]))
      } == {
      for service in ["cloudtasks", "pubsub", "secretmanager", "storage"] :
      "${service}.googleapis.com" => "ADMIN_READ DATA_READ DATA_WRITE"
    }
    error_message = "Who reads or writes secrets, messages, tasks and objects must be seen."
  }

  assert {
    condition = {
      for pair in flatten([
        for service, config in google_project_iam_audit_config.access : [
          for log in config.audit_log_config :
          { what = "${service} ${log.log_type}", exempted = log.exempted_members } if length(log.exempted_members) > 0
        ]
      ]) : pair.what => pair.exempted
    } == { "cloudtasks DATA_WRITE" = toset(["serviceAccount:wa-fan-out@campaign-test.iam.gserviceaccount.com"]) }
    error_message = "Only fan_out's creation of tasks, a million of them, goes without a line of its own."
  }
}

run "heads_of_the_audit_log_are_kept_outside" {
  command = plan

  assert {
    condition = [
      for bucket in [google_storage_bucket.audit] : [
        bucket.force_destroy, bucket.public_access_prevention, bucket.uniform_bucket_level_access, bucket.versioning[0].enabled,
        bucket.retention_policy[0].is_locked, tostring(bucket.retention_policy[0].retention_period),
      ]
    ] == [[false, "enforced", true, false, false, "157852800"]]
    error_message = "The bucket must keep what is in it for five years, unlocked, and show it to nobody outside."
  }

  assert {
    condition     = google_logging_project_sink.audit.destination == "storage.googleapis.com/campaign-test-wa-audit" && google_logging_project_sink.audit.unique_writer_identity
    error_message = "The sink must write into the bucket, in its own name."
  }

  assert {
    condition = google_logging_project_sink.audit.filter == join(" AND ", [
      "resource.type=\"cloud_run_revision\"",
      "resource.labels.service_name=\"wa-sweep\"",
      "jsonPayload.event=\"audit_head\"",
    ])
    error_message = "Only the sweep's own lines may reach the bucket: another function could write a false head."
  }

  assert {
    condition = { for binding in google_storage_bucket_iam_binding.audit : binding.role => binding.members } == {
      "roles/storage.legacyBucketOwner" = toset(["projectOwner:campaign-test"])
      "roles/storage.legacyObjectOwner" = toset(["projectOwner:campaign-test"])
      "roles/storage.objectCreator"     = toset(["serviceAccount:service-123456789012@gcp-sa-logging.iam.gserviceaccount.com"])
    }
    error_message = "The sink writes, and neither the project's editors nor any function."
  }
}

run "retention_can_be_locked" {
  command = plan

  variables {
    audit_retention_days   = 3653
    audit_retention_locked = true
  }

  assert {
    condition = [
      for policy in google_storage_bucket.audit.retention_policy : [policy.is_locked, tostring(policy.retention_period)]
    ] == [[true, "315619200"]]
    error_message = "The operator decides how long, and when that is for good."
  }
}

run "half_a_day_is_no_retention" {
  command = plan

  variables {
    audit_retention_days = 0.5
  }

  expect_failures = [var.audit_retention_days]
}

run "without_a_key_google_s_own_are_used" {
  command = plan

  assert {
    condition = (
      length(google_kms_crypto_key_iam_member.agent) == 0
      && alltrue([for topic in concat(values(google_pubsub_topic.topic), values(google_pubsub_topic.dead)) : topic.kms_key_name == null])
      && length(google_storage_bucket.audit.encryption) == 0
    )
    error_message = "A key is an option."
  }
}

run "a_key_encrypts_all_that_holds_people_and_secrets" {
  command = plan

  variables {
    kms_key = "projects/keys/locations/us-east4/keyRings/bridge/cryptoKeys/data"
  }

  assert {
    condition = alltrue([
      for key in concat(
        [for topic in concat(values(google_pubsub_topic.topic), values(google_pubsub_topic.dead)) : topic.kms_key_name],
        [for secret in google_secret_manager_secret.secret : secret.replication[0].user_managed[0].replicas[0].customer_managed_encryption[0].kms_key_name],
        [google_storage_bucket.audit.encryption[0].default_kms_key_name],
      ) : key == var.kms_key
    ])
    error_message = "Topics, secrets and the audit log's bucket must take the key."
  }

  assert {
    condition = { for grant in google_kms_crypto_key_iam_member.agent : grant.member => [grant.crypto_key_id, grant.role] } == {
      for domain in ["gcp-sa-cloudtasks", "gcp-sa-pubsub", "gcp-sa-secretmanager", "gs-project-accounts"] :
      "serviceAccount:service-123456789012@${domain}.iam.gserviceaccount.com" => [var.kms_key, "roles/cloudkms.cryptoKeyEncrypterDecrypter"]
    }
    error_message = "Google's own accounts encrypt and decrypt with the key, and only with this one."
  }
}

run "a_key_needs_its_api" {
  command = plan

  variables {
    kms_key = "projects/keys/locations/us-east4/keyRings/bridge/cryptoKeys/data"
  }

  assert {
    condition     = contains(keys(google_project_service.api), "cloudkms.googleapis.com")
    error_message = "Calls about the key are counted for this project, whichever project holds it."
  }
}

run "a_key_of_another_region_is_refused" {
  command = plan

  variables {
    kms_key = "projects/keys/locations/us-central1/keyRings/bridge/cryptoKeys/data"
  }

  expect_failures = [var.kms_key]
}

run "a_version_of_a_key_is_refused" {
  command = plan

  variables {
    kms_key = "projects/keys/locations/us-east4/keyRings/bridge/cryptoKeys/data/cryptoKeyVersions/1"
  }

  expect_failures = [var.kms_key]
}
