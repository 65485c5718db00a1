"""Passwords, tokens, captcha and the middleware that guards every request."""
