# Each function has an account of its own (modules/function). Here: who builds them, and who calls them.

locals {
  # In whose name a call comes. The webhook alone is open to everybody.
  invokers = merge({ public = "allUsers" }, { for name, account in google_service_account.invoker : name => account.member })

  source_buckets = [
    google_storage_bucket.bundles.name,
    "gcf-v2-sources-${data.google_project.project.number}-${var.region}",
  ]
}

resource "google_service_account" "build" {
  account_id   = "wa-build"
  display_name = "WhatsApp bridge: builds the functions"
  project      = var.project_id

  depends_on = [google_project_service.api]
}

# Logs know no smaller scope than the project.
resource "google_project_iam_member" "build_logs" {
  member  = google_service_account.build.member
  project = var.project_id
  role    = "roles/logging.logWriter"
}

# Cloud Functions copies each archive into a bucket of its own and has the build read it there
# (https://github.com/hashicorp/terraform-provider-google/issues/20571). That bucket exists only once something was
# deployed, and so a condition on the project's policy names it instead of a grant on the bucket.
resource "google_project_iam_member" "build_sources" {
  member  = google_service_account.build.member
  project = var.project_id
  role    = "roles/storage.objectViewer"

  condition {
    title = "only where sources of functions are"
    expression = join(" || ", flatten([for bucket in local.source_buckets : [
      "resource.name == \"projects/_/buckets/${bucket}\"",
      "resource.name.startsWith(\"projects/_/buckets/${bucket}/objects/\")",
    ]]))
  }
}

resource "google_artifact_registry_repository" "functions" {
  description   = "Images of the functions."
  format        = "DOCKER"
  location      = var.region
  project       = var.project_id
  repository_id = "wa-functions"

  depends_on = [google_project_service.api]
}

resource "google_artifact_registry_repository_iam_member" "build" {
  location   = google_artifact_registry_repository.functions.location
  member     = google_service_account.build.member
  project    = var.project_id
  repository = google_artifact_registry_repository.functions.name
  role       = "roles/artifactregistry.writer"
}

resource "google_service_account" "invoker" {
  for_each = {
    edge      = "the Supabase Edge Function calls send and templates"
    pubsub    = "Pub/Sub calls fan_out and apply_events"
    scheduler = "Cloud Scheduler calls sweep and sync"
    tasks     = "Cloud Tasks calls dispatch"
  }

  account_id   = "wa-invoker-${each.key}"
  display_name = "WhatsApp bridge: ${each.value}"
  project      = var.project_id

  depends_on = [google_project_service.api]
}

# Who creates a task that calls in the name of an account must be allowed to act as it.
resource "google_service_account_iam_member" "task_creator" {
  for_each = module.task_creator

  member             = each.value.service_account_member
  role               = "roles/iam.serviceAccountUser"
  service_account_id = google_service_account.invoker["tasks"].name
}

# Projects whose Pub/Sub agent dates from before April 2021 need it (Pub/Sub docs, "Authentication for push").
resource "google_service_account_iam_member" "pubsub_agent" {
  member             = local.pubsub_agent
  role               = "roles/iam.serviceAccountTokenCreator"
  service_account_id = google_service_account.invoker["pubsub"].name
}
