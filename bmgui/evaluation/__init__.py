"""Figures, intervals, comparisons and calibration: numpy and scipy, and nobody else's words.

Everything takes plain arrays, one entry a picture: `labels` bool or 0/1 (n,), malignant is 1; `probabilities` (or
margins, where said) float (n,); `patients` str or int (n,), the unit of every bootstrap; `files` str (n,). A case is
positive when its probability >= the threshold. What cannot be computed (0/0, or too little to say) is None, never 0.

- `figures`: the paper's table with its intervals (`figures`), two models on the same pictures (`compare`)
- `roc`, `delong`: curve and area, their band; the area's variance, interval and paired comparison
- `bootstrap`: resampling of patients as weights, for any statistic
- `rates`: counts and rates at a threshold, Wilson's interval
- `single`: one picture a patient, by a stated rule
- `comparing`: McNemar, chi-square of two groups, t, Holm
- `calibration`: scaling, reliability, ECE and what chance would show, Brier, slope and intercept
- `points`: operating points chosen on validation · `decision`: net benefit · `subgroups`: figures of some cases
"""
