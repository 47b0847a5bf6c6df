"""The protocols between the services, on simulated time: seeded, single-threaded, and with every fault at hand."""
