"""From a call of an op to rows of a store, and from refs back to values. The facade over it is `storage`."""
