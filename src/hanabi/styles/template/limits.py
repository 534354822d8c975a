"""What a template may use. A process enforces them, so that no template can talk its way out."""

CPU_SECONDS = 0.5
"""Processor time to compile a template, and of each rendering."""

WALL_SECONDS = 5.0
"""After this long the process is killed in any case. Longer than the processor time, so that a
busy machine refuses no honest template."""

MEMORY_BYTES = 256 * 1024 * 1024
"""Address space of a template's process, of which the interpreter takes about 30 MB."""

OUTPUT_CHARACTERS = 4 * 1024 * 1024
"""The longest text of a rendering."""

PROCESSES = 8
"""Processes that are kept for the next rendering."""

START_SECONDS = 30.0
"""After this long a process that has not started is given up; it takes 0.1 s by itself."""
