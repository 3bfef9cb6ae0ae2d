"""At most so many sections of a mass and masses of a patient (Yu 2022: 4 and 2), so that few patients do not rule."""

from collections import defaultdict
from collections.abc import Sequence

from bmgui.learning.collections.collection import Section
from bmgui.learning.plans.plan import Stage


def chosen(sections: Sequence[Section], stage: Stage) -> tuple[Section, ...]:
    """The sections that this stage may learn from, in their order: of each mass and patient the largest (as it shows).

    A section whose patient is not known stands for itself.
    """
    masses: dict[tuple[str, str], list[Section]] = defaultdict(list)
    for section in sections:
        masses[_mass(section)].append(section)
    for found in masses.values():
        found.sort(key=lambda section: (-section.mass_side, section.id))
    patients: dict[str, list[list[Section]]] = defaultdict(list)
    for (patient, _), found in masses.items():
        patients[patient].append(found)
    kept: set[str] = set()
    for found_masses in patients.values():
        found_masses.sort(key=lambda found: (-found[0].mass_side, found[0].id))
        for found in found_masses[: stage.masses_a_patient]:
            kept.update(section.id for section in found[: stage.sections_a_mass])
    return tuple(section for section in sections if section.id in kept)


def _mass(section: Section) -> tuple[str, str]:
    if not section.patient:
        return f"section {section.id}", ""
    return f"patient {section.patient}", section.mass
