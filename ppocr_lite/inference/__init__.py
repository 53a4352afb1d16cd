"""The runtime: exported models in, text out. Never imports a training framework by itself."""
