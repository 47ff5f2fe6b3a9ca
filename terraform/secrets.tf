# Containers only. Values are added with `gcloud secrets versions add` and are in no file, plan or state. Who may
# read which secret follows from the settings of each function (modules/function/iam.tf).

resource "google_secret_manager_secret" "secret" {
  for_each = toset(keys(var.secret_versions))

  project   = var.project_id
  secret_id = replace(each.key, "_", "-")

  replication {
    user_managed {
      replicas {
        location = var.region

        dynamic "customer_managed_encryption" {
          for_each = var.kms_key[*]

          content {
            kms_key_name = customer_managed_encryption.value
          }
        }
      }
    }
  }

  depends_on = [google_project_service.api, google_kms_crypto_key_iam_member.agent]
}
