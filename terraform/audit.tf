# The head of each campaign's audit log, outside of the database and of the reach of its owner: whoever rewrites the
# log there cannot rewrite it here. The sweep writes a line for each campaign whose log has grown; Cloud Logging
# copies it here in files of an hour.

# Nothing in it can be deleted or replaced until it is as old as the policy says, and so there is nothing to version.
resource "google_storage_bucket" "audit" {
  name                        = "${var.project_id}-wa-audit"
  project                     = var.project_id
  location                    = var.region
  force_destroy               = false
  public_access_prevention    = "enforced"
  uniform_bucket_level_access = true

  dynamic "encryption" {
    for_each = var.kms_key[*]

    content {
      default_kms_key_name = encryption.value
    }
  }

  retention_policy {
    is_locked        = var.audit_retention_locked
    retention_period = var.audit_retention_days * 24 * 60 * 60
  }

  versioning {
    enabled = false
  }

  depends_on = [google_project_service.api, google_kms_crypto_key_iam_member.agent]
}

resource "google_logging_project_sink" "audit" {
  description = "Heads of the audit log, to where its owner cannot rewrite them."
  destination = "storage.googleapis.com/${google_storage_bucket.audit.name}"
  filter = join(" AND ", [
    "resource.type=\"cloud_run_revision\"",
    "resource.labels.service_name=\"wa-sweep\"",
    "jsonPayload.event=\"audit_head\"",
  ])
  name                   = "wa-audit"
  project                = var.project_id
  unique_writer_identity = true
}

# Every role that writes, with everybody who has it: Google would let the project's editors write too. Its owners keep
# what they need to run the bucket, and with it could add an object; the retention policy keeps them from changing one.
resource "google_storage_bucket_iam_binding" "audit" {
  for_each = {
    legacyBucketOwner = "projectOwner:${var.project_id}"
    legacyObjectOwner = "projectOwner:${var.project_id}"
    objectCreator     = google_logging_project_sink.audit.writer_identity
  }

  bucket  = google_storage_bucket.audit.name
  members = [each.value]
  role    = "roles/storage.${each.key}"
}
