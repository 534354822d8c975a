import math

import numpy as np
import pytest

from hanabi.errors import HanabiError
from hanabi.sampling.logits_error import LogitsError, require_finite


def test_finite_peaks_pass():
    require_finite(np.array([0.0, -3e38, 3e38], np.float32))


@pytest.mark.parametrize("peak", [math.nan, math.inf, -math.inf])
def test_a_peak_that_is_no_number_is_an_error_that_names_its_rows(peak):
    with pytest.raises(LogitsError) as raised:
        require_finite(np.array([0.0, peak, 1.0, peak], np.float32))
    assert raised.value.rows == (1, 3)
    assert isinstance(raised.value, HanabiError)
    assert raised.value.status == 500
