"""Every command: what may be asked for, who may ask, and which aggregate decides."""
