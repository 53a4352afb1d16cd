"""Trainings of a given number of steps."""

import pytest

from ppocr_lite.engine.short_epochs import ShortEpochs, for_steps


class Loader:
    """Ten batches, numbered; keeps its place as a DataLoader does."""

    def __init__(self):
        self.epoch, self.place = 0, 0

    def __len__(self):
        return 10

    def __iter__(self):
        start, self.place = self.place, 0
        for number in range(start, 10):
            self.emitted = number + 1
            yield 100 * self.epoch + number

    def set_epoch(self, epoch):
        self.epoch = epoch

    def state_dict(self):
        return {"emitted": self.emitted}

    def load_state_dict(self, state):
        self.place = self.emitted = state["emitted"]


@pytest.mark.parametrize(
    ("steps", "accumulate", "epochs", "batches"),
    [(4, 1, 1, 4), (10, 1, 1, 10), (11, 1, 2, 6), (24, 1, 3, 8), (3, 2, 1, 6), (7, 2, 2, 8)],
)
def test_as_many_steps_as_are_asked_for(steps, accumulate, epochs, batches):
    found, loader = for_steps(Loader(), steps, accumulate)
    assert (found, len(loader)) == (epochs, batches)
    assert 0 <= found * len(loader) // accumulate - steps < epochs


def test_each_epoch_begins_anew_and_a_stopped_one_goes_on():
    loader = ShortEpochs(Loader(), 4)
    loader.set_epoch(1)
    assert list(loader) == [100, 101, 102, 103]
    loader.set_epoch(2)
    batches = iter(loader)
    assert [next(batches), next(batches)] == [200, 201]
    state = loader.state_dict()
    again = ShortEpochs(Loader(), 4)
    again.set_epoch(2)
    again.load_state_dict(state)
    assert list(again) == [202, 203]
    assert list(again) == [200, 201, 202, 203]
