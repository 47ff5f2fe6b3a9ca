"""One module per outside system; only it knows that system's URLs, headers and names."""
