# Who read or changed what, beside the changes of resources that Google always logs. Pub/Sub logs no message operations,
# so no message is in these logs (https://cloud.google.com/pubsub/docs/audit-logging); but it counts seeking a
# subscription, which drops or repeats messages, as ADMIN_READ.

resource "google_project_iam_audit_config" "access" {
  for_each = toset(["cloudtasks", "pubsub", "secretmanager", "storage"])

  project = var.project_id
  service = "${each.key}.googleapis.com"

  dynamic "audit_log_config" {
    for_each = ["ADMIN_READ", "DATA_READ", "DATA_WRITE"]

    content {
      # Creating its tasks is all that fan_out does there, once for each message: a line for each would say what
      # Postgres keeps already. Whoever else creates, runs or deletes a task is logged.
      exempted_members = (
        each.key == "cloudtasks" && audit_log_config.value == "DATA_WRITE"
        ? [for creator in values(module.task_creator) : creator.service_account_member]
        : []
      )
      log_type = audit_log_config.value
    }
  }
}
