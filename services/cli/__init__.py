"""The command line: checks, applies and exports workflow files, starts and follows runs, lists and decides tasks."""
