# Containers only. Values are added with `gcloud secrets versions add` and are in no file, plan or state. Who may
# read which secret follows from the settings of each function (modules/function/iam.tf).

resource "google_secret_manager_secret" "secret" {
  for_each = toset(keys(var.secret_versions))

  project   = var.project_id
  secret_id = replace(each.key, "_", "-")

  replication {
    auto {}
  }

  depends_on = [google_project_service.api]
}
