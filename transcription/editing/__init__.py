"""What can be done to the lines of a transcript, as pure functions: lines in, a `Change` out. No Django, no rows."""
