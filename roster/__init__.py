"""The office's list of members: a file becomes lines, lines a plan, the plan is applied."""
