"""A worker: the process in which one tab's net is trained (or its luck is tried)."""
