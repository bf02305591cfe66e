"""Records a run under faults request by request, and judges it with code that shares none with it."""
