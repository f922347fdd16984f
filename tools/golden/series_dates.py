"""Golden file of series whose dates have gaps, come twice or go back: data/series_dates.json.

Each case: a table, and the times and values that pandas gives once the series is sorted, averaged by time and brought to
its frequency by asfreq, with what lacks filled by ffill ("previous") and interpolate ("interpolate").
tests/data/series_dates_test.cpp reads it. Needs pandas.
"""
import json
import os
import pathlib

import numpy as np
import pandas as pd

GOLDEN = pathlib.Path(os.environ.get("LAMINA_GOLDEN", pathlib.Path(__file__).resolve().parents[2] / "tests" / "golden"))
CASES = {}


def case(name, freq, form, start="2020-02-24", lost=(3, 4, 9), twice=(6,), swapped=((1, 2),)):
    draw = np.random.default_rng(len(name))
    when = pd.date_range(start, periods=24, freq=freq)
    rows = [[time, round(float(draw.normal(10, 3)), 3)] for i, time in enumerate(when) if i not in lost]
    for a, b in swapped:
        rows[a], rows[b] = rows[b], rows[a]
    for at in twice:
        rows.insert(at, [rows[at][0], round(float(draw.normal(10, 3)), 3)])
    text = "when,value\n" + "".join(f"{time.strftime(form)},{value}\n" for time, value in rows)
    series = pd.Series([value for _, value in rows], index=pd.DatetimeIndex([time for time, _ in rows]))
    merged = series.groupby(level=0).mean()
    grid = merged.asfreq(freq)
    filled = {"drop": merged, "previous": grid.ffill(), "interpolate": grid.interpolate()}
    CASES[name] = {"text": text} | {
        way: {"times": [time.strftime(form) for time in of.index], "values": [float(np.float32(v)) for v in of]}
        for way, of in filled.items()}


def main():
    CASES.clear()
    case("days", "D", "%Y-%m-%d")
    case("hours", "h", "%Y-%m-%dT%H:%M:%S")
    case("quarters_of_an_hour", "15min", "%Y-%m-%d %H:%M")
    case("seconds_of_a_zone", "10s", "%Y-%m-%dT%H:%M:%SZ", start="2019-12-31 23:58:00")
    case("weeks", "7D", "%Y-%m-%d")
    case("weekdays", "B", "%Y-%m-%d")
    case("months", "MS", "%Y-%m-%d")
    case("months_alone", "MS", "%Y-%m")
    case("ends_of_months", "ME", "%Y-%m-%d")
    case("quarters", "QS", "%Y-%m-%d")
    case("years", "YS", "%Y-%m-%d", start="1960-01-01")
    case("nothing_to_do", "D", "%Y-%m-%d", lost=(), twice=(), swapped=())
    (GOLDEN / "data" / "series_dates.json").write_text(json.dumps({"pandas": pd.__version__, "cases": CASES}) + "\n")


if __name__ == "__main__":
    main()
