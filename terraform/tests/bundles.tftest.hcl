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
    values = { result = { name = "send-fedcba9876543210.zip" } }
  }
}

variables {
  meta_app_id              = "1234567890"
  notification_channels    = ["projects/campaign-test/notificationChannels/1"]
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
      apply_events = "bundle-0123456789abcdef.zip"
      dispatch     = "bundle-0123456789abcdef.zip"
      fan_out      = "send-fedcba9876543210.zip"
      send         = "send-fedcba9876543210.zip"
      sweep        = "bundle-0123456789abcdef.zip"
      sync         = "bundle-0123456789abcdef.zip"
      templates    = "bundle-0123456789abcdef.zip"
      webhook      = "bundle-0123456789abcdef.zip"
    }
    error_message = "A function must be built from its folder's archive, whose name tells its content."
  }

  assert {
    condition     = google_storage_bucket_object.bundle["send"].source == "./.bundles/send-fedcba9876543210.zip"
    error_message = "What is uploaded must be what was built, wherever the checkout is: an absolute path replaces every object."
  }
}
