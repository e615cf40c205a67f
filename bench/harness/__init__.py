"""The benchmark: a catalogue of programs, the runtimes that run them, and how runs are measured."""
