"""What `make audit` runs: two HTML checkers on every page and state, Lighthouse on three."""
