// Looking up logs by name.
#include "lamina/nn/callbacks/logs.h"

#include <charconv>
#include <cmath>
#include <cstdlib>

#include "lamina/base/error.h"

namespace lamina {

bool Logs::contains(std::string_view name) const { return find(name).has_value(); }

const std::string& Logs::name(size_t index) const {
  const size_t viewed = source_ ? source_->size() : 0;
  return index < viewed ? source_->name(index) : values_.at(index - viewed).first;
}

double Logs::value(size_t index) const {
  const size_t viewed = source_ ? source_->size() : 0;
  return index < viewed ? source_->value(index) : values_.at(index - viewed).second;
}

std::optional<double> Logs::find(std::string_view name) const {
  for (size_t i = 0; i < size(); ++i) {
    if (this->name(i) == name) return value(i);
  }
  return std::nullopt;
}

double Logs::at(std::string_view name) const {
  if (const std::optional<double> found = find(name)) return *found;
  std::vector<std::string> known;
  for (size_t i = 0; i < size(); ++i) known.push_back(this->name(i));
  throw InvalidArgument("there is no log '" + std::string(name) + "'" + suggest(std::string(name), known));
}

std::optional<std::vector<double>> Logs::row(size_t index) const {
  const size_t viewed = source_ ? source_->size() : 0;
  if (index < viewed) return source_->row(index);
  for (const auto& [known, row] : rows_) {
    if (known == name(index)) return row;
  }
  return std::nullopt;
}

std::optional<std::vector<double>> Logs::find_row(std::string_view name) const {
  for (size_t i = 0; i < size(); ++i) {
    if (this->name(i) == name) return row(i);
  }
  return std::nullopt;
}

std::optional<double> Logs::find_number(std::string_view name, const char* who) const {
  if (const auto row = find_row(name)) {
    throw InvalidArgument(std::string(who) + ": '" + std::string(name) + "' is a row of " +
                          std::to_string(row->size()) +
                          " numbers, and no row is better than another: watch a log that is one number, or let "
                          "the metric average (F1Score: .average = \"macro\")");
  }
  return find(name);
}

void Logs::set(const std::string& name, double value, std::optional<std::vector<double>> row) {
  set(name, value);
  if (row) rows_.emplace_back(name, std::move(*row));
}

void Logs::set(const std::string& name, double value) {
  std::erase_if(rows_, [&](const auto& old) { return old.first == name; });
  for (auto& [known, old] : values_) {
    if (known == name) {
      old = value;
      return;
    }
  }
  values_.emplace_back(name, value);
}

std::string Logs::names() const {
  std::string all;
  for (size_t i = 0; i < size(); ++i) all += (i ? ", " : "") + name(i);
  return all;
}

std::vector<std::pair<std::string, double>> Logs::items() const {
  std::vector<std::pair<std::string, double>> all;
  for (size_t i = 0; i < size(); ++i) all.emplace_back(name(i), value(i));
  return all;
}

namespace {

template <class Number>
std::string python_text(Number value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  char buffer[64];
  char* const last = buffer + sizeof buffer;
  const std::string scientific(buffer, std::to_chars(buffer, last, value, std::chars_format::scientific).ptr);
  const int exponent = std::atoi(scientific.c_str() + scientific.find('e') + 1);
  if (exponent < -4 || exponent >= 16) return scientific;
  const std::string fixed(buffer, std::to_chars(buffer, last, value, std::chars_format::fixed).ptr);
  return fixed.find('.') == std::string::npos ? fixed + ".0" : fixed;
}

}  // namespace

std::string python_number(double value) { return python_text(value); }

std::string python_row(const std::vector<double>& row) {
  std::string text;
  for (const double value : row) text += (text.empty() ? "" : ", ") + python_text(static_cast<float>(value));
  return "[" + text + "]";
}

}  // namespace lamina
