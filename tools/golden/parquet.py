"""Golden files of Parquet: data/parquet/<case>.parquet and, beside it, the CSV that pandas writes of the same table.

tests/data/parquet_test.cpp reads both and finds the same table, where Apache Arrow is. Needs pandas and pyarrow.
"""
import datetime
import decimal
import os
import pathlib

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

GOLDEN = pathlib.Path(os.environ.get("LAMINA_GOLDEN", pathlib.Path(__file__).resolve().parents[2] / "tests" / "golden"))
FOLDER = GOLDEN / "data" / "parquet"

WORDS = ["plain", "with, comma", 'with "quotes"', "two\nlines", "中文 ümlaut", "x"]


def case(name, table, index=False, left_out=(), **write):
    """`index`: whether pandas writes the index into the CSV; `left_out`: columns that are no cells of a table."""
    path = FOLDER / f"{name}.parquet"
    if isinstance(table, pd.DataFrame):
        table = pa.Table.from_pandas(table)
    pq.write_table(table, path, **write)
    frame = pd.read_parquet(path).drop(columns=list(left_out))
    frame.to_csv(FOLDER / f"{name}.csv", index=index)


def people():
    return pd.DataFrame({"age": [22, 38, 26, 35, 54, 2], "fare": [7.25, 71.2833, np.nan, 53.1, 1e-7, 21.075],
                         "word": WORDS, "adult": [True, True, True, True, True, False],
                         "label": ["no", "yes", "yes", "no", "no", "yes"]})


def compressions():
    for kind in ("none", "snappy", "gzip", "brotli", "lz4", "zstd"):
        case(f"compressed_{kind}", people(), compression=kind, row_group_size=4)


def types():
    def column(values, kind):
        return pa.array(values, type=kind)

    whole = [1, None, -3, 4]
    columns = {f"int{bits}": column(whole, getattr(pa, f"int{bits}")()) for bits in (8, 16, 32, 64)}
    columns |= {f"uint{bits}": column([0, 2**bits - 1, None, 7], getattr(pa, f"uint{bits}")()) for bits in (8, 16, 32)}
    columns["float32"] = column([0.1, None, np.inf, -1e30], pa.float32())
    columns["float64"] = column([0.1, 1 / 3, None, 1e300], pa.float64())
    columns["decimal"] = column([decimal.Decimal("1.50"), decimal.Decimal("-0.25"), None, decimal.Decimal("12345.67")],
                                pa.decimal128(9, 2))
    columns["truth"] = column([True, None, False, True], pa.bool_())
    columns["nothing"] = column([None] * 4, pa.null())
    columns["text"] = column(["a", None, "b c", "NA"], pa.string())
    columns["large"] = column(["a", "bb", None, "d"], pa.large_string())
    columns["category"] = column(["red", "blue", None, "red"], pa.string()).dictionary_encode()
    columns["label"] = column([0, 1, 1, 0], pa.int32())
    case("types", pa.table(columns), row_group_size=3)
    case("dictionary_pages", pd.DataFrame({"word": ["red", "blue"] * 40, "label": [0, 1] * 40}), row_group_size=30,
         use_dictionary=True)


def times():
    day = datetime.date
    moment = datetime.datetime
    seconds = [moment(1969, 12, 31, 23, 59, 59), moment(2020, 2, 29), None, moment(2100, 1, 2, 3, 4, 5)]
    columns = {"day": pa.array([day(1900, 1, 1), None, day(2020, 2, 29), day(2099, 12, 31)], pa.date32()),
               "midnights": pa.array([moment(1960, 5, 6), None, moment(2020, 2, 29), moment(2030, 1, 1)], pa.timestamp("ns")),
               "of_day": pa.array([datetime.time(1, 2, 3), None, datetime.time(0), datetime.time(23, 59, 59)], pa.time32("s"))}
    columns |= {f"in_{unit}": pa.array(seconds, pa.timestamp(unit)) for unit in ("s", "ms", "us", "ns")}
    columns["micro"] = pa.array([moment(2020, 1, 1, 0, 0, 0, 250001), None, moment(1950, 1, 1, 12, 0, 0, 5), moment(2021, 1, 1)],
                                pa.timestamp("us"))
    columns["label"] = pa.array([1, 0, 0, 1], pa.int64())
    case("times", pa.table(columns))


def indices():
    dates = pd.date_range("2020-01-30", periods=6, freq="D")
    case("series_index", pd.DataFrame({"value": [1.5, 2, 2.5, 3, 3.5, 5]}, index=dates), index=True)
    case("series_named_index", pd.DataFrame({"value": [1.5, 2, 2.5, 3, 3.5, 5]}, index=dates.rename("when")), index=True)
    case("row_numbers", people()[people().age != 26], index=True)


def nested():
    table = pa.table({"a": [1, 2, 3, 4], "list": [[1], [2, 3], [], [4]], "bytes": [b"a", b"b", b"c", b"d"],
                      "struct": [{"x": 1}, {"x": 2}, None, {"x": 4}], "label": ["p", "q", "p", "q"]})
    case("nested", table, left_out=("list", "bytes", "struct"))
    case("one_column", pa.table({"v": pa.array([1.0, None, 3.0, 4.0])}))


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    for part in (compressions, types, times, indices, nested):
        part()
    (FOLDER / "VERSIONS").write_text(f"pandas {pd.__version__}, pyarrow {pa.__version__}\n")


if __name__ == "__main__":
    main()
