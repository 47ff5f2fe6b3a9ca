output "audit_bucket" {
  description = "Where the heads of the audit log are kept, to compare the database with."
  value       = google_storage_bucket.audit.name
}

output "edge_service_account" {
  description = "In whose name the Supabase Edge Function calls send and templates; it needs a key of this account."
  value       = google_service_account.invoker["edge"].email
}

output "function_urls" {
  description = "The run.app URL of each function; also the audience of the tokens that call it."
  value       = { for name, function in local.functions : name => function.uri }
}

output "queue_names" {
  description = "What wa_senders.queue_name must be, by sender."
  value       = { for name, queue in google_cloud_tasks_queue.sender : name => queue.name }
}

output "webhook_url" {
  description = "The callback URL to enter in Meta's app, with the verify token."
  value       = local.functions["webhook"].uri
}
