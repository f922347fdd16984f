"""Golden file of the room of series: series/windows.npz.

Entries: cases (JSON, {name: {"options": {...}, "x": [[shape, values], ...], "y": ...}}): the batches that
keras.utils.timeseries_dataset_from_array cuts from series (time, features) and targets; series: a noisy
series with a season of 7; autoregression: for each number of lags the weights that numpy.linalg.lstsq finds for
it, oldest value first, the constant last; quantiles (q, value): numpy.quantile of the series.
tests/series/ compares.
"""
from common import keras, normal, np, rng, save

CASES = {}


def case(name, steps, length, targets=True, **options):
    data = np.arange(steps * 2, dtype=np.float32).reshape(steps, 2)
    y = np.arange(steps, dtype=np.float32) * 10 if targets else None
    dataset = keras.utils.timeseries_dataset_from_array(data, y, length, **options)
    xs, ys = [], []
    for batch in dataset:
        x, target = (batch if targets else (batch, None))
        xs.append([list(x.shape), [int(v) for v in np.asarray(x).ravel()]])
        if targets:
            ys.append([list(target.shape), [int(v) for v in np.asarray(target).ravel()]])
    CASES[name] = {"steps": steps, "length": length, "targets": targets, "options": options, "x": xs, "y": ys}


def main():
    case("plain", 10, 3)
    case("no_targets", 10, 3, targets=False)
    case("stride", 20, 4, sequence_stride=3, batch_size=2)
    case("rate", 20, 4, sampling_rate=2, batch_size=5)
    case("stride_rate", 30, 3, sequence_stride=4, sampling_rate=3, batch_size=4)
    case("between", 20, 3, start_index=4, end_index=15, batch_size=4, targets=False)
    case("unbatched", 6, 2, batch_size=None)
    case("whole", 5, 5)

    generator = rng("series")
    series = (np.sin(np.arange(200) * 2 * np.pi / 7) * 3 + normal(generator, [200]) + 20).astype(np.float64)
    weights = {}
    for lags in (1, 2, 7, 10):
        rows = np.stack([np.append(series[i:i + lags], 1.0) for i in range(len(series) - lags)])
        weights[f"autoregression_{lags}"] = np.linalg.lstsq(rows, series[lags:], rcond=None)[0]
    q = np.array([0, 0.05, 0.5, 0.95, 1])
    save("series/windows", cases=CASES, series=series, quantiles=np.stack([q, np.quantile(series, q)], 1), **weights)


if __name__ == "__main__":
    main()
