-- Whoever reads or decides waits behind us for no longer than this.
SET LOCAL lock_timeout = '700ms'
