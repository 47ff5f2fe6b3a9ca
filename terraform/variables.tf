variable "audit_retention_days" {
  description = "How long the heads of the audit log are kept where nobody can rewrite them (audit.tf). The default is five years."
  type        = number
  default     = 1827
  nullable    = false

  validation {
    condition     = var.audit_retention_days >= 1 && var.audit_retention_days <= 36500 && floor(var.audit_retention_days) == var.audit_retention_days
    error_message = "audit_retention_days must be a whole number of days, at most 36500: Cloud Storage takes no more than 100 years."
  }
}

variable "audit_retention_locked" {
  description = "Whether nobody can shorten that any more, for good: neither an owner nor Google. Not by default, because a wrong number of days could not be mended; docs/operations.md says when to lock it."
  type        = bool
  default     = false
  nullable    = false
}

variable "budget" {
  description = "A monthly budget for the project: who pays, how much, and in which currency (default: the billing account's). Mails go out at 50, 90 and 100 %. Null for none."
  type = object({
    billing_account = string
    currency        = optional(string)
    monthly_amount  = number
  })
  default = null

  validation {
    condition     = var.budget == null || can(regex("^[0-9A-F]{6}(-[0-9A-F]{6}){2}$", var.budget.billing_account))
    error_message = "budget.billing_account must look like 012345-6789AB-CDEF01."
  }

  validation {
    condition     = var.budget == null || try(var.budget.monthly_amount >= 1 && floor(var.budget.monthly_amount) == var.budget.monthly_amount, false)
    error_message = "budget.monthly_amount must be a whole number above zero."
  }
}

variable "dispatch" {
  description = "How many tasks one instance of dispatch takes at once, how many instances there may be, and the seconds in which 99 of 100 tasks are over (a burst waits up to two seconds for its slots, then Meta answers)."
  type = object({
    concurrency   = optional(number, 160)
    max_instances = optional(number, 4)
    task_seconds  = optional(number, 2.25)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.dispatch.concurrency >= 1 && var.dispatch.concurrency <= 1000
    error_message = "dispatch.concurrency must be between 1 and 1000, the most that Cloud Run gives one instance."
  }

  validation {
    condition     = var.dispatch.task_seconds > 0 && var.dispatch.task_seconds <= 10
    error_message = "dispatch.task_seconds must be above zero and at most 10; beyond that a queue would hold more tasks under way than Cloud Tasks allows."
  }

  validation {
    condition = (
      var.dispatch.concurrency * var.dispatch.max_instances
      >= sum(concat([0], [for sender in values(var.senders) : ceil(sender.rate * var.dispatch.task_seconds)]))
    )
    error_message = "dispatch.concurrency x dispatch.max_instances must be at least the sum of ceil(rate x dispatch.task_seconds) over all senders; else Cloud Run answers 429 and Cloud Tasks slows every queue down."
  }
}

variable "kms_key" {
  description = "A Cloud KMS key of the same region, for what may hold personal data or a secret (encryption.tf): projects/<project>/locations/<region>/keyRings/<ring>/cryptoKeys/<key>. Null for Google's own keys."
  type        = string
  default     = null

  validation {
    condition     = var.kms_key == null || can(regex("^projects/[a-z0-9.:-]+/locations/${var.region}/keyRings/[A-Za-z0-9_-]{1,63}/cryptoKeys/[A-Za-z0-9_-]{1,63}$", var.kms_key))
    error_message = "kms_key must be the full name of a key (no version of one) in var.region: Secret Manager and Cloud Storage take no key of another place."
  }
}

variable "message_regions" {
  description = "The regions in which Pub/Sub may keep messages, which hold phone numbers and what voters write. Null for var.region alone."
  type        = list(string)
  default     = null

  validation {
    condition     = var.message_regions == null || try(length(var.message_regions) > 0 && alltrue([for region in var.message_regions : can(regex("^[a-z]+-[a-z]+[0-9]+$", region))]), false)
    error_message = "message_regions must name one region or more, such as us-east4; none at all would be no place to keep a message."
  }
}

variable "meta_app_id" {
  description = "The id of Meta's app, whose token META_ACCESS_TOKEN is: samples of templates are uploaded to it."
  type        = string

  validation {
    condition     = can(regex("^[0-9]{1,20}$", var.meta_app_id))
    error_message = "meta_app_id must be the app's id, digits, as its basic settings show it."
  }
}

variable "meta_graph_version" {
  description = "Version of Meta's Graph API."
  type        = string
  default     = "v24.0"
  nullable    = false

  validation {
    condition     = can(regex("^v[0-9]+\\.[0-9]+$", var.meta_graph_version))
    error_message = "meta_graph_version must look like v24.0."
  }
}

variable "notification_channels" {
  description = "Cloud Monitoring channels that alerts and the budget notify: projects/<project>/notificationChannels/<id>."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition = alltrue([
      for channel in var.notification_channels : can(regex("^projects/[^/]+/notificationChannels/[0-9]+$", channel))
    ])
    error_message = "Each notification channel must be a full name: projects/<project>/notificationChannels/<id>."
  }
}

variable "project_id" {
  description = "The Google Cloud project that everything is deployed to."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.project_id))
    error_message = "project_id must be a project's id (not its name or number): 6 to 30 lower-case letters, digits and hyphens."
  }
}

variable "region" {
  description = "Region of everything regional. Choose the one next to the Supabase project: each message makes two calls there."
  type        = string

  validation {
    condition     = can(regex("^[a-z]+-[a-z]+[0-9]+$", var.region))
    error_message = "region must be a region such as us-east4, not a zone."
  }
}

variable "secret_versions" {
  description = "Which version of each secret the functions use. A rotation adds a version and raises the number here; the values themselves never come near Terraform."
  type = object({
    meta_access_token           = optional(string, "1")
    meta_app_secret             = optional(string, "1")
    meta_verify_token           = optional(string, "1")
    supabase_token_apply_events = optional(string, "1")
    supabase_token_dispatch     = optional(string, "1")
    supabase_token_fan_out      = optional(string, "1")
    supabase_token_send         = optional(string, "1")
    supabase_token_sweep        = optional(string, "1")
    supabase_token_sync         = optional(string, "1")
    supabase_token_templates    = optional(string, "1")
  })
  default  = {}
  nullable = false

  validation {
    condition     = alltrue([for version in values(var.secret_versions) : can(regex("^[1-9][0-9]*$", version))])
    error_message = "Each secret version must be a number; \"latest\" would change under running instances."
  }
}

variable "senders" {
  description = "The WhatsApp numbers, by a short name, with a queue each. rate: messages a second, the same as wa_senders.rate_per_second. throughput: what Meta grants the number, inbound messages included (80; 1000 after Meta's upgrade; 20 if a phone's Business app shares it). queue_suffix: change it if the queue was deleted, for its name stays taken for days."
  type = map(object({
    queue_suffix = optional(string, "1")
    rate         = optional(number, 70)
    throughput   = optional(number, 80)
  }))
  nullable = false

  validation {
    condition = alltrue([
      for name, sender in var.senders :
      can(regex("^[a-z0-9][a-z0-9-]{0,39}-[a-z0-9]{1,10}$", "${name}-${sender.queue_suffix}"))
    ])
    error_message = "A sender's name is 1 to 40 lower-case letters, digits and hyphens; its queue_suffix is 1 to 10 letters and digits."
  }

  validation {
    condition     = alltrue([for sender in values(var.senders) : sender.rate > 0 && sender.rate <= sender.throughput])
    error_message = "A sender's rate must be above zero and at most its throughput, 80 messages a second unless Meta has upgraded the number."
  }

  validation {
    condition = alltrue([
      for sender in values(var.senders) : contains([20, 80, 1000], sender.throughput) && sender.rate <= 500
    ])
    error_message = "A sender's throughput is 20, 80 or 1000, and one queue dispatches at most 500 tasks a second."
  }
}

variable "supabase_jwt_issuer" {
  description = "What users' tokens name as their issuer (iss); null: /auth/v1 of supabase_url. Set it where Auth answers under a custom domain."
  type        = string
  default     = null

  validation {
    condition     = var.supabase_jwt_issuer == null ? true : can(regex("^https://[^/]+/.*[^/]$", var.supabase_jwt_issuer))
    error_message = "supabase_jwt_issuer must begin with https:// and have a path without a trailing slash."
  }
}

variable "supabase_publishable_key" {
  description = "The Supabase project's publishable API key; public by design, every app carries it."
  type        = string

  validation {
    condition     = can(regex("^[!-~]+$", var.supabase_publishable_key)) && !startswith(var.supabase_publishable_key, "sb_secret_")
    error_message = "supabase_publishable_key must be the publishable key (sb_publishable_...), never the secret one."
  }

  # Keys of the older kind are JWTs whose payload names the role, in unpadded base64url.
  validation {
    condition = alltrue([
      for part in split(".", var.supabase_publishable_key) :
      try(jsondecode(base64decode("${replace(replace(part, "-", "+"), "_", "/")}${substr("==", 0, (4 - length(part) % 4) % 4)}")).role, "anon") == "anon"
    ])
    error_message = "supabase_publishable_key must be the anon key, never the service_role one."
  }
}

variable "supabase_url" {
  description = "The Supabase project's URL, such as https://abcdefghijkl.supabase.co."
  type        = string

  validation {
    condition     = can(regex("^https://[^/]+$", var.supabase_url))
    error_message = "supabase_url must begin with https:// and have no path or trailing slash."
  }
}

variable "webhook_min_instances" {
  description = "Instances of the webhook that are always warm, because Meta expects its answer within a second."
  type        = number
  default     = 1
  nullable    = false

  validation {
    condition     = var.webhook_min_instances >= 0 && var.webhook_min_instances <= 20
    error_message = "webhook_min_instances must be between 0 and 20, the most instances it may have."
  }
}
