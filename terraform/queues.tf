resource "google_cloud_tasks_queue" "sender" {
  for_each = var.senders

  location = var.region
  name     = "wa-sender-${each.key}-${each.value.queue_suffix}"
  project  = var.project_id

  rate_limits {
    max_concurrent_dispatches = ceil(each.value.rate * var.dispatch.task_seconds)
    max_dispatches_per_second = each.value.rate
  }

  # Tried for as long as it takes: only "everybody wait" comes back as an error, see docs/decisions/0005.
  retry_config {
    max_attempts  = -1
    max_backoff   = "60s"
    max_doublings = 6
    min_backoff   = "1s"
  }

  stackdriver_logging_config {
    sampling_ratio = 0.1
  }

  depends_on = [google_project_service.api]

  lifecycle {
    prevent_destroy = true # its tasks would be lost, and its name taken for days
  }
}

locals {
  queue_users = {
    for pair in setproduct(keys(var.senders), keys(module.task_creator)) :
    "${pair[0]}/${pair[1]}" => { sender = pair[0], function = pair[1] }
  }
}

resource "google_cloud_tasks_queue_iam_member" "enqueuer" {
  for_each = local.queue_users

  location = google_cloud_tasks_queue.sender[each.value.sender].location
  member   = module.task_creator[each.value.function].service_account_member
  name     = google_cloud_tasks_queue.sender[each.value.sender].name
  project  = var.project_id
  role     = "roles/cloudtasks.enqueuer"
}
