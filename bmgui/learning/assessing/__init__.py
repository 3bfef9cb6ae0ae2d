"""Assessing: trained models are scored as the program will score with them, and measured. A process of its own:
`python -m bmgui.learning.assessing`; it may import scipy, an engine and (late) matplotlib, and the window never does.
"""
