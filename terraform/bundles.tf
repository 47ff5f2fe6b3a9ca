# One archive per folder, built by bundle.py. Its hash is in the object's name, so that a plain apply redeploys
# the functions whose code changed, and no others.

data "external" "bundle" {
  for_each = toset([for deployable in values(local.deployables) : deployable.folder])

  program = ["python3", "${path.module}/bundle.py"]
  query   = { folder = each.key }
}

# No rule deletes old objects by age: a function whose settings change is built again from the one it has.
# Terraform itself removes an object once no function uses it.
resource "google_storage_bucket" "bundles" {
  name                        = "${var.project_id}-wa-bundles"
  project                     = var.project_id
  location                    = var.region
  force_destroy               = true # nothing in it that bundle.py could not build again
  public_access_prevention    = "enforced"
  uniform_bucket_level_access = true

  versioning {
    enabled = false
  }

  depends_on = [google_project_service.api]
}

resource "google_storage_bucket_object" "bundle" {
  for_each = data.external.bundle

  bucket = google_storage_bucket.bundles.name
  name   = each.value.result.name
  source = "${path.module}/.bundles/${each.value.result.name}" # relative: another path would replace the object

  lifecycle {
    create_before_destroy = true # the functions move to the new one before the old one goes
  }
}
