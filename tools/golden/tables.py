"""Golden file of tables as they are found in the world: data/tables.json.

Each case: the bytes of a file (hex) and its name, what a user would say beyond that (most often nothing), and what
pandas.read_csv makes of it when it is told the separator, the header, the encoding and so on, which Lamina has to find.
tests/data/tables_golden_test.cpp reads them. Needs pandas.
"""
import io
import json
import os
import pathlib

import numpy as np
import pandas as pd

GOLDEN = pathlib.Path(os.environ.get("LAMINA_GOLDEN", pathlib.Path(__file__).resolve().parents[2] / "tests" / "golden"))
CASES = {}


def case(name, data, file="t.csv", label=None, options=None, drop=False, **read):
    """`options`: of Lamina; `drop`: rows with missing values are left out; `read`: of pandas.read_csv."""
    data = data.encode() if isinstance(data, str) else data
    frame = pd.read_csv(io.BytesIO(data), skipinitialspace=True, **read)
    named = read.get("header", 0) is not None
    frame.columns = [str(column) if named else f"column_{column}" for column in frame.columns]
    rows = np.arange(len(frame))
    if drop:
        rows = rows[frame.notna().all(axis=1).to_numpy()]
        frame = frame.dropna()
    target = label or frame.columns[-1]
    y = frame[target]
    x = frame.drop(columns=target)
    if pd.api.types.is_numeric_dtype(y) and not pd.api.types.is_bool_dtype(y):
        whole = bool((y == np.floor(y)).all() and (y >= 0).all() and (y < 2**20).all())
        classes = []
        y = [float(np.float32(v)) for v in y]
    else:
        whole = True
        classes = sorted({str(v) for v in y})
        y = [classes.index(str(v)) for v in y]
    CASES[name] = {"bytes": data.hex(), "file": file, "label": label or "", "options": options or {}, "drop": drop,
                   "features": list(x.columns) if named else [], "target": target if named else "",
                   "x": [[repr(float(np.float32(v))) for v in row] for row in x.astype("float64").to_numpy()],
                   "y": y, "classes": classes, "is_class": whole, "rows": [int(r) for r in rows]}


WINE = "\"fixed acidity\";\"volatile acidity\";\"quality\"\n7.4;0.7;5\n7.8;0.88;6\n7.8;0.76;5\n"


def headers():
    case("plain", "a,b,label\n1,2,0\n3,4.5,1\n")
    case("pandas_numbers_its_columns", "0,1,label\n1,7,0\n2,7,1\n3,8,2\n")
    case("years_over_columns", "2019,2020,growth\n1.5,1.75,0.25\n2,3,1\n0.5,0.25,-0.25\n")
    case("columns_called_inf_and_nan", "inf,nan,label\n1,2,0\n3,4,1\n")
    case("exponent_for_a_name", "1e3,x,label\n1,2,0\n3,4,1\n")
    case("numbered_columns_and_words", "0,1,2,species\n5.1,3.5,1.4,rose\n4.9,3,1.5,lily\n6,2,4,rose\n")
    case("no_header", "7,1,0\n2,3,1\n4,5,1\n", header=None)
    case("no_header_and_words", "5.1,rose\n4.9,lily\n6.1,rose\n", header=None)
    case("no_header_first_row_inf", "inf,1,0\n2,-inf,1\n", header=None)
    case("no_header_first_row_nan", "nan,1,0\n2,3,1\n4,5,0\n", header=None, drop=True)
    case("told_that_there_is_none", "0,1,0\n1,1,1\n", header=None, options={"header": False})
    case("told_that_there_is_one", "0,1,2\n5,6,1\n7,8,0\n", options={"header": True})
    case("quoted_header", "\"0\",\"1\",\"label\"\n1,2,0\n3,4,1\n")
    case("label_in_front", "label,a,b\n0,1,1\n1,2,1\n2,3,2\n", label="label")
    case("spaces_around_names", "a , b, label\n1, 2, 0\n3, 4, 1\n",
         names=["a", "b", "label"], header=0)


def separators():
    case("semicolons", WINE, sep=";")
    case("semicolons_no_header", "7.4;0.7;5\n7.8;0.88;6\n", sep=";", header=None)
    case("semicolons_decimal_commas", "a;b;label\n7,4;0,7;1\n7,8;0,88;0\n", sep=";", decimal=",",
         options={"decimal_comma": True})
    case("decimal_commas_no_header", "7,4;0,7;1\n7,8;0,88;0\n", sep=";", decimal=",", header=None,
         options={"decimal_comma": True})
    case("tabs_in_a_csv", "a\tb\tlabel\n1\t2\t0\n3\t4\t1\n", sep="\t")
    case("tabs_decimal_commas", "a\tb\ty\n1,5\t-2,25\t0,5\n3\t4e-2\t1,5\n", sep="\t", decimal=",",
         options={"decimal_comma": True})
    case("commas_in_a_tsv", "a,b,label\n1,2,0\n3,4,1\n", file="t.tsv")
    case("tsv", "a\tb\tlabel\n1\t2\trose\n3\t4\tlily, white\n", file="t.tsv", sep="\t")
    case("bars", "a|b|label\n1|2|0\n3|4|1\n", sep="|")
    case("sep_line", "sep=;\na;b;label\n1;2;0\n3;4;1\n", sep=";", skiprows=1)
    case("sep_line_quoted_crlf", "\"sep=\t\"\r\na\tb\tlabel\r\n1\t2\t0\r\n3\t4\t1\r\n", sep="\t", skiprows=1)
    case("sep_line_unusual", "sep=^\na^b^label\n1^2^0\n3^4^1\n", sep="^", skiprows=1)
    case("told_the_separator", "a:b:label\n1:2:0\n3:4:1\n", sep=":", options={"separator": ":"})
    case("commas_inside_quotes", "a;name\n1;\"Doe, J\"\n2;\"Roe, R\"\n3;\"Doe, J\"\n", sep=";")


def encodings():
    text = "a,b,label\n1,2,Käse\n3,4,Brot\n5,6,𝄞\n"
    case("utf8_mark", b"\xef\xbb\xbf" + text.encode(), encoding="utf-8-sig")
    case("utf16_little", text.encode("utf-16"), encoding="utf-16")
    case("utf16_big", b"\xfe\xff" + text.encode("utf-16-be"), encoding="utf-16")
    case("utf16_without_mark", text.encode("utf-16-le"), encoding="utf-16-le")
    case("utf16_excel", "a\tb\tlabel\r\n1\t2\t0\r\n3\t4\t1\r\n".encode("utf-16"), encoding="utf-16", sep="\t")
    case("utf8_mark_quoted", b"\xef\xbb\xbf\"a\",\"label\"\n1,0\n2,1\n", encoding="utf-8-sig")
    case("cr", "a,b,label\r1,2,0\r3,4,1\r")
    case("cr_no_end", "a,b,label\r1,2,0\r3,4,1")
    case("crlf", "a,b,label\r\n1,2,0\r\n3,4,1\r\n")
    case("mixed_line_ends", "a,b,label\r\n1,2,0\n3,4,1\r5,6,2\r\n")
    case("quotes_over_lines", "a,text\n1,\"two\nlines\"\n2,\"a \"\"word\"\"\"\n3,\"two\nlines\"\n")
    case("blank_lines", "\n\na,b,label\n\n1,2,0\n\n\n3,4,1\n\n")


def cells():
    case("numbers", "a,b,c,d,y\n+1,-0.0,1e3,1E-3,0.5\n.5,5.,123456789012345678901,0.1,1.5\n1e400,-1e400,1e-400,3.4e38,2\n")
    case("exact_floats", "a,b,y\n0.30000001192092896,16777217,0.1\n9007199254740993,1.17549435e-38,0.2\n")
    case("truth", "a,b,y\nTrue,1,0\nFalse,2,1\nTrue,3,1\n")
    case("words_of_truth_are_classes", "a,y\n1,True\n2,False\n3,True\n")
    case("missing", "a,b,y\n1,2,0\n,3,1\n4,NA,1\n5,6,0\nnull,7,1\nN/A,8,0\n9,10,NaN\n11,12,1\n", drop=True)
    case("missing_words", "a,word\n1,yes\n2,\n3,no\nnan,no\n5,yes\n", drop=True)
    case("whole_floats", "a,y\n1,0.0\n2,2.0\n3,1.0\n")
    case("values_below_zero", "a,y\n1,-3\n2,5\n3,12\n")


def main():
    CASES.clear()
    for part in (headers, separators, encodings, cells):
        part()
    folder = GOLDEN / "data"
    folder.mkdir(parents=True, exist_ok=True)
    lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(entry)}" for name, entry in CASES.items())
    (folder / "tables.json").write_text(f'{{"pandas": "{pd.__version__}", "cases": {{\n{lines}\n}}}}\n')


if __name__ == "__main__":
    main()
