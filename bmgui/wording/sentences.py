"""The English of every code that the program can show: errors, doubts, bands. A test holds it complete."""

ERRORS: dict[str, str] = {
    # files
    "file-not-written": "{file} could not be written ({reason}). Nothing that was there is lost.",
    "output-is-input": "{file} is also one of the files to be read, and would be lost. Name another file to write.",
    "output-not-written": "The answer could not be written to standard output ({reason}).",
    # imaging
    "samples-missing": "The sample exam is not where it should be ({file}: {reason}). Install the program again.",
    "picture-too-small": "The picture is {width} × {height} px; a square needs at least {least} px on each side.",
    "no-such-frame": "{file} has no frame {frame}; it has {frames}.",
    "file-missing": "{file} is not there any more, or never was. Look for it and open it again.",
    "file-unreadable": "{file} could not be read ({reason}). Check that you may read it, then open it again.",
    "file-empty": "{file} is empty. Export it again.",
    "file-changed": "{file} has changed since it was opened. Open it again.",
    "not-a-scan": "{file} is neither DICOM nor a PNG, JPEG, TIFF, BMP or WebP picture, so it was not opened.",
    "picture-too-large": "{file} claims {width} × {height} px, more than the {most} pixels that are read: it is "
    "damaged, or no scan.",
    "picture-unreadable": "{file} is damaged and cannot be shown ({reason}). Export it again.",
    "picture-kind-unsupported": "{file} holds a kind of picture that has no agreed grey scale ({kind}). Export it with "
    "8 or 16 bits.",
    "frame-size-differs": "Frame {frame} of {file} is not {width} × {height} px as the first one is, so it is not "
    "shown.",
    "dicom-without-header": "{file} seems to be DICOM, but its file header is missing, so how it is stored is unknown. "
    "Export it again.",
    "dicom-without-syntax": "{file} does not say how it is stored (no transfer syntax), so it cannot be shown. Export "
    "it again.",
    "dicom-unreadable": "{file} is damaged and cannot be read ({reason}). Export it again.",
    "dicom-directory": "{file} is a list of scans, not a scan. Open the folder that it lies in.",
    "not-an-image": "{file} is DICOM but not an image ({kind}), so there is nothing to show.",
    "no-pixels": "{file} has an image's header but no pixels. Export it again.",
    "pixels-of-floats": "{file} holds floating point values, not a picture, so it is not shown.",
    "pixels-cut": "{file} is cut short: its header promises {needed} bytes of pixels, {present} are there. Export it "
    "again.",
    "frames-missing": "{file} is cut short: its header promises {frames} frames, and not all of them are there. Export "
    "it again.",
    "header-incomplete": "{file} does not say what its pixels mean ({element} is missing), so it is not shown. Export "
    "it again.",
    "header-impossible": "{file} is damaged: {element} cannot be {value}. Export it again.",
    "palette-missing": "{file} needs a colour palette that it does not hold, so its colours are unknown. Export it "
    "again.",
    "syntax-unsupported": "{file} is compressed in a way that this program cannot read ({syntax}). Export it in "
    "another one, for example uncompressed.",
    "stream-contradicts": "{file} contradicts itself: {width} × {height} px by its header, {stream_width} × "
    "{stream_height} px by its data. Export it again.",
    "pixels-undecodable": "A frame of {file} could not be decoded ({reason}). The rest of the exam stays open.",
    "decoder-crashed": "Frame {frame} of {file} made the decoder crash. The file is probably damaged; the rest of the "
    "exam stays open.",
    "decoder-hangs": "Frame {frame} of {file} took the decoder too long. The file is probably damaged; the rest of the "
    "exam stays open.",
    "decoder-not-started": "{file} is compressed, and the process that decodes such files does not start. Install the "
    "requirements again.",
    "decoder-closed": "The decoder was closed before a frame of {file} was ready. Open it again.",
    # the worker
    "worker-died": "The scoring process ended unexpectedly, again ({reason}). There are no scores until the program is "
    "started anew.",
    "worker-restarted": "The scoring process ended unexpectedly ({reason}) and was started again.",
    "engine-not-loaded": "Scores are withheld: the engine is installed but cannot be loaded ({reason}). Install the "
    "requirements again.",
    "reference-mismatch": "Scores are withheld: {engine} gives {margin} for the reference crop of {model}, which "
    "should be {expected} (within {tolerance}). This engine cannot be trusted on this machine.",
    "reference-unreadable": "Scores are withheld: the model's reference crop {file} could not be read ({reason}).",
    "score-not-finite": "The engine gave no number for this square. Choose the CPU in the settings, or start the "
    "program again.",
    # models and engines
    "card-unreadable": "The model's card {file} could not be used ({reason}). Put the model's folder back as it was.",
    "no-models": "There is no model in {file}: nothing can be scored. Install the program again.",
    "model-choice-unreadable": "Which model is in use could not be read from {file} ({reason}). {used} is used; choose "
    "a model again.",
    "model-in-use-missing": "The model in use, {model}, is not there any more or cannot be read. {used} is used "
    "instead; look under Tools, Retrain models, Models.",
    "former-model-missing": "The model {model}, which the settings named, is not installed any more. {used} is used.",
    "models-busy": "Another window or command is installing or changing a model in {file}. Try again when it is done.",
    "model-does-not-answer": "The model {model} gave no score within {seconds} seconds. Nothing was changed.",
    "model-fails-reference": "The model {model} gives {margin} for its own reference crop ({engine}), which should be "
    "{expected} (within {tolerance}): its files do not belong together, or this machine cannot run it. Nothing was "
    "changed.",
    "model-id-taken": "Another model has, or had, the id {model}. Choose another one, for example {free}.",
    "bad-model-id": "{model} cannot be an id: it is up to 64 of a–z, 0–9, '.', '_' and '-', a letter or digit first, "
    "and not the name of a file or device (x.json, con).",
    "model-file-unreadable": "A file of the model could not be read ({file}: {reason}). Nothing was changed.",
    "model-file-too-large": "{file} is larger than {most_mb} MB, more than a model's file is. It was not installed.",
    "no-model-before": "No other model was in use before this one, so there is nothing to go back to.",
    "model-shipped": "{model} came with the program and cannot be removed.",
    "model-in-use-changed": "{now} is in use by now, not {model}: it was switched elsewhere meanwhile. Nothing was "
    "changed. Compare with {now} first.",
    "way-back-changed": "Going back would lead to {now} by now, not to {model}: another model was put in use "
    "meanwhile. Nothing was changed.",
    "model-in-use": "{model} is in use. Use another model first, then remove it.",
    "bundle-unreadable": "{file} is no .bmmodel file, or it is damaged ({reason}). Nothing was imported.",
    "bundle-too-large": "{file} holds more than the {most_mb} MB that a model needs ({name}). Nothing was imported.",
    "bundle-bomb": "{name} in {file} claims to become {ratio} times as large when unpacked, which no model does. "
    "Nothing was imported.",
    "bundle-unsafe-name": "{file} holds a file whose name leads elsewhere ({name}). Nothing was imported.",
    "bundle-link": "{file} holds a link ({name}); a model is files alone. Nothing was imported.",
    "bundle-twice": "{file} holds {name} twice, so which one counts is unknown. Nothing was imported.",
    "bundle-encrypted": "{file} is protected by a password ({name}). Export the model again without one.",
    "bundle-extra-file": "{file} holds {name}, which is no part of a model. Nothing was imported.",
    "bundle-file-missing": "{file} lacks {name}, without which a model cannot be used. Nothing was imported.",
    "bundle-pickle": "{name} in {file} is a pickle, which can run programs when it is opened; weights are safetensors. "
    "Nothing was imported.",
    "no-such-model": "There is no model {model} here; there are: {installed}.",
    "model-replaced": "The files of the model {model} were replaced while the program was running, so its scores are "
    "not shown. Start the program again.",
    "weights-unreadable": "The model's weights {file} could not be read ({reason}). Put the model's folder back "
    "as it was.",
    "weights-too-large": "The model's weights {file} are larger than {most_mb} MB: they are not loaded.",
    "bundle-hash-mismatch": "The weights in {file} are not the ones that its card was written for (their SHA-256 "
    "differs): the file was damaged or changed on its way. Nothing was imported; ask who made it for a new copy.",
    "file-exists": "{file} is there already, and is not written over. Choose another name, or say --force.",
    "weights-hash-mismatch": "The model's weights {file} are not the ones that its card was written for (their SHA-256 "
    "differs). They are not loaded; put the model's folder back as it was.",
    "weights-do-not-fit": "The model's weights {file} do not fit the network that its card names ({reason}).",
    "no-engine": "There is no engine to score with: neither OpenVINO nor torch is installed. Install the "
    "requirements again.",
    "no-cuda": "CUDA was asked for, but there is no NVIDIA card that torch can use here. Choose the automatic device "
    "or the CPU.",
    "no-torch": "This evidence method needs torch and captum, which are not installed. Add them with: "
    "python3 dev.py run --torch",
    # the finder
    "finder-missing": "The learnt mass finder is not installed, so squares are proposed by a fixed rule, and whether a "
    "square holds a mass is not checked. Install the program again.",
    "finder-unusable": "The learnt mass finder cannot be used ({reason}), so squares are proposed by a fixed rule, and "
    "whether a square holds a mass is not checked. Scores stay as they are; install the program again.",
    "finder-failed": "The learnt mass finder failed on a frame ({reason}), so a fixed rule proposes its squares, and "
    "whether a square holds a mass is not checked there. Scores stay as they are.",
    # lists for the command line
    "list-unreadable": "The list {file} could not be read ({reason}). It must be CSV in UTF-8.",
    "list-without-columns": "The list {file} has no column {missing}; its first line names {found}.",
    "list-column-twice": "The list {file} has the column {column} more than once: which one is meant is not clear.",
    "list-column-taken": "The list {file} already has a column {column}, which the output adds. Rename or remove it.",
    "row-too-long": "The row has more fields than the list has columns ({columns}).",
    "row-without-file": "The row names no file.",
    "row-not-whole": "{column} is not a whole number: {value}.",
    "row-side": "A square's side must be at least 1 px, not {value}.",
    # evaluation
    "one-class-only": "There are {benign} benign and {malignant} malignant pictures: figures need both. Choose a "
    "collection, or a part of it, that holds both.",
    "too-few-patients": "Benign pictures come from {benign} patients and malignant ones from {malignant}: an interval "
    "needs at least {least} of each. Evaluate a larger collection.",
    "too-few-cases": "With {benign} benign and {malignant} malignant cases the area under the curve gets no interval: "
    "at least {least} of each are needed. Evaluate a larger collection.",
    "margins-part-classes": "The model tells all {benign} benign validation pictures from all {malignant} malignant "
    "ones, so no calibration can be fitted: a steeper one always fits better. Validate on more pictures.",
    "slope-not-positive": "The model's margins do not rise with malignancy on the validation pictures (slope {slope}), "
    "so its probabilities cannot be calibrated. Train it longer, or on other pictures.",
    "points-without-order": "No threshold does better than chance on the validation pictures ({benign} benign, "
    "{malignant} malignant), so no operating point can be chosen. Train the model longer, or on other pictures.",
    # collections
    "collection-missing": "There is no collection in {file}. Import one first, or name another folder.",
    "collection-unreadable": "The collection {file} could not be used ({reason}). Restore it, or import it again.",
    "collection-exists": "{file} is there already. Name a new folder: a collection is never written over.",
    "collection-empty": "Nothing could be taken, so no collection was made at {file}. The complaints say why.",
    "import-no-label": "It has no label that is benign or malignant: {value}.",
    "import-mask-alone": "There is a mask, but no picture {picture} that it belongs to.",
    "import-mask-empty": "Its mask {mask} is empty: where the mass is cannot be told.",
    "import-mask-shape": "Its mask {mask} is {mask_width} × {mask_height} px, the picture {width} × {height} px: they "
    "do not belong together.",
    "import-mask-size": "Its mask {mask} is {mask_width} × {mask_height} px, the picture {width} × {height} px: the "
    "mask is scaled to the picture.",
    "import-several-masses": "It shows {count} masses; the square lies round the largest.",
    "import-size-differs": "The table says {claimed_width} × {claimed_height} px, the picture is {width} × {height} "
    "px: the picture counts.",
    "import-box-differs": "The bounds in the table are not those of the mask: the mask counts.",
    "import-box-outside": "The bounds of its mass ({left}, {top}, {width} × {height}) lie outside the picture.",
    "import-square-outside": "Its square ({left}, {top}, {side} px) lies for the most part outside the picture "
    "({width} × {height} px): it may be another picture's.",
    "import-no-such-value": "{column} cannot be {value}, so it is not stored.",
    "import-mask-missing": "There is no mask of its size: where the mass is cannot be told.",
    "import-picture-missing": "Its picture is not there.",
    "import-cropped-only": "Only the cropped picture is there: squares cannot reach beyond it. Download the whole "
    "mammogram, too.",
    "import-no-patients": "Whose scans these are is not known, so pictures of one patient may come to lie in "
    "different parts. Name the patients where you can.",
    "import-no-table": "There is no table ({table}) in {file}.",
    "import-no-folder": "{file} has no folder {missing}. It needs one named benign and one named malignant.",
    "split-official-unknown": "The collection {file} has published parts that the split does not name: {values}. Name "
    "every one, for example left-out={values}",
    "split-part-unknown": "Line {line} of {file} names no part: {value}. Parts are train, validation, test and "
    "left-out.",
    "split-incomplete": "{file} does not name {count} sections of the collection, for example {example}. Name every "
    "one.",
    "split-locked": "The test part of {file} ({count} sections) is locked and would change, so nothing was split. To "
    "divide only the rest, add --keep-test; to give the test up for good, which is recorded, --discard-locked-test",
    "split-nothing-new": "Every section of {file} is in a part already, so there is nothing new to place.",
    "split-outdated": "Another window or command has split {file} or added to it since this split was worked out, so "
    "it was not stored. Work it out again, and look at what would come of it now.",
    "split-empty": "The split would leave nothing to train on or to test on in {file}, so it was not stored.",
    "exclusion-without-reason": "A section is only excluded from {file} with a reason. Say why.",
    "no-such-section": "There is no section {section} in {file}. Its sections.csv lists every one.",
    "collection-busy": "Another window or command is just changing the collection {file}. Try again in a moment.",
    "correction-without-reason": "A label or square in {file} is only corrected with a reason. Say why.",
    "correction-changes-nothing": "Nothing was corrected in {file}: it says so already.",
    "square-beyond-context": "The square of {section} would reach beyond the part of the frame that {file} holds. Keep "
    "it nearer, or exclude the section and add the mass again from its scan.",
    "nothing-to-undo": "Nothing of {section} in {file} was corrected, so there is nothing to take back.",
    "kept-without-reason": "A finding is only set aside with a reason. Say why.",
    "mass-already-there": "This mass is in {file} already, as {section} ({label}). Correct that one's label or square "
    "instead.",
    "addition-between-parts": "This mass was not added to {file}: it belongs to pictures of the part {first} "
    "({section}) and to pictures of the part {second} ({other}), and would tie them together; excluded ones count, as "
    "they may be taken in again. Check the patient's number, or split the collection so that these are in one part.",
    "patient-key-unreadable": "The key that patients' pseudonyms are made with could not be read ({file}: {reason}). "
    "Put it back from a copy; with another key, a patient's scans would not be kept together.",
    "pseudonyms-of-another-key": "The pseudonyms in {file} were made with another key than yours, so a patient who is "
    "in it would not be recognised. Copy the file {key} from who made it, or start a collection of your own.",
    "not-excluded": "The section {section} of {file} is not excluded.",
    "import-no-number": "{column} is not a number and is not stored: {value}.",
    "import-cancelled": "The import was cancelled. Nothing was kept; the scans are as they were.",
    "import-changed": "The scans in {file} are not what they were when they were looked at, so nothing was kept. Look "
    "at them again.",
    "import-name-taken": "A collection is called {name} already, and plans tell collections apart by their names. "
    "Choose another name, for example {free}.",
    "import-at-work": "Scans are being copied. Closing the window now undoes the import; close it again to do so.",
    "import-proposed": "There is no square, mask or box: the program's first proposal gives the square. Look at it.",
    # reading
    "nothing-to-open": "There is nothing in {file} that could be a scan. Open another folder.",
    "reading-set-aside": "The squares kept for this scan could not be read; they are set aside as {aside}, and the "
    "scan starts afresh.",
    "reading-not-read": "The squares kept for this scan could not be read ({file}: {reason}). They stay as they are; "
    "what is marked now is not kept.",
    # measuring models
    "nothing-to-assess": "There is nothing to measure: no model or run was named, no collection was named, or the "
    "collections ({collections}) have no pictures for validation. Name them; tests are only looked at with "
    "--locked-test.",
    "collection-name-twice": "Two collections are called {name}, so their pictures could not be told apart. Import "
    "one of them again under another name.",
    "subject-twice": "{name} was named twice. Measure one of them at a time, or give one another id.",
    "external-was-learnt": "{subject} learnt from the collection {collection}, so that cannot be an external test of "
    "it. Leave --external away.",
    "test-was-learnt": "{subject} learnt from {count} of the pictures of the collection {collection} that it would be "
    "measured on, the first of them {first}, so nothing was measured. Test on pictures that no model has seen.",
    "margins-settled": "What counts as not worse was settled for this comparison already ({file}), and cannot be "
    "changed once figures may have been seen.",
    "comparison-of-others": "The comparison in {file} is of other weights than those that are here now. Compare again.",
    "comparison-of-older-data": "The collection {collection} was changed since the comparison in {file} was made: "
    "corrected, added to, excluded from or split again. What it shows may no longer hold. Compare again.",
    "comparison-without-test": "The comparison in {file} has no test pictures of both models, so it shows nothing. "
    "Compare again.",
    "comparison-not-settled": "For the comparison in {file} nobody settled beforehand what counts as not worse. "
    "Compare again from the page of promotion.",
    "protocol-not-answered": "{count} questions of the protocol are still open, so nothing was installed. Answer them.",
    "promotion-without-reason": "Nothing was installed: say why this model is to be used. It is kept in the history.",
    "promotion-not-confirmed": "Nothing was installed: this candidate was not shown to be as good as the model in "
    "use, so it is asked twice. Tick the box, or leave it.",
    "split-differs": "{subject} learnt from another version or another split of the collection {collection} than the "
    "one that is here: its training pictures could be among the tests, so nothing was measured. Use the collection as "
    "it was trained on.",
    "job-unreadable": "What a training left in {file} could not be used ({reason}). Train this job again.",
    "run-without-finished-jobs": "No job of the run {file} has finished training yet, so there is nothing to measure. "
    "Wait, or go on with: bmgui train --resume",
    "no-such-job": "There is no job {job} in this run; there are: {jobs}.",
    "job-not-finished": "The job {job} has not finished training, so no model can be made of it yet.",
    "no-validation-cases": "The collections of {job} have no validation pictures here, so its scores cannot be "
    "calibrated and no card can be written. Name the collections that it was trained on.",
    "job-not-calibrated": "The scores of {job} do not tell benign from malignant on its validation pictures "
    "({reason}), so no card was written.",
    "results-unreadable": "The results {file} could not be read ({reason}). Measure the model again.",
    "results-of-another": "The results {file} are not of the weights of {job} with this calibration, so they do not "
    "belong on its card. Measure the job again.",
    "results-missing": "No evaluation has come to its end in {file} yet. Measure there first.",
    "evaluation-at-work": "Another evaluation is writing into {file}. Wait for its end.",
    "evaluation-cancelled": "The evaluation was cancelled. What was scored is kept: the next one goes on from there.",
    "evaluation-crashed": "The evaluation ended by a fault ({reason}). What was scored is kept: start it again, and if "
    "it ends the same way, report it.",
    "measuring-packages-missing": "Measuring needs {packages}, which is not installed. The page Plan under Tools, "
    "Retrain models, says how it gets here.",
    "no-test-pictures": "No collection of the run {file} has test pictures, so there is nothing to look at. Split "
    "one with a test part, then train again.",
    "collection-not-at-hand": "The collection {name} is not on this computer any more, so its pictures cannot be "
    "shown. Import it again, or open it from the collections page.",
    "export-missing": "This evaluation has no file {file}: it was made without it. Measure again.",
    "no-such-finished-job": "No job {job} has finished training in {file}.",
    # runs
    "collection-damaged": "{count} pictures of the collection {file} are not what was imported, for example {first}: "
    "the disk or a program changed them. Nothing was trained. Import the collection again, or exclude them.",
    "process-killed": "The process that does this work was ended from outside (signal {signal}); the memory may have "
    "run out. Close other programs, then start it again.",
    "packages-missing": "This needs {packages}, which is not installed. Start it from the program's source, which "
    "installs it: python3 dev.py cli {command}",
    "split-leaks": "{count} times something that is learnt from belongs to the locked test pictures, for example "
    "{learnt} to {tested}: the same patient, picture or a near duplicate. Nothing was trained. Exclude one of each, or "
    "split the collections again.",
    "plan-unreadable": "The plan {file} could not be used ({reason}). Correct it, then start again.",
    "no-such-plan": "There is no plan {file}; plans that ship: {shipped}. Name one of them or a file.",
    "plan-without-jobs": "The plan {plan} trains nothing: no network of it has weights to start from.",
    "plan-collection-empty": "The plan {plan} names no folder for its collection {name}. Give one with: --collection "
    "{name}=DIR",
    "collection-not-split": "The collection {file} is not split into training, validation and test pictures yet. "
    "Split it with: bmgui collections split",
    "collection-without-part": "The stage {stage} needs pictures of the part {part}, and the collection {file} and "
    "those beside it have none. Split them again.",
    "start-of-another-network": "The plan starts a {network} from {model} (start.{start}), which is a {architecture}. "
    "Name another model with --model, or set networks to it in the plan.",
    "weights-missing": "The weights {file} that the plan starts from could not be read ({reason}).",
    "weights-hash-differs": "The weights {file} are not the ones that the plan means (their SHA-256 differs). Nothing "
    "was trained.",
    "run-exists": "{file} is a run already. Go on with it by --resume, or name another folder.",
    "folder-not-empty": "{file} holds other things, so no run was started there. Name an empty folder or a new one.",
    "no-run": "There is no run in {file}. Name the folder that was given to --run when it was started.",
    "run-unreadable": "The run's file {file} could not be used ({reason}). Put it back as it was, or start another "
    "run.",
    "run-of-another-plan": "The run {file} was started with another plan than {plan}. Leave the plan away to go on "
    "with it, or start another run.",
    "run-sources-changed": "The run {file} cannot go on as it began: what it learns from in {changed} has changed "
    "since then. Put that back as it was (undo the correction, take in again what was excluded), or start another run.",
    "run-locked": "A training is at work in {file}. Wait for it, or end it with --cancel; two in one folder would "
    "spoil each other.",
    "run-not-at-work": "No training is at work in {file}. Go on with it by --resume.",
    "run-disk": "The training stopped because the disk does not take any more (is it full?). The last finished epoch "
    "is kept in {file}. Make room, then go on with --resume.",
    "run-killed-for-memory": "The training was killed, most likely because the memory ran out. The last finished "
    "epoch is kept in {file}. Close other programs, or go on with fewer crops in memory: --resume --at-once 4",
    "run-killed": "The training was ended from outside (signal {signal}). The last finished epoch is kept in {file}; "
    "go on with --resume.",
    "run-out-of-memory": "The training stopped because the memory did not suffice. The last finished epoch is kept in "
    "{file}; close other programs, or go on with fewer crops at once (--resume --at-once N).",
    "run-crashed": "The training crashed ({reason}). The last finished epoch is kept in {file}; go on with --resume. "
    "If it happens again, report it with {log}.",
    "process-not-started": "The process that does this work could not be started ({reason}).",
    "weights-not-at-hand": "The weights {file} are not on this machine, and were not fetched because nobody asked for "
    "it. Start the training with --download, or name a file in the plan.",
    "download-failed": "{file} could not be fetched ({reason}). Try again, or fetch it yourself and name the file in "
    "the plan.",
    "errand-crashed": "The process that does this work ended without a word of its own ({reason}). Try again.",
    "errand-cancelled": "It was cancelled; nothing of it is kept.",
    "timing-unreadable": "The timed steps {file} could not be used, so the time it takes is not known. Time them "
    "again.",
    "install-disk-full": "The packages were not installed: the disk is full. Make room ({disk_gb} GB), then try again.",
    "install-offline": "The packages were not installed: the package index was not reached. Check the network, or the "
    "index and proxy in your pip settings, then try again; what is already there is kept.",
    "install-no-fitting-file": "The packages were not installed: your package index has no fitting file for this "
    "system and Python {python}. Use 64-bit Python 3.11 to 3.13, or another index in your pip settings.",
    "install-failed": "The packages were not installed: pip says {reason}. Put that right, then try again.",
    "checkpoint-unreadable": "The training's state {file} could not be read ({reason}). Delete it to train this stage "
    "from its start again.",
    "loss-not-finite": "The loss of the stage {stage} is no number any more (step {step}), and no epoch was finished "
    "that could be kept. Lower its rate in the plan, then start another run.",
    "out-of-memory": "The card's memory does not suffice for {batch} crops at once. Go on with fewer (--resume "
    "--at-once 1), smaller crops, or the CPU.",
    "batch-not-divisible": "A batch of {batch} cannot be shared among {processes} processes. Start as many as divide "
    "it.",
    "stage-without-sections": "The stage {stage} has no pictures to train on. Look at its collections' splits and "
    "exclusions.",
    "teacher-partial": "The weights {file} cannot teach: {missing} is missing in them.",
    "model-exists": "{file} is there already and is not empty, so no model was written. Name another folder, or move "
    "that one away.",
}

DOUBTS: dict[str, str] = {
    "touches-edge": "The square touches the picture's edge: part of the mass may be missing.",
    "under-64-px": "The square is under 64 px across: little detail for the network to see.",
    "side-outside-range": "The square's side is outside the range that the model was measured with.",
    "ratio-outside-range": "The square is smaller or larger round its mass than those that the model has learnt from.",
    "colour": "There is colour in the square (Doppler or an overlay): the model has learnt from grey pictures.",
    "no-mass-seen": "The mass finder sees no mass in the square: there may be none, or one that it misses.",
    "not-ultrasound": "The file says that this is not ultrasound ({modality}).",
    "modality-unknown": "The file does not say whether this is ultrasound.",
    "unsteady": "Moved or resized by a tenth, the square would score quite differently: the score says little here.",
}

BANDS: dict[str, str] = {
    "very low": "Very low",
    "low": "Low",
    "intermediate": "Intermediate",
    "high": "High",
    "very high": "Very high",
}

NOTES: dict[str, str] = {
    "cuda-card-without-torch": "NVIDIA card found, but torch is not installed: the CPU is used",
    "cuda-card-without-cuda-torch": "NVIDIA card found, but this torch has no CUDA: the CPU is used",
    "cuda-card-not-usable": "NVIDIA card found, but torch cannot use it (its driver?): the CPU is used",
    "no-openvino": "OpenVINO is not installed: torch on the CPU is used, which is slower",
    "sources-anew": "its collections were changed after it was planned: it learns from them as they are now",
    "start-partial": "the start's weights lack {tensors} tensors ({first} … {last}), which begin at random",
    "batch-halved": "the card's memory did not suffice: {at_once} crops at once from now on, with the same batch",
    "loss-not-finite": "the loss is no number any more (epoch {epoch}): the stage ends with epoch {kept_epoch}, the "
    "rest of its chain is left out",
}

POINTS: dict[str, str] = {  # operating points by the name that a card gives them; a card may have others
    "Youden": "Youden",
    "sensitivity 0.95": "Sensitivity 0.95",
    "sensitivity 0.98": "Sensitivity 0.98",
}

FINDINGS: dict[str, str] = {  # what the audit of a collection finds
    "picture-damaged": "The stored pixels are not what was written. Import the collection again.",
    "both-classes": "The same picture, or nearly, with different labels. Exclude both, or find out which label holds.",
    "across-parts": "The same picture, or nearly, in different parts: what was learnt is tested. Exclude one, or "
    "split again.",
    "across-collections": "The same picture, or nearly, in two collections. Exclude one if they train and test.",
    "same-picture": "The same picture more than once.",
    "near-duplicates": "Nearly the same picture more than once. They stay in one part of a split.",
    "mass-both-labels": "One mass of one patient with both labels. Find out which holds.",
    "many-sections": "More sections of one mass than the paper allows (4). A plan may take the largest only.",
    "many-masses": "More masses of one patient than the paper allows (2). A plan may take the largest only.",
    "class-balance": "How many sections of each label.",
    "marks-in-crop": "Text or calipers seem to be drawn inside the square: a network may learn them instead of the "
    "mass.",
    "coloured": "Colour inside the square: Doppler, or something drawn. The network sees it in grey.",
    "square-proposed": "The square is the program's own proposal: nobody has looked at it.",
}
