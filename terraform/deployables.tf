# What runs: one row for each entry point of functions/*/main.py.

locals {
  # What each group of shared/config.py reads, by the name of its reader (read_tasks, read_meta ...). What is not
  # set here has a default, see docs/operations.md. DISPATCH_URL joins in functions.tf.
  settings = {
    meta = {
      environment = { META_GRAPH_VERSION = var.meta_graph_version }
      secrets     = { META_ACCESS_TOKEN = "meta_access_token" }
    }
    supabase = {
      environment = {
        SUPABASE_PUBLISHABLE_KEY = var.supabase_publishable_key
        SUPABASE_URL             = var.supabase_url
      }
      secrets = {}
    }
    sweep = { environment = {}, secrets = {} }
    tasks = {
      environment = {
        GOOGLE_CLOUD_PROJECT  = var.project_id
        TASKS_LOCATION        = var.region
        TASKS_SERVICE_ACCOUNT = google_service_account.invoker["tasks"].email
      }
      secrets = {}
    }
    topics = {
      environment = {
        EVENTS_TOPIC         = google_pubsub_topic.topic["events"].name
        FAN_OUT_TOPIC        = google_pubsub_topic.topic["fan_out"].name
        GOOGLE_CLOUD_PROJECT = var.project_id
        INBOUND_TOPIC        = google_pubsub_topic.topic["inbound"].name
      }
      secrets = {}
    }
    webhook = {
      environment = {}
      secrets = {
        META_APP_SECRET   = "meta_app_secret"
        META_VERIFY_TOKEN = "meta_verify_token"
      }
    }
  }

  # settings: the readers in READERS of shared/config.py. secrets: those that no other function has.
  # invokers: who may call it (service-accounts.tf). publishes: the topic it may publish to, if any.
  # ingress: whoever calls a front door comes from outside.
  deployables = {
    apply_events = {
      folder          = "webhook"
      secrets         = { SUPABASE_TOKEN = "supabase_token_apply_events" }
      settings        = ["supabase", "topics"]
      invokers        = ["pubsub"]
      publishes       = "inbound"
      ingress         = "ALLOW_INTERNAL_ONLY"
      concurrency     = 4
      memory          = "1Gi" # see docs/security.md, as for the others
      max_instances   = 10
      timeout_seconds = local.push_seconds
    }
    dispatch = {
      folder        = "dispatch"
      secrets       = { SUPABASE_TOKEN = "supabase_token_dispatch" }
      settings      = ["supabase", "meta"]
      invokers      = ["tasks"]
      ingress       = "ALLOW_INTERNAL_ONLY"
      concurrency   = var.dispatch.concurrency
      max_instances = var.dispatch.max_instances
      # Twice what a task waits: an attempt is recorded even if Cloud Tasks has turned away.
      timeout_seconds = 120
    }
    fan_out = {
      folder          = "send"
      secrets         = { SUPABASE_TOKEN = "supabase_token_fan_out" }
      settings        = ["supabase", "tasks"]
      invokers        = ["pubsub"]
      ingress         = "ALLOW_INTERNAL_ONLY"
      concurrency     = 4
      max_instances   = 2 # one alone creates tasks faster than Cloud Tasks advises for a cold queue
      timeout_seconds = local.push_seconds
    }
    send = {
      folder          = "send"
      settings        = ["supabase", "topics"]
      invokers        = ["edge"]
      publishes       = "fan_out"
      ingress         = "ALLOW_ALL"
      concurrency     = 8
      memory          = "1Gi"
      max_instances   = 10
      timeout_seconds = 90
    }
    sweep = {
      folder        = "dispatch"
      secrets       = { SUPABASE_TOKEN = "supabase_token_sweep" }
      settings      = ["supabase", "topics", "sweep"]
      invokers      = ["scheduler"]
      publishes     = "fan_out"
      ingress       = "ALLOW_INTERNAL_ONLY"
      concurrency   = 2
      max_instances = 1
      # Three calls to Postgres, the longest of 50 seconds, each tried three times.
      timeout_seconds = 240
    }
    sync = {
      folder          = "templates"
      secrets         = { SUPABASE_TOKEN = "supabase_token_sync" }
      settings        = ["supabase", "meta"]
      invokers        = ["scheduler"]
      ingress         = "ALLOW_INTERNAL_ONLY"
      concurrency     = 1
      max_instances   = 1
      timeout_seconds = 600
    }
    templates = {
      folder          = "templates"
      settings        = ["supabase"]
      invokers        = ["edge"]
      ingress         = "ALLOW_ALL"
      concurrency     = 8
      max_instances   = 5
      timeout_seconds = 90
    }
    webhook = {
      folder          = "webhook"
      settings        = ["webhook", "topics"]
      invokers        = ["public"] # Meta has no Google identity; its signature is checked instead
      publishes       = "events"
      ingress         = "ALLOW_ALL"
      concurrency     = 16
      min_instances   = var.webhook_min_instances
      max_instances   = 20
      timeout_seconds = 30
    }
  }
}
