# What runs: one row for each entry point of functions/*/main.py; what others read of it is in deployables.json.

locals {
  # What each group of shared/config.py reads, by the name of its reader (read_tasks, read_meta ...). What is not
  # set here has a default, see docs/operations.md. DISPATCH_URL joins in functions.tf.
  settings = {
    app = {
      environment = { META_APP_ID = var.meta_app_id }
      secrets     = {}
    }
    identity = {
      environment = {
        SUPABASE_JWT_ISSUER      = coalesce(var.supabase_jwt_issuer, "${var.supabase_url}/auth/v1")
        SUPABASE_PUBLISHABLE_KEY = var.supabase_publishable_key
        SUPABASE_URL             = var.supabase_url
      }
      secrets = {}
    }
    meta = {
      environment = { META_GRAPH_VERSION = var.meta_graph_version }
      secrets     = { META_ACCESS_TOKEN = "meta_access_token" }
    }
    preflight = { environment = {}, secrets = {} }
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

  # The list that the local stack and the tests read, too. settings: the readers in READERS of shared/config.py.
  # has_token: it has a database role, and a token that no other function has. memory: see docs/security.md.
  listed = jsondecode(file("${path.module}/deployables.json"))

  deployables = {
    for name, row in local.listed : name => merge(
      row,
      local.only_deployed[name],
      { secrets = { for variable in row.has_token ? ["SUPABASE_TOKEN"] : [] : variable => "supabase_token_${name}" } },
    )
  }

  # What else a function in the cloud has. invokers: who may call it (service-accounts.tf). publishes: the topic it may
  # publish to, if any. ingress: whoever calls a front door comes from outside.
  only_deployed = {
    apply_events = {
      invokers        = ["pubsub"]
      publishes       = "inbound"
      ingress         = "ALLOW_INTERNAL_ONLY"
      max_instances   = 10
      timeout_seconds = local.push_seconds
    }
    dispatch = {
      invokers      = ["tasks"]
      ingress       = "ALLOW_INTERNAL_ONLY"
      concurrency   = var.dispatch.concurrency
      max_instances = var.dispatch.max_instances
      # Twice what a task waits: an attempt is recorded even if Cloud Tasks has turned away.
      timeout_seconds = 120
    }
    fan_out = {
      invokers        = ["pubsub"]
      ingress         = "ALLOW_INTERNAL_ONLY"
      max_instances   = 2 # one alone creates tasks faster than Cloud Tasks advises for a cold queue
      timeout_seconds = local.push_seconds
    }
    send = {
      invokers        = ["edge"]
      publishes       = "fan_out"
      ingress         = "ALLOW_ALL"
      max_instances   = 10
      timeout_seconds = 90
    }
    sweep = {
      invokers      = ["scheduler"]
      publishes     = "fan_out"
      ingress       = "ALLOW_INTERNAL_ONLY"
      max_instances = 1
      # Three calls to Postgres, the longest of 50 seconds, each tried three times.
      timeout_seconds = 240
    }
    sync = {
      invokers        = ["scheduler"]
      ingress         = "ALLOW_INTERNAL_ONLY"
      max_instances   = 1
      timeout_seconds = 600
    }
    templates = {
      invokers        = ["edge"]
      publishes       = "fan_out"
      ingress         = "ALLOW_ALL"
      max_instances   = 5
      timeout_seconds = 90
    }
    webhook = {
      invokers        = ["public"] # Meta has no Google identity; its signature is checked instead
      publishes       = "events"
      ingress         = "ALLOW_ALL"
      min_instances   = var.webhook_min_instances
      max_instances   = 20
      timeout_seconds = 30
    }
  }
}
