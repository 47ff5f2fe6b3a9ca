locals {
  apis = toset(concat([
    "artifactregistry.googleapis.com",
    "cloudbuild.googleapis.com",
    "cloudfunctions.googleapis.com",
    "cloudresourcemanager.googleapis.com",
    "cloudscheduler.googleapis.com",
    "cloudtasks.googleapis.com",
    "iam.googleapis.com",
    "logging.googleapis.com",
    "monitoring.googleapis.com",
    "pubsub.googleapis.com",
    "run.googleapis.com",
    "secretmanager.googleapis.com",
    "storage.googleapis.com",
  ], var.budget == null ? [] : ["billingbudgets.googleapis.com"], var.kms_key == null ? [] : ["cloudkms.googleapis.com"]))
}

resource "google_project_service" "api" {
  for_each = local.apis

  project = var.project_id
  service = each.key
}

# Needed for its number alone: service agents and budgets are named by it. It waits for no API: unknown in a plan,
# the number would replace every grant that is made to an agent.
data "google_project" "project" {
  project_id = var.project_id
}
