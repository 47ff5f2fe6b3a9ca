locals {
  name = "wa-${replace(var.entry_point, "_", "-")}"
}

resource "google_service_account" "runtime" {
  account_id   = local.name
  display_name = "WhatsApp bridge: runs ${var.entry_point}"
  project      = var.project_id
}

resource "google_cloudfunctions2_function" "function" {
  location = var.region
  name     = local.name
  project  = var.project_id

  build_config {
    docker_repository = var.build_repository
    entry_point       = var.entry_point
    runtime           = "python313"
    service_account   = var.build_service_account

    source {
      storage_source {
        bucket = var.bundle.bucket
        object = var.bundle.name
      }
    }
  }

  service_config {
    all_traffic_on_latest_revision   = true
    available_cpu                    = var.deployable.cpu
    available_memory                 = var.deployable.memory
    environment_variables            = merge(var.environment, { THREADS = tostring(var.deployable.concurrency) })
    ingress_settings                 = var.deployable.ingress
    max_instance_count               = var.deployable.max_instances
    max_instance_request_concurrency = var.deployable.concurrency
    min_instance_count               = var.deployable.min_instances
    service_account_email            = google_service_account.runtime.email
    timeout_seconds                  = var.deployable.timeout_seconds

    dynamic "secret_environment_variables" {
      for_each = var.secrets

      content {
        key        = secret_environment_variables.key
        project_id = var.project_id
        secret     = secret_environment_variables.value.secret
        version    = secret_environment_variables.value.version
      }
    }
  }

  depends_on = [google_secret_manager_secret_iam_member.reader]
}
