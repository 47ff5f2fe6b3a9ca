resource "google_secret_manager_secret_iam_member" "reader" {
  for_each = var.secrets

  member    = google_service_account.runtime.member
  project   = var.project_id
  role      = "roles/secretmanager.secretAccessor"
  secret_id = each.value.secret
}

# On the Cloud Run service, for the function itself refuses this role. It goes with the service, hence the trigger.
resource "google_cloud_run_service_iam_member" "invoker" {
  for_each = var.invokers

  location = var.region
  member   = each.value
  project  = var.project_id
  role     = "roles/run.invoker"
  service  = google_cloudfunctions2_function.function.name

  lifecycle {
    replace_triggered_by = [google_cloudfunctions2_function.function.id]
  }
}
