// liblamina_parquet: a Parquet file, read by Apache Arrow, as the CSV that pandas writes of such a table.
// What is true of tables of text (classes, dates, missing values, messages) is so true of these. Built where
// Arrow is found.
#include <arrow/api.h>
#include <arrow/io/file.h>
#include <parquet/arrow/reader.h>
#include <parquet/arrow/schema.h>
#include <parquet/exception.h>
#include <parquet/properties.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <functional>
#include <limits>
#include <memory>
#include <numeric>
#include <optional>
#include <string>
#include <vector>

#include "lamina/base/error.h"
#include "lamina/base/json.h"
#include "lamina/base/log.h"
#include "lamina/data/detail/parquet.h"

namespace lamina::detail {
namespace {

constexpr int64_t kRows = 4096;                     // of a batch
constexpr uint64_t kMostText = uint64_t{64} << 30;  // against small files that inflate without end

using arrow::Array;
using arrow::Type;

// Writes what stands in a row of an array, which holds something there.
using Writer = std::function<void(const Array&, int64_t row, std::string& text)>;

template <class Numbers>
Writer whole_numbers() {
  return [](const Array& array, int64_t row, std::string& text) {
    text += std::to_string(static_cast<const Numbers&>(array).Value(row));
  };
}

template <class Numbers>
Writer numbers() {
  return [](const Array& array, int64_t row, std::string& text) {
    const auto value = static_cast<const Numbers&>(array).Value(row);
    if (std::isnan(value)) return;  // missing, as in pandas
    char digits[64];
    text.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
  };
}

template <class Decimals>
Writer decimals() {
  return [](const Array& array, int64_t row, std::string& text) {
    text += static_cast<const Decimals&>(array).FormatValue(row);
  };
}

template <class Strings>
Writer strings() {
  return [](const Array& array, int64_t row, std::string& text) {
    text += '"';
    for (const char c : static_cast<const Strings&>(array).GetView(row)) {
      if (c == '"') text += '"';
      text += c;
    }
    text += '"';
  };
}

int64_t floor_division(int64_t value, int64_t by) { return value / by - (value % by < 0); }

void append_date(int64_t days, std::string& text) {
  namespace chrono = std::chrono;
  constexpr int64_t kFirst = -719528, kLast = 2932896;  // years 0 to 9999
  if (days < kFirst || days > kLast) throw InvalidArgument("holds a date that is not of the years 0 to 9999");
  const chrono::year_month_day date{chrono::sys_days{chrono::days{days}}};
  char digits[16];
  std::snprintf(digits, sizeof digits, "%04d-%02u-%02u", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
  text += digits;
}

// `digits` behind the point of the seconds.
void append_time(int64_t ticks, int64_t per_second, int digits, std::string& text) {
  const int64_t seconds = ticks / per_second;
  char time[32];
  std::snprintf(time, sizeof time, "%02d:%02d:%02d", static_cast<int>(seconds / 3600),
                static_cast<int>(seconds / 60 % 60), static_cast<int>(seconds % 60));
  text += time;
  if (digits == 0) return;
  const int64_t nano = ticks % per_second * (1'000'000'000 / per_second);
  std::snprintf(time, sizeof time, ".%09lld", static_cast<long long>(nano));
  text.append(time, static_cast<size_t>(digits) + 1);
}

// Of a type of times.
int64_t per_second_of(const arrow::DataType& type) {
  const arrow::TimeUnit::type unit = type.id() == Type::TIMESTAMP
                                         ? static_cast<const arrow::TimestampType&>(type).unit()
                                         : static_cast<const arrow::TimeType&>(type).unit();
  switch (unit) {
    case arrow::TimeUnit::SECOND:
      return 1;
    case arrow::TimeUnit::MILLI:
      return 1'000;
    case arrow::TimeUnit::MICRO:
      return 1'000'000;
    default:
      return 1'000'000'000;
  }
}

int64_t ticks_of(const Array& times, int64_t row) {
  if (times.type_id() == Type::TIME32) return static_cast<const arrow::Time32Array&>(times).Value(row);
  if (times.type_id() == Type::TIME64) return static_cast<const arrow::Time64Array&>(times).Value(row);
  return static_cast<const arrow::TimestampArray&>(times).Value(row);
}

// How exactly the times of a column are written: all alike, so that they sort as the times do.
struct Exactness {
  bool time = false;  // not all are midnights
  int digits = 0;     // behind the point: 0, 3, 6 or 9

  void see(int64_t ticks, int64_t per_second) {
    const int64_t of_day = ticks - floor_division(ticks, per_second * 86400) * per_second * 86400;
    time = time || of_day != 0;
    const int64_t nano = of_day % per_second * (1'000'000'000 / per_second);
    digits = std::max(digits, nano == 0 ? 0 : nano % 1'000'000 == 0 ? 3 : nano % 1'000 == 0 ? 6 : 9);
  }
};

Writer timestamps(int64_t per_second, Exactness exactness) {
  return [=](const Array& array, int64_t row, std::string& text) {
    const int64_t ticks = ticks_of(array, row);
    const int64_t days = floor_division(ticks, per_second * 86400);
    append_date(days, text);
    if (!exactness.time) return;
    text += ' ';
    append_time(ticks - days * per_second * 86400, per_second, exactness.digits, text);
  };
}

Writer times_of_day(int64_t per_second, Exactness exactness) {
  return [=](const Array& array, int64_t row, std::string& text) {
    const int64_t ticks = ticks_of(array, row);
    if (ticks < 0 || ticks >= per_second * 86400) throw InvalidArgument("holds a time that no day has");
    append_time(ticks, per_second, exactness.digits, text);
  };
}

// Nothing for types that are no cell of a table: lists, bytes.
Writer writer_of(const arrow::DataType& type, Exactness exactness) {
  switch (type.id()) {
    case Type::NA:
      return [](const Array&, int64_t, std::string&) {};
    case Type::BOOL:
      return [](const Array& array, int64_t row, std::string& text) {
        text += static_cast<const arrow::BooleanArray&>(array).Value(row) ? "True" : "False";
      };
    case Type::INT8:
      return whole_numbers<arrow::Int8Array>();
    case Type::INT16:
      return whole_numbers<arrow::Int16Array>();
    case Type::INT32:
      return whole_numbers<arrow::Int32Array>();
    case Type::INT64:
      return whole_numbers<arrow::Int64Array>();
    case Type::UINT8:
      return whole_numbers<arrow::UInt8Array>();
    case Type::UINT16:
      return whole_numbers<arrow::UInt16Array>();
    case Type::UINT32:
      return whole_numbers<arrow::UInt32Array>();
    case Type::UINT64:
      return whole_numbers<arrow::UInt64Array>();
    case Type::FLOAT:
      return numbers<arrow::FloatArray>();
    case Type::DOUBLE:
      return numbers<arrow::DoubleArray>();
    case Type::DECIMAL128:
      return decimals<arrow::Decimal128Array>();
    case Type::DECIMAL256:
      return decimals<arrow::Decimal256Array>();
    case Type::STRING:
      return strings<arrow::StringArray>();
    case Type::LARGE_STRING:
      return strings<arrow::LargeStringArray>();
    case Type::DATE32:
      return [](const Array& array, int64_t row, std::string& text) {
        append_date(static_cast<const arrow::Date32Array&>(array).Value(row), text);
      };
    case Type::DATE64:
      return [](const Array& array, int64_t row, std::string& text) {
        append_date(floor_division(static_cast<const arrow::Date64Array&>(array).Value(row), 86'400'000),
                    text);
      };
    case Type::TIMESTAMP:
      return timestamps(per_second_of(type), exactness);
    case Type::TIME32:
      return times_of_day(per_second_of(type), exactness);
    case Type::TIME64:
      return times_of_day(per_second_of(type), exactness);
    case Type::DICTIONARY: {
      const Writer value =
          writer_of(*static_cast<const arrow::DictionaryType&>(type).value_type(), exactness);
      if (!value) return nullptr;
      return [value](const Array& array, int64_t row, std::string& text) {
        const auto& words = static_cast<const arrow::DictionaryArray&>(array);
        const int64_t at = words.GetValueIndex(row);
        if (words.dictionary()->IsValid(at)) value(*words.dictionary(), at, text);
      };
    }
    default:
      return nullptr;
  }
}

struct Column {
  std::string name;
  int leaf = 0;
  Type::type type = Type::NA;
  Writer write;
  int place = 0;  // among the columns that are read, which come in the order of the file
};

class ParquetTable {
 public:
  explicit ParquetTable(const std::string& path) : path_(path) {
    auto file = arrow::io::ReadableFile::Open(path);
    check(file.status());
    parquet::arrow::FileReaderBuilder builder;
    parquet::ReaderProperties how = parquet::default_reader_properties();
    how.enable_buffered_stream();
    check(builder.Open(*file, how));
    parquet::ArrowReaderProperties properties;
    properties.set_batch_size(kRows);
    properties.set_pre_buffer(false);  // row groups may be larger than the memory
    builder.properties(properties);
    check(builder.Build(&reader_));
    check(reader_->GetSchema(&schema_));
    groups_.resize(static_cast<size_t>(reader_->num_row_groups()));
    std::iota(groups_.begin(), groups_.end(), 0);
    choose_columns();
    std::vector<int> leaves;
    for (const Column& column : columns_) leaves.push_back(column.leaf);
    std::sort(leaves.begin(), leaves.end());
    for (Column& column : columns_)
      column.place = static_cast<int>(std::find(leaves.begin(), leaves.end(), column.leaf) - leaves.begin());
    batches_ = batches_of(*reader_, leaves);
    for (size_t i = 0; i < columns_.size(); ++i) {
      if (i > 0) text_ += ',';
      append_quoted(columns_[i].name);
    }
    text_ += '\n';
  }

  size_t read(char* to, size_t size) {
    while (at_ == text_.size()) {
      given_ += text_.size();
      if (given_ > kMostText) throw FileError(name() + " holds more than 64 GiB of text");
      text_.clear();
      at_ = 0;
      if (!more()) return 0;
    }
    const size_t count = text_.copy(to, size, at_);
    at_ += count;
    return count;
  }

 private:
  std::string name() const { return "'" + path_ + "'"; }
  void check(const arrow::Status& status) const {
    if (!status.ok()) throw FileError(name() + " cannot be read as Parquet: " + status.message());
  }

  // Arrow gave a status and took a place for the result until version 20.
  template <class Reader>
  std::shared_ptr<arrow::RecordBatchReader> batches_of(Reader& reader, const std::vector<int>& leaves) const {
    if constexpr (requires { reader.GetRecordBatchReader(groups_, leaves).status(); }) {
      auto batches = reader.GetRecordBatchReader(groups_, leaves);
      check(batches.status());
      return std::move(*batches);
    } else {
      std::unique_ptr<arrow::RecordBatchReader> batches;
      check(reader.GetRecordBatchReader(groups_, leaves, &batches));
      return batches;
    }
  }

  void append_quoted(const std::string& text) {
    text_ += '"';
    for (const char c : text) text_.append(c == '"' ? 2 : 1, c);
    text_ += '"';
  }

  // pandas writes the index of a table behind its columns, and CSV has it in front.
  std::vector<std::string> index_columns() const {
    std::vector<std::string> names;
    const auto& metadata = schema_->metadata();
    const int at = metadata ? metadata->FindKey("pandas") : -1;
    if (at < 0) return names;
    try {
      const Json note = Json::parse(metadata->value(at), path_);
      for (const Json& name : note.at("index_columns").as_list())
        if (name.is_string()) names.push_back(name.as_string());
    } catch (const Error&) {  // another program's note of that name
    }
    return names;
  }

  void choose_columns() {
    const std::vector<std::string> index = index_columns();
    std::vector<Column> others;
    std::string left_out;
    for (const auto& field : reader_->manifest().schema_fields) {
      const std::string& name = field.field->name();
      const arrow::DataType& type = *field.field->type();
      const bool unnamed = name.starts_with("__index_level_");
      Writer write = field.is_leaf() ? writer_of(type, exactness_of(field, name)) : nullptr;
      if (!write) {
        left_out += (left_out.empty() ? "'" : ", '") + name + "' (" + type.ToString() + ")";
        continue;
      }
      const bool in_front = std::find(index.begin(), index.end(), name) != index.end();
      (in_front ? columns_ : others)
          .push_back({unnamed ? "" : name, field.column_index, type.id(), std::move(write)});
    }
    columns_.insert(columns_.end(), others.begin(), others.end());
    if (columns_.empty()) throw FileError(name() + " holds no column of numbers, text or dates");
    if (!left_out.empty())
      warn(name() + ": columns whose cells are no number, text or date are left out: " + left_out);
  }

  // Times alone are read twice.
  Exactness exactness_of(const parquet::arrow::SchemaField& field, const std::string& column) const {
    Exactness exactness;
    const arrow::DataType& type = *field.field->type();
    const std::string zone = type.id() == Type::TIMESTAMP
                                 ? static_cast<const arrow::TimestampType&>(type).timezone()
                                 : std::string();
    if (!zone.empty() && zone != "UTC")
      warn(name() + ": the times of the column '" + column + "' are taken in UTC; its time zone, " + zone +
           ", is not looked at");
    const bool times = type.id() == Type::TIMESTAMP || type.id() == Type::TIME32 || type.id() == Type::TIME64;
    if (!times) return exactness;
    const auto batches = batches_of(*reader_, std::vector<int>{field.column_index});
    std::shared_ptr<arrow::RecordBatch> batch;
    for (check(batches->ReadNext(&batch)); batch; check(batches->ReadNext(&batch))) {
      const Array& cells = *batch->column(0);
      for (int64_t row = 0; row < cells.length(); ++row)
        if (cells.IsValid(row)) exactness.see(ticks_of(cells, row), per_second_of(type));
    }
    return exactness;
  }

  // The next rows as text; false at the end.
  bool more() {
    std::shared_ptr<arrow::RecordBatch> batch;
    check(batches_->ReadNext(&batch));
    if (!batch) return false;
    std::vector<std::shared_ptr<Array>> cells;
    for (const Column& column : columns_) {
      cells.push_back(column.place < batch->num_columns() ? batch->column(column.place) : nullptr);
      if (!cells.back() || cells.back()->type_id() != column.type)
        throw FileError(name() + " is damaged: its rows have other columns than its head says");
    }
    for (int64_t row = 0; row < batch->num_rows(); ++row, ++row_) {
      for (size_t i = 0; i < columns_.size(); ++i) {
        if (i > 0) text_ += ',';
        try {
          if (cells[i]->IsValid(row)) columns_[i].write(*cells[i], row, text_);
        } catch (const InvalidArgument& error) {
          throw FileError(name() + ": column '" + columns_[i].name + "' of row " + std::to_string(row_ + 1) +
                          " " + error.what());
        }
      }
      if (columns_.size() == 1 && (text_.empty() || text_.back() == '\n')) text_ += "\"\"";  // no blank line
      text_ += '\n';
    }
    return true;
  }

  std::string path_;
  std::unique_ptr<parquet::arrow::FileReader> reader_;
  std::shared_ptr<arrow::Schema> schema_;
  std::vector<int> groups_;
  std::vector<Column> columns_;
  std::shared_ptr<arrow::RecordBatchReader> batches_;
  std::string text_;
  size_t at_ = 0;
  uint64_t given_ = 0;
  int64_t row_ = 0;
};

}  // namespace
}  // namespace lamina::detail

extern "C" void lamina_open_parquet(const std::string& path, lamina::detail::TextStream::Source& source) {
  // What Arrow throws is no error of ours.
  const auto guarded = [path](auto&& act) {
    try {
      return act();
    } catch (const lamina::Error&) {
      throw;
    } catch (const std::exception& error) {
      throw lamina::FileError("'" + path + "' cannot be read as Parquet: " + error.what());
    }
  };
  const auto table = guarded([&] { return std::make_shared<lamina::detail::ParquetTable>(path); });
  source = [table, guarded](char* to, size_t size) { return guarded([&] { return table->read(to, size); }); };
}
