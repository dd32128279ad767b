"""Checks that controls of frameworks need: each looks at a Policy and says whether it holds, and where that is written."""
