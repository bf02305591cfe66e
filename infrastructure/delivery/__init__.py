"""The notification queue and its workers. Uses the store, channels and limits.

A notification travels in two forms: as a `QueueItem` (its id and channel) from the log through
Redis to a worker, and as a `Delivery` (the address and all that is to be said) from the
delivery builder to its channel.
"""
