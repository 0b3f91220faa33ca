"""The picture of a calibration curve stands where the numbers say, and says so in words."""

import numpy as np
import pytest

from forecasting.tell import calibration, figures
from forecasting.tell.sheet import NARROW

SAID, CAME = [0.1, 0.1, 0.4, 0.9], [False, True, False, True]
P, FREQUENCY = [0.1, 0.4, 0.9], [1 / 3, 1 / 3, 1.0]


def drawn(**how):
    return calibration.curve(SAID, CAME, P, FREQUENCY, **how)


def test_the_curve_runs_through_its_points_and_the_right_answers_lie_on_a_line():
    diagonal, curve, points = drawn().lines
    assert diagonal.get_xydata().tolist() == [[0, 0], [1, 1]]
    for line in (curve, points):
        np.testing.assert_allclose(line.get_xydata(), np.column_stack([P, FREQUENCY]))


def test_each_answer_is_a_stroke_above_for_yes_and_below_for_no():
    yes, no = ([stroke[:, 0] for stroke in some.get_segments()] for some in drawn().collections)
    assert [x[0] for x in yes] == [0.1, 0.9]
    assert [x[0] for x in no] == [0.1, 0.4]
    for some, inside in zip(drawn().collections, (1, 0), strict=True):
        heights = np.array([stroke[:, 1] for stroke in some.get_segments()])
        assert heights[:, 0].tolist() == [inside] * 2
        assert (np.abs(heights[:, 1] - 0.5) > 0.5).all()  # away from the curve


def test_its_words_name_the_points_of_many_the_first_and_the_last():
    assert figures.alt_text(drawn()) == (
        "Calibration of 4 answers. 10% said, 33% came; 40% said, 33% came; 90% said, 100% came."
    )
    p = np.linspace(0.01, 0.99, 50)
    words = calibration.curve(p, p > 0.5, p, p).alt_text
    assert words.count(" said, ") == 6
    assert "1.0% said" in words and "99.0% said" in words


@pytest.mark.parametrize("width", [calibration.WIDE, NARROW])
def test_nothing_lies_outside_the_figure_or_on_another(width):
    ax = drawn(width=width, title="How often it came " * 3)
    figure = ax.figure
    figure.draw_without_rendering()
    inside = figure.bbox.padded(1)
    texts = [figure._suptitle, figure._supxlabel, ax.xaxis.label, ax.yaxis.label]
    boxes = [one.get_window_extent() for one in texts] + [ax.get_window_extent()]
    for box in boxes:
        assert inside.x0 <= box.x0 and box.x1 <= inside.x1
        assert inside.y0 <= box.y0 and box.y1 <= inside.y1
    for i, one in enumerate(boxes):
        assert not any(one.overlaps(other) for other in boxes[i + 1 :])
    (left, bottom), (right, top) = ax.transData.transform([[0, 0], [1, 1]])
    assert right - left == pytest.approx(top - bottom, abs=0.01)  # as far across as up


def test_it_is_the_same_picture_each_time():
    assert figures.svg(drawn()) == figures.svg(drawn())
