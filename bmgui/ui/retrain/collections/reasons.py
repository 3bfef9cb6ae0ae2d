"""Reasons that are offered for a decision on a finding; any other may be written."""

from bmgui.learning.collections.audit import Code
from bmgui.ui.marks import mark

_DOUBLE = (mark("Duplicate"), mark("Two sections of one mass, both wanted"))
_NOT_THE_SAME = mark("Not the same picture")

REASONS: dict[Code, tuple[str, ...]] = {
    "picture-damaged": (mark("Damaged"),),
    "both-classes": (mark("Which label holds is not known"), mark("As the pathology report says"), _NOT_THE_SAME),
    "across-parts": (*_DOUBLE, _NOT_THE_SAME),
    "across-collections": (*_DOUBLE, _NOT_THE_SAME),
    "same-picture": _DOUBLE,
    "near-duplicates": (*_DOUBLE, _NOT_THE_SAME),
    "mass-both-labels": (mark("As the pathology report says"), mark("Two masses, named as one")),
    "many-sections": (mark("More than four sections of a mass"), mark("The plan limits them")),
    "many-masses": (mark("More than two masses of a patient"), mark("The plan limits them")),
    "class-balance": (),
    "marks-in-crop": (
        mark("Text or calipers in the square"),
        mark("Bright tissue, no text"),
        mark("Marks on masses of both labels alike"),
    ),
    "coloured": (mark("Colour Doppler"), mark("Only a coloured border")),
    "square-proposed": (mark("The square holds the mass"), mark("The square misses the mass")),
}
