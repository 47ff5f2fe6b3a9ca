# One map, two blocks: a function that creates tasks needs the URL of dispatch, a function itself. In one block
# each would wait for the other.

locals {
  environments = {
    for name, deployable in local.deployables :
    name => merge([for group in deployable.settings : local.settings[group].environment]...)
  }
  secrets = {
    for name, deployable in local.deployables : name => {
      for variable, secret in merge(deployable.secrets, [for group in deployable.settings : local.settings[group].secrets]...) :
      variable => {
        secret  = google_secret_manager_secret.secret[secret].secret_id
        version = var.secret_versions[secret]
      }
    }
  }
  functions = merge(module.function, module.task_creator)
}

module "function" {
  source = "./modules/function"
  for_each = {
    for name, deployable in local.deployables : name => deployable if !contains(deployable.settings, "tasks")
  }

  build_repository      = google_artifact_registry_repository.functions.id
  build_service_account = google_service_account.build.name
  bundle                = google_storage_bucket_object.bundle[each.value.folder]
  deployable            = each.value
  entry_point           = each.key
  environment           = local.environments[each.key]
  invokers              = { for invoker in each.value.invokers : invoker => local.invokers[invoker] }
  project_id            = var.project_id
  region                = var.region
  secrets               = local.secrets[each.key]

  depends_on = [
    google_artifact_registry_repository_iam_member.build,
    google_project_iam_member.build_logs,
    google_project_iam_member.build_sources,
    google_project_service.api,
  ]
}

module "task_creator" {
  source = "./modules/function"
  for_each = {
    for name, deployable in local.deployables : name => deployable if contains(deployable.settings, "tasks")
  }

  build_repository      = google_artifact_registry_repository.functions.id
  build_service_account = google_service_account.build.name
  bundle                = google_storage_bucket_object.bundle[each.value.folder]
  deployable            = each.value
  entry_point           = each.key
  environment           = merge(local.environments[each.key], { DISPATCH_URL = module.function["dispatch"].uri })
  invokers              = { for invoker in each.value.invokers : invoker => local.invokers[invoker] }
  project_id            = var.project_id
  region                = var.region
  secrets               = local.secrets[each.key]

  depends_on = [
    google_artifact_registry_repository_iam_member.build,
    google_project_iam_member.build_logs,
    google_project_iam_member.build_sources,
    google_project_service.api,
  ]
}
