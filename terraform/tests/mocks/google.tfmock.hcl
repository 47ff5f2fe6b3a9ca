# What the provider would compute. Enough for a plan without a cloud: where two instances must differ, the tests
# override them.

mock_data "google_project" {
  defaults = { number = "123456789012" }
}

mock_resource "google_cloudfunctions2_function" {
  defaults = {
    service_config = { uri = "https://wa-function-abcdefghij-uk.a.run.app" }
  }
}

mock_resource "google_service_account" {
  defaults = {
    email  = "wa-account@campaign-test.iam.gserviceaccount.com"
    member = "serviceAccount:wa-account@campaign-test.iam.gserviceaccount.com"
    name   = "projects/campaign-test/serviceAccounts/wa-account@campaign-test.iam.gserviceaccount.com"
  }
}
