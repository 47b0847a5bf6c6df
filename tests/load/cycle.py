"""The cycle that everything is measured with: start, transform, approval, approve, transform, completed."""

from contracts.base import JsonObject

CYCLE: JsonObject = {
    "trigger": {"type": "manual_trigger", "config": {}},
    "nodes": [
        {
            "key": "read",
            "type": "transform",
            "name": "Read the order",
            "config": {
                "customer": "{{ trigger.output.customer }}",
                "amount": "{{ trigger.output.amount }}",
            },
        },
        {
            "key": "manager_ok",
            "type": "approval",
            "name": "Manager's yes",
            "config": {
                "prompt": "Refund **{{ read.output.amount }}** to {{ read.output.customer }}?"
            },
        },
        {
            "key": "note",
            "type": "transform",
            "name": "Note the answer",
            "config": {
                "by": "{{ manager_ok.output.decided_by }}",
                "amount": "{{ read.output.amount }}",
            },
        },
    ],
    "edges": [
        {"from": "trigger", "to": "read"},
        {"from": "read", "to": "manager_ok"},
        {"from": "manager_ok", "to": "note"},
    ],
}
INPUT: JsonObject = {"customer": "Rossi S.r.l.", "amount": 1240.5}
