"""The UUIDv5 namespaces: ids made of names, and never the same id for two kinds of names."""

from uuid import UUID

PREFERENCES_NAMESPACE = UUID("0b7c5d1e-6f5a-5c0e-9a3e-1f8a3d6c2b03")
INBOX_NAMESPACE = UUID("0b7c5d1e-6f5a-5c0e-9a3e-1f8a3d6c2b04")
SECOND_FACTORS_NAMESPACE = UUID("0b7c5d1e-6f5a-5c0e-9a3e-1f8a3d6c2b06")
OPERATIONS_NAMESPACE = UUID("0b7c5d1e-6f5a-5c0e-9a3e-1f8a3d6c2b17")
CHANGES_NAMESPACE = UUID("0b7c5d1e-6f5a-5c0e-9a3e-1f8a3d6c2b18")
SUGGESTION_NAMESPACE = UUID("0b7c5d1e-6f5a-5c0e-9a3e-1f8a3d6c2b05")
