"""What can happen to an access: one function, one transaction each; no request, no template."""
