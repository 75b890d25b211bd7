"""What the evaluations of hearing share: recordings, the stock detectors, simulated time."""
