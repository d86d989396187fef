"""An outsider with a solver and an afternoon, who reads what is published.

Reads only what is published and imports nothing of the package but itself, so that it shares no mistake with the code
that hides. `attack` writes down every relation that it can and bounds every hidden count.
"""

from desistance.attack.account import Account, Breach
from desistance.attack.attacking import attack
from desistance.attack.errors import AttackError
from desistance.attack.statements import HiddenShare, Statement

__all__ = ["Account", "AttackError", "Breach", "HiddenShare", "Statement", "attack"]
