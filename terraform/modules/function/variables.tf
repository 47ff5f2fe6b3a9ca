variable "build_repository" {
  description = "Where the build puts the image: projects/<project>/locations/<region>/repositories/<name>."
  type        = string
}

variable "build_service_account" {
  description = "Full name of the account that builds the function: projects/<project>/serviceAccounts/<email>."
  type        = string
}

variable "bundle" {
  description = "Where the source archive is."
  type        = object({ bucket = string, name = string })
}

variable "deployable" {
  description = "How the entry point runs. concurrency: requests one instance serves at once, each in a thread."
  type = object({
    concurrency     = number
    cpu             = optional(string, "1") # what Cloud Run asks for if concurrency is above 1
    ingress         = string
    max_instances   = number
    memory          = optional(string, "512Mi")
    min_instances   = optional(number, 0)
    timeout_seconds = number
  })

  validation {
    condition     = contains(["ALLOW_ALL", "ALLOW_INTERNAL_ONLY"], var.deployable.ingress)
    error_message = "deployable.ingress must be ALLOW_ALL or ALLOW_INTERNAL_ONLY."
  }
}

variable "entry_point" {
  description = "The function in main.py; the deployed name is wa-<entry point>, with hyphens."
  type        = string
}

variable "environment" {
  description = "Environment variables, without THREADS."
  type        = map(string)
}

variable "invokers" {
  description = "IAM members that may call the function, by any static name."
  type        = map(string)
}

variable "project_id" {
  description = "The project's id."
  type        = string
}

variable "region" {
  description = "The function's region."
  type        = string
}

variable "secrets" {
  description = "Environment variables whose values are in Secret Manager: which secret, and which version of it."
  type        = map(object({ secret = string, version = string }))
}
