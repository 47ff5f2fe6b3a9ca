# Never faster than a number allows, and room for what is under way.

mock_provider "google" {
  source          = "./tests/mocks"
  override_during = plan
}

mock_provider "external" {
  source          = "./tests/mocks"
  override_during = plan
}

variables {
  meta_app_id              = "1234567890"
  notification_channels    = ["projects/campaign-test/notificationChannels/1"]
  project_id               = "campaign-test"
  region                   = "us-east4"
  senders                  = { north = {}, south = { rate = 20, queue_suffix = "b" } }
  supabase_publishable_key = "sb_publishable_test"
  supabase_url             = "https://example.supabase.co"
}

run "each_sender_has_its_queue" {
  command = plan

  assert {
    condition     = output.queue_names == { north = "wa-sender-north-1", south = "wa-sender-south-b" }
    error_message = "A queue's name is wa-sender-<sender>-<suffix>."
  }

  assert {
    condition     = { for name, queue in google_cloud_tasks_queue.sender : name => queue.rate_limits[0].max_dispatches_per_second } == { north = 70, south = 20 }
    error_message = "A queue must dispatch at its sender's rate."
  }

  assert {
    condition     = { for name, queue in google_cloud_tasks_queue.sender : name => queue.rate_limits[0].max_concurrent_dispatches } == { north = 158, south = 45 }
    error_message = "A queue must hold rate x seconds of tasks under way."
  }

  assert {
    condition     = alltrue([for queue in google_cloud_tasks_queue.sender : queue.retry_config[0].max_attempts == -1])
    error_message = "A task that gives up would leave its message to the sweep's patience."
  }
}

run "fan_out_alone_creates_tasks" {
  command = plan

  assert {
    condition = { for name, grant in google_cloud_tasks_queue_iam_member.enqueuer : name => [grant.role, grant.name, grant.member] } == {
      "north/fan_out" = ["roles/cloudtasks.enqueuer", "wa-sender-north-1", "serviceAccount:wa-fan-out@campaign-test.iam.gserviceaccount.com"]
      "south/fan_out" = ["roles/cloudtasks.enqueuer", "wa-sender-south-b", "serviceAccount:wa-fan-out@campaign-test.iam.gserviceaccount.com"]
    }
    error_message = "Only fan_out may create tasks, in each queue."
  }
}

run "an_upgraded_number_may_be_faster" {
  command = plan

  variables {
    dispatch = { max_instances = 8 }
    senders  = { north = { rate = 400, throughput = 1000 } }
  }

  assert {
    condition     = google_cloud_tasks_queue.sender["north"].rate_limits[0].max_concurrent_dispatches == 900
    error_message = "The queue must grow with the rate."
  }
}

run "no_queue_outruns_its_number" {
  command = plan

  variables {
    senders = { north = { rate = 81 } }
  }

  expect_failures = [var.senders]
}

run "no_queue_outruns_cloud_tasks" {
  command = plan

  variables {
    dispatch = { max_instances = 20 }
    senders  = { north = { rate = 501, throughput = 1000 } }
  }

  expect_failures = [var.senders]
}

run "throughput_is_what_meta_grants" {
  command = plan

  variables {
    senders = { north = { throughput = 200 } }
  }

  expect_failures = [var.senders]
}

run "dispatch_has_room_for_every_queue" {
  command = plan

  variables {
    dispatch = { max_instances = 1 }
  }

  expect_failures = [var.dispatch]
}
