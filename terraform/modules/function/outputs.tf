output "access" {
  description = "From where and by whom the function may be called, and which versions of which secrets it reads."
  value = {
    ingress  = google_cloudfunctions2_function.function.service_config[0].ingress_settings
    invokers = [for grant in google_cloud_run_service_iam_member.invoker : grant.member]
    secrets = {
      for secret in google_cloudfunctions2_function.function.service_config[0].secret_environment_variables :
      secret.key => "${secret.secret}/${secret.version}"
    }
  }
}

output "build" {
  description = "In whose name the function is built, and where its image goes."
  value = {
    repository      = google_cloudfunctions2_function.function.build_config[0].docker_repository
    service_account = google_cloudfunctions2_function.function.build_config[0].service_account
  }
}

output "bundle" {
  description = "The archive the function is built from."
  value       = google_cloudfunctions2_function.function.build_config[0].source[0].storage_source[0].object
}

output "environment" {
  description = "The environment variables the function runs with; none of them is secret."
  value       = google_cloudfunctions2_function.function.service_config[0].environment_variables
}

output "service_account_member" {
  description = "The IAM member in whose name the function runs."
  value       = google_service_account.runtime.member
}

output "uri" {
  description = "The run.app URL: the one that internal callers must use, and the audience of their tokens."
  value       = google_cloudfunctions2_function.function.service_config[0].uri
}
