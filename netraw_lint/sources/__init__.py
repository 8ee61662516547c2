"""Where texts come from: files, directories, the standard input, charts and kustomizations."""
