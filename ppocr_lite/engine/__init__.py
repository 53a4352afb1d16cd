"""Training, evaluation and checkpoints. ``assemble`` builds all of it from a configuration."""
