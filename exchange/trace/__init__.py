"""Two steps out from a regulation, a topic or an organization, through sessions."""
