"""The states of the larger aggregates, folded from events. Their decisions extend them."""
