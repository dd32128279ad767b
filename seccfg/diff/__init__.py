"""Two versions of a policy: who can now do what, which protections got weaker, and what else changed."""
