"""The services of Flusso and the chassis that they share."""
