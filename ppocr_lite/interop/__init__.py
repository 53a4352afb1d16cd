"""Other frameworks: PyTorch twins of the networks that ship. Nothing here is imported unless asked for."""
