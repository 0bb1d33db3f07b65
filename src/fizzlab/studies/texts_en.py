"""The English texts of a study's findings and report."""

from __future__ import annotations

ENGLISH: dict[str, str] = {
    "language": "en",
    "decimal": ".",
    "thousands": ",",
    "and": "; ",
    "to": " to ",
    "colon": ": ",
    "title": "Study {name}",
    "validation_accuracy": "validation accuracy",
    "test_accuracy": "test accuracy",
    "train_accuracy": "training accuracy",
    "train_loss": "training loss",
    "train": "training",
    "validation": "validation",
    "yes": "yes",
    "no": "no",
    "none": "none",
    "n_nets": "{n} net|{n} nets",
    "n_seeds": "{n} seed|{n} seeds",
    "n_conditions": "{n} condition|{n} conditions",
    "each_condition": "{n} condition|each of {n} conditions",
    "n_comparisons": "{n} comparison|{n} comparisons",
    "nets_left": "{n} net is left|{n} nets are left",
    "files_left_out": "{n} damaged file of nets is left out|{n} damaged files of nets are left out",
    "sampled": "How this is known: sampled, {seeds} from {first} on for {conditions}; "
    "{trained} of {nets} trained, {diverged} diverged. Intervals are 95 %.",
    "one": "Over {nets} the {metric} is {mean} on average, 95 % interval {low} to {high}; "
    "from net to net it spreads by {sd} (standard deviation).",
    "perfect_one": "Every test integer is right in {perfect} of {nets} "
    "(share {share}, exact 95 % interval {low} to {high}).",
    "best": "Best by {ranked}: {label}, {mean} ({low} to {high}).",
    "best_test": "Its test accuracy, looked at once, after the choice: {mean} ({low} to {high}).",
    "best_not_alone": "By {ranked} it cannot be told apart from: {labels}.",
    "apart": "Told apart in {metric} (paired t-test over seeds, corrected for {comparisons}, "
    "5 %): {pairs}.",
    "pair": "{one} above {other} by {mean} ({low} to {high})",
    "none_apart": "No two conditions can be told apart in {metric} (paired t-test over seeds, "
    "corrected for {comparisons}, 5 %).",
    "none_from_best": "None can be told apart from the best in {metric} (paired t-test over "
    "seeds, corrected for {comparisons}, 5 %).",
    "not_apart": "Cannot be told apart in {metric}: {pairs}.",
    "not_pair": "{one} and {other}",
    "more_pairs": "and {n} more",
    "effects": "Shares of the variance of {metric}: {shares}.",
    "effect": "{names} {share} %{sure}",
    "effect_both": "{names} together, beyond each alone, {share} %{sure}",
    "not_sure": " (not more than chance would give: p = {p})",
    "power": "To settle a difference of {size} in {metric}, about {seeds} a condition "
    "would do (80 % power, after correction).",
    "pinned": "A pinned stream is one draw, the same for every net: read the spreads there, "
    "not the means. Standard deviation of {metric}: {spreads}.",
    "looked": "The test accuracies of all conditions are shown to describe them; they chose "
    "nothing.",
    "no_validation": "There is no validation set, so the conditions are ranked by training "
    "loss, and compared in test accuracy, which chose nothing.",
    "few": "One seed a condition says nothing about chance: take more seeds.",
    "partial": "The study is not finished: {left}.",
    "damaged": "{files}: {names}.",
    "condition": "condition",
    "nets": "nets",
    "diverged": "diverged",
    "perfect": "all right",
    "sd_of": "sd of {metric}",
    "share": "share",
    "p": "p (Holm)",
    "difference": "difference",
    "joint_interval": "interval (corrected)",
    "verdict": "verdict",
    "yes_apart": "told apart",
    "no_apart": "cannot be told apart",
    "findings": "What can be said",
    "distributions": "Distributions",
    "distributions_title": "{metric} of each net, by condition",
    "distributions_caption": "Each dot is a net; the box spans the middle half, its line is "
    "the median; the diamond is the mean with its 95 % interval (bootstrap). Shown: {n} of "
    "{conditions}, best first by {ranked}.",
    "curves": "Learning curves",
    "curves_caption": "Median over the seeds, and the band that holds the middle 80 % of the "
    "nets. Grey: the medians of the other conditions. Never the test set.",
    "curves_first": " Of the first {seeds} of each condition.",
    "median": "{split}: median, middle 80 %",
    "others": "other conditions",
    "epoch": "epoch",
    "accuracy": "accuracy (share right)",
    "heat": "Two settings together",
    "heat_title": "mean {metric}",
    "heat_caption": "Mean {metric} of the nets of each cell (n nets).",
    "heat_more": " Averaged over the other settings.",
    "integers": "Integers most often wrong",
    "integers_caption": "Of the {nets} that did not diverge, the share that gets each test integer "
    "wrong. Dark: no training integer is of its kind.",
    "integers_caption_varied": "Of the nets tested on an integer that did not diverge, the share "
    "that gets it wrong. Dark: no training integer is of its kind.",
    "integers_axis": "share of nets that are wrong",
    "integers_known": "Training integers are counted for the first net of the plan. Where there is "
    "none of a kind, the nets had to carry over what they learned of other kinds.",
    "kind_bits_about": "Two integers are of one kind where as many bits are set in each group of "
    "bits: those that leave the same remainder when divided by {modulus}. No net need tell such "
    "integers apart.",
    "kind_digits_about": "Two integers are of one kind where the same digits stand, in any order, "
    "at each group of places: those that leave the same remainder when divided by {modulus}. No "
    "net need tell such integers apart.",
    "kind_bits": "{count} of the bits {places}",
    "kind_bit": "the bit {places}",
    "kind_no_bit": "no bit that matters",
    "kind_digits": "{digits} at the places {places}",
    "kind_digit": "{digits} at the place {places}",
    "wrong_of": "{wrong} of {tested}",
    "unseen": "kind not in the training set",
    "seen": "kind in the training set",
    "integer": "integer",
    "expected": "right answer",
    "wrong_nets": "nets wrong",
    "kind": "its kind",
    "kind_seen": "training integers of its kind",
    "no_wrong": "No net gets any test integer wrong.",
    "factors": "What matters most",
    "factors_caption": "Analysis of variance of {metric} (type II, seeds as blocks): share of the "
    "sum of squares that goes with each setting, with two beyond each alone, and with the seed, "
    "whatever the condition; the rest is left unexplained.",
    "factors_first": " Of the first {seeds}.",
    "setting": "setting",
    "seed": "seed",
    "pairs": "Differences",
    "pairs_caption": "Mean difference, seed by seed, over the seeds that both finished (paired "
    "t-test). Interval and p are corrected alike for {comparisons} (Holm), so that “told "
    "apart” and an interval without 0 are one and the same.",
    "powers": "How many seeds?",
    "size": "difference",
    "seeds_needed": "seeds a condition",
    "table": "Conditions",
    "table_caption": "Accuracies of the nets that did not diverge: mean and 95 % interval of "
    "the mean (bootstrap, BCa). All right: nets without a wrong test integer, with the exact "
    "interval of their share. First: best by {ranked}.",
    "first_rows": "The first {n} of {total}.",
    "recipe": "Recipe",
    "recipe_caption": "What all nets have in common, as TOML; what is varied stands above.",
    "recipe_varied": "# varied: {name}",
    "recipe_seeds": "# seeds: {first} to {last}",
    "recipe_range": "{low} to {high}",
    "recipe_log": "{low} to {high} (log)",
    "reproduce": "How to reproduce",
    "reproduce_caption": "With the plan beside this report, one command makes the same nets:",
    "made_with": "Made by fizzlab {version}, engine {engines}; hash of the plan {hash}.",
    "not_kept": "Which integers are wrong is not kept for a test set of this size.",
    "luck_axis_accuracy": "{metric} (share right)",
    "luck_axis_loss": "training loss (nats)",
    "luck_title": "{name}: {nets}, seeds {seeds}",
    "luck_nets": "number of nets",
    "luck_score": "your score: {score}",
    "luck_median": "median: {median}",
    "luck_test": "A test accuracy of",
    "luck_validation": "A validation accuracy of",
    "luck_loss": "A final training loss of",
    "luck_sentence": "{what} {score} beats {percentile} % of {nets} that differ by their seed "
    "alone (sampled; 95 % interval {low} to {high} %): {verdict}.",
    "luck_few": "beyond nearly all of them, but they are too few to call that unusual",
    "luck_bad": "unusually bad: luck alone seldom goes so far down",
    "luck_good": "unusually good: luck alone seldom goes so far up",
    "luck_within": "within what luck alone gives",
    "luck_here": "<- your score",
    "luck_diverged": "{n} net diverged; every score beats it.|{n} nets diverged; every score "
    "beats them.",
    "luck_all": "All of them: fizzlab report {study}",
    "luck_picture": "Picture: {path}",
}
