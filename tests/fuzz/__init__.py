"""Coverage-guided fuzzing of what strangers' octets reach: intake, rewriting, leaks, reports, files, the gate."""
