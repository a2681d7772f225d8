"""A sample of the cuts of the power at each operation of the flash; `tests/power_cuts/run.py` makes all of them."""

import power_cuts

# Chips and their copies are more than a build without a garbage collector holds.
WASM_GROUP = 0

FIRST_OF = 14
SECOND_OF = 14


def sample(story, seed, first_of=FIRST_OF):
    made = power_cuts.cut_everywhere(story, power_cuts.Dice(seed), first_of, SECOND_OF)
    assert made > 3, made


def test_a_cut_first_installation_is_completed_by_the_same_command():
    sample(power_cuts.Provision(), 1)


def test_a_cut_update_leaves_the_judged_image_and_is_completed_by_the_same_command():
    sample(power_cuts.Update(), 2)


def test_a_confirmation_that_was_answered_survives_and_none_is_made_up():
    sample(power_cuts.Confirm(), 3, 2)


def test_a_cut_rollback_ends_on_the_judged_image():
    sample(power_cuts.Rollback(1), 4, 3)
    sample(power_cuts.Rollback(4), 5, 3)


def test_a_cut_update_never_brings_an_older_security_counter_back():
    sample(power_cuts.UpdateAgain(), 6, 30)


def test_a_cut_update_that_keeps_blocks_relies_on_nothing_that_was_begun():
    sample(power_cuts.UpdateKeeps(), 7, 20)


def test_journal_entries_that_were_flushed_survive_every_cut():
    sample(power_cuts.Journalled(60, 7), 8, 80)
