mock_data "external" {
  defaults = {
    result = {
      path   = "/bundles/bundle.zip"
      sha256 = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
    }
  }
}
