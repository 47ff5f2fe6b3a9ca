locals {
  # Which of Google's series are ours.
  queues        = "monitored_resource=\"cloud_tasks_queue\", queue_id=~\"wa-sender-.*\""
  services      = "monitored_resource=\"cloud_run_revision\", service_name=~\"wa-.*\""
  subscriptions = "monitored_resource=\"pubsub_subscription\", subscription_id=~\"wa-.*\""

  # From left to right, in PromQL.
  charts = [
    {
      title = "Attempts to send per second, by fate and cause"
      query = "sum by (fate, cause) (rate(logging_googleapis_com:user_${google_logging_metric.messages.name}{monitored_resource=\"cloud_run_revision\"}[1m]))"
    },
    {
      title = "Tasks in each queue"
      query = "sum by (queue_id) (cloudtasks_googleapis_com:queue_depth{${local.queues}})"
    },
    {
      title = "Task attempts per second, by answer"
      query = "sum by (queue_id, response_code) (rate(cloudtasks_googleapis_com:queue_task_attempt_count{${local.queues}}[1m]))"
    },
    {
      title = "Calls per second, by function and class"
      query = "sum by (service_name, response_code_class) (rate(run_googleapis_com:request_count{${local.services}}[1m]))"
    },
    {
      title = "Slowest call in 100, milliseconds"
      query = "histogram_quantile(0.99, sum by (service_name, le) (rate(run_googleapis_com:request_latencies_bucket{${local.services}}[5m])))"
    },
    {
      title = "Busy instances, by function"
      query = "sum by (service_name) (run_googleapis_com:container_instance_count{${local.services}, state=\"active\"})"
    },
    {
      title = "Age of the oldest waiting message, seconds"
      query = "max by (subscription_id) (pubsub_googleapis_com:subscription_oldest_unacked_message_age{${local.subscriptions}})"
    },
    {
      title = "Waiting messages, dead letters among them"
      query = "max by (subscription_id) (pubsub_googleapis_com:subscription_num_undelivered_messages{${local.subscriptions}})"
    },
  ]
}

resource "google_monitoring_dashboard" "bridge" {
  project = var.project_id

  dashboard_json = jsonencode({
    displayName = "WhatsApp bridge"
    mosaicLayout = {
      columns = 48
      tiles = [
        for index, chart in local.charts : {
          height = 16
          width  = 24
          xPos   = index % 2 * 24
          yPos   = floor(index / 2) * 16
          widget = {
            title = chart.title
            xyChart = {
              dataSets = [{
                plotType        = "LINE"
                timeSeriesQuery = { prometheusQuery = chart.query }
              }]
            }
          }
        }
      ]
    }
  })

  depends_on = [google_project_service.api]
}
