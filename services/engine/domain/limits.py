"""Every limit of definitions and runs, each with its reason."""

from datetime import timedelta

NODES_MAX = 2_000
"""Such a definition is checked in half a second and run in a tenth, its trace fits into one answer, and its text, were
the nodes any longer, would be over `DEFINITION_BYTES_MAX`."""
EDGES_MAX = 4_000
CONCURRENCY_MAX = 10_000
"""Runs of one workflow at once: as many as a queue would hold back for nobody's good."""
ATTEMPTS_MAX = 100
"""Attempts of one node; with the longest delays they take three months."""
RETRY_DELAY_MAX = timedelta(days=1)
"""Between two attempts; for longer waits there are delays and people."""
CONFIG_TEXT_MAX = 65_536
"""Characters of one text of a configuration: a long prompt, not a book."""
NAME_MAX = 200
KEY_MAX = 64
DEFINITION_BYTES_MAX = 262_144
"""As text; what fits here also fits into one message."""
DEFINITION_DEPTH_MAX = 32
DEFINITION_KEYS_MAX = 50_000

FIELDS_MAX = 100
CASES_MAX = 100
ASSIGNEES_MAX = 100

VALUE_BYTES_MAX = 262_144
"""One value (a payload, an output, a form) as JSON; an event with it still fits into a NATS message."""
STATE_BYTES_MAX = 4_194_304
"""All outputs of one run together: its snapshot is written with every step."""

EXPRESSION_MAX = 4_096
"""Characters of one CEL expression."""
OUTPUTS_MAX = 1_000
"""Variables in one text."""
OUTPUT_CHARACTERS_MAX = 2_000
"""Characters of one variable with its filters: the parser is not linear in them."""
FILTERS_MAX = 200
"""Filters in one text."""
WORK_MAX = 20_000_000
"""Characters that the texts and expressions of one decision may handle together: some 200 ms at worst."""
CEL_COST_MAX = 1_000_000
"""Values that one CEL expression may touch: some 100 ms."""
TITLE_MAX = 500
"""Characters of a task's title."""

RUN_DEPTH_MAX = 10
"""Runs that start runs that start runs: more are a mistake, and this is how it ends."""
ITEMS_MAX = 100_000
"""Of one `for_each`: a run of days."""
CHILDREN_AT_ONCE_MAX = 100
"""Child runs of one `for_each` that are under way together."""

RECIPIENTS_MAX = 100
"""Of one mail: more is a mailing, which mail servers refuse from one message, and for_each can send."""
MAIL_BODY_MAX = 100_000
"""Characters of Markdown: made into HTML in well under a second."""
