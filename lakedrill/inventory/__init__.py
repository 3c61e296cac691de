"""One workspace, read-only: the drill's file, the kinds, the snapshot."""
