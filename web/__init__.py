"""Page-or-fragment answers, guards, flash messages: the only place that knows HTMX headers."""
