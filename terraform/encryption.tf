# With kms_key, what may hold personal data or a secret is encrypted with that key: topics, secrets, the bucket of the
# audit log. Tasks hold an id and nothing else; their key is one command, see README.md, because the provider has no
# resource for it.

locals {
  # Google's own accounts, in whose name its services work inside of the project.
  agents = {
    for service, domain in {
      pubsub         = "gcp-sa-pubsub"
      secret_manager = "gcp-sa-secretmanager"
      storage        = "gs-project-accounts"
      tasks          = "gcp-sa-cloudtasks"
    } : service => "serviceAccount:service-${data.google_project.project.number}@${domain}.iam.gserviceaccount.com"
  }
}

resource "google_kms_crypto_key_iam_member" "agent" {
  for_each = var.kms_key == null ? {} : local.agents

  crypto_key_id = var.kms_key
  member        = each.value
  role          = "roles/cloudkms.cryptoKeyEncrypterDecrypter"

  depends_on = [google_project_service.api]
}
