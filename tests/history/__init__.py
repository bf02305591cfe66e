"""Records a run under faults request by request, and judges it by code of its own."""
