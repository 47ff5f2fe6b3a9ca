# A function is deployed again when its code changed, and only then.

mock_provider "google" {
  source          = "./tests/mocks"
  override_during = plan
}

mock_provider "external" {
  source          = "./tests/mocks"
  override_during = plan

  override_data {
    target = data.external.bundle["send"]
    values = { result = { path = "/bundles/send.zip", sha256 = "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210" } }
  }
}

variables {
  project_id               = "campaign-test"
  region                   = "us-east4"
  senders                  = { north = {} }
  supabase_publishable_key = "sb_publishable_test"
  supabase_url             = "https://example.supabase.co"
}

run "functions_are_built_from_their_folder" {
  command = plan

  assert {
    condition = { for name, function in local.functions : name => function.bundle } == {
      apply_events = "webhook-0123456789abcdef.zip"
      dispatch     = "dispatch-0123456789abcdef.zip"
      fan_out      = "send-fedcba9876543210.zip"
      send         = "send-fedcba9876543210.zip"
      sweep        = "dispatch-0123456789abcdef.zip"
      sync         = "templates-0123456789abcdef.zip"
      templates    = "templates-0123456789abcdef.zip"
      webhook      = "webhook-0123456789abcdef.zip"
    }
    error_message = "A function must be built from its folder's archive, whose name tells its content."
  }

  assert {
    condition     = google_storage_bucket_object.bundle["send"].source == "/bundles/send.zip"
    error_message = "What is uploaded must be what was hashed."
  }
}
