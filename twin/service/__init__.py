"""The twin as a program: records in, batches committed and acknowledged, what is known and ordered out."""
