"""Policy to Program: the one decision program that every gateway target prints (design section 4).

`model` says what a Program is, `lower` makes one of a Policy, `run` decides by one, for tests.
"""
