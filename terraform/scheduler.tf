resource "google_cloud_scheduler_job" "call" {
  for_each = {
    sweep = { retries = 0, schedule = "* * * * *" } # the next minute is its retry
    sync  = { retries = 2, schedule = "17 * * * *" }
  }

  attempt_deadline = "${local.deployables[each.key].timeout_seconds}s"
  name             = "wa-${each.key}"
  project          = var.project_id
  region           = var.region
  schedule         = each.value.schedule
  time_zone        = "Etc/UTC"

  http_target {
    http_method = "POST"
    uri         = local.functions[each.key].uri

    oidc_token {
      audience              = local.functions[each.key].uri
      service_account_email = google_service_account.invoker["scheduler"].email
    }
  }

  retry_config {
    retry_count = each.value.retries
  }

  depends_on = [google_project_service.api]
}
