"""The calls of a queue, by topic; `Queue` joins them."""
