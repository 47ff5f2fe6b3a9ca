mock_data "external" {
  defaults = {
    result = { name = "bundle-0123456789abcdef.zip" }
  }
}
