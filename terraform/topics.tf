locals {
  push_seconds = 120 # for one message: creating 500 tasks, or applying 1,000 updates

  # Phones and replies are in these messages: no longer than docs/privacy.md says.
  kept      = "604800s"  # 7 days
  dead_kept = "1209600s" # 14 days, for somebody to mend the cause

  # Which function a topic calls, and how long the pauses between its tries grow. After 100 tries, the most there
  # may be, a message is a dead letter. The sweep announces a lost shard again; an event exists only here, and so
  # outlives an outage of seven hours.
  pushes = {
    events  = { function = "apply_events", longest_pause = "300s" }
    fan_out = { function = "fan_out", longest_pause = "60s" }
  }

  # Where messages may lie, wherever a publisher runs. Not enforce_in_transit: it would fail calls that reach Pub/Sub
  # in another region, and Google routes calls of the global address.
  message_regions = coalesce(var.message_regions, [var.region])

  pubsub_agent = local.agents["pubsub"]
}

resource "google_pubsub_topic" "topic" {
  for_each = toset(["events", "fan_out", "inbound"])

  kms_key_name = var.kms_key
  # A restored database is told again what Meta reported since (docs/operations.md, "Restoring the database").
  message_retention_duration = each.key == "events" ? local.kept : null
  name                       = "wa-${replace(each.key, "_", "-")}"
  project                    = var.project_id

  message_storage_policy {
    allowed_persistence_regions = local.message_regions
  }

  depends_on = [google_project_service.api, google_kms_crypto_key_iam_member.agent]
}

resource "google_pubsub_topic_iam_member" "publisher" {
  for_each = { for name, deployable in local.deployables : name => deployable.publishes if can(deployable.publishes) }

  member  = local.functions[each.key].service_account_member
  project = var.project_id
  role    = "roles/pubsub.publisher"
  topic   = google_pubsub_topic.topic[each.value].name
}

resource "google_pubsub_subscription" "push" {
  for_each = local.pushes

  ack_deadline_seconds       = local.push_seconds
  message_retention_duration = local.kept
  name                       = google_pubsub_topic.topic[each.key].name
  project                    = var.project_id
  topic                      = google_pubsub_topic.topic[each.key].id

  dead_letter_policy {
    dead_letter_topic     = google_pubsub_topic.dead[each.key].id
    max_delivery_attempts = 100
  }

  expiration_policy {
    ttl = "" # never
  }

  push_config {
    push_endpoint = local.functions[each.value.function].uri

    oidc_token {
      audience              = local.functions[each.value.function].uri
      service_account_email = google_service_account.invoker["pubsub"].email
    }
  }

  retry_policy {
    maximum_backoff = each.value.longest_pause
    minimum_backoff = "1s"
  }
}

# Replies of voters wait here for whoever classifies them.
resource "google_pubsub_subscription" "inbound" {
  message_retention_duration = local.kept
  name                       = google_pubsub_topic.topic["inbound"].name
  project                    = var.project_id
  topic                      = google_pubsub_topic.topic["inbound"].id

  expiration_policy {
    ttl = "" # never
  }
}

resource "google_pubsub_topic" "dead" {
  for_each = local.pushes

  kms_key_name = var.kms_key
  name         = "${google_pubsub_topic.topic[each.key].name}-dead"
  project      = var.project_id

  message_storage_policy {
    allowed_persistence_regions = local.message_regions
  }

  depends_on = [google_project_service.api, google_kms_crypto_key_iam_member.agent]
}

# A topic keeps nothing: without a subscription its dead letters would be gone.
resource "google_pubsub_subscription" "dead" {
  for_each = google_pubsub_topic.dead

  ack_deadline_seconds       = 600
  message_retention_duration = local.dead_kept
  name                       = each.value.name
  project                    = var.project_id
  topic                      = each.value.id

  expiration_policy {
    ttl = "" # never
  }
}

# Pub/Sub itself moves dead letters: it publishes them there and takes them from here.
resource "google_pubsub_topic_iam_member" "dead" {
  for_each = google_pubsub_topic.dead

  member  = local.pubsub_agent
  project = var.project_id
  role    = "roles/pubsub.publisher"
  topic   = each.value.name
}

resource "google_pubsub_subscription_iam_member" "push" {
  for_each = google_pubsub_subscription.push

  member       = local.pubsub_agent
  project      = var.project_id
  role         = "roles/pubsub.subscriber"
  subscription = each.value.name
}
