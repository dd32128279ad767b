"""What happens to a request: the only definition of design section 2, one module a step, `decide.py` the table.

Each module's text says what it refuses and, where the table leaves a choice, which reading holds: always the one that
refuses.
"""

from seccfg.semantics.decide import compile_policy, decide, judge
from seccfg.semantics.state import State

__all__ = ["State", "compile_policy", "decide", "judge"]
