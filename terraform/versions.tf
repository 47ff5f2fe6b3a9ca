terraform {
  required_version = ">= 1.11, < 2.0"

  required_providers {
    external = {
      source  = "hashicorp/external"
      version = "~> 2.3"
    }
    google = {
      source  = "hashicorp/google"
      version = "~> 7.40"
    }
  }
}

provider "google" {
  project = var.project_id
  region  = var.region
  # Budgets refuse an operator's own credentials without a project to count the call for.
  billing_project       = var.project_id
  user_project_override = true
}
