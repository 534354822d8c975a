"""Our own backend: continuous batching over llama.cpp, in a child process for each loaded model.

Read in this order: `messages` (what the two processes say), `client` (the server's side),
`process` (the child's side), `loop` (one step), `scheduler` and `sequence` (what runs next),
`runner` (the border to the library), `llama` (the library).
"""
