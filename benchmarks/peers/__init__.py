"""Hanabi beside its peers: the same workloads over HTTP by the same client, in turns."""
