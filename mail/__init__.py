"""Mails: one function a message, the outbox's delivery, SMTP and file transports."""
