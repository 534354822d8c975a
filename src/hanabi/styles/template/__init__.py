"""Jinja templates of models, rendered in processes of their own under limits."""
