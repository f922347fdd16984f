// History: one row of numbers per epoch.
#include "lamina/nn/callbacks/history.h"

#include <algorithm>
#include <limits>

#include "lamina/base/detail/checked_int.h"
#include "lamina/base/error.h"

namespace lamina {

void History::on_train_begin(const Logs&) {
  epochs_.clear();
  values_.clear();
  rows_.clear();
}

void History::on_epoch_end(int epoch, const Logs& logs) {
  constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
  for (const auto& [name, value] : logs.items()) {
    if (!contains(name)) values_.emplace_back(name, std::vector<double>(epochs_.size(), kNone));
    if (logs.find_row(name) && rows(name).empty())
      rows_.emplace_back(name, std::vector<std::vector<double>>(epochs_.size()));
  }
  epochs_.push_back(epoch);
  for (auto& [name, values] : values_) values.push_back(logs.find(name).value_or(kNone));
  for (auto& [name, rows] : rows_) rows.push_back(logs.find_row(name).value_or(std::vector<double>()));
}

const std::vector<std::vector<double>>& History::rows(const std::string& name) const {
  static const std::vector<std::vector<double>> none;
  for (const auto& [known, rows] : rows_) {
    if (known == name) return rows;
  }
  return none;
}

std::vector<std::string> History::names() const {
  std::vector<std::string> all;
  for (const auto& [name, values] : values_) all.push_back(name);
  return all;
}

bool History::contains(const std::string& name) const {
  for (const auto& [known, values] : values_) {
    if (known == name) return true;
  }
  return false;
}

const std::vector<double>& History::operator[](const std::string& name) const {
  for (const auto& [known, values] : values_) {
    if (known == name) return values;
  }
  throw InvalidArgument("the history has no log '" + name + "'" + suggest(name, names()));
}

std::vector<NamedTensor> History::state() const {
  const Shape shape{static_cast<int64_t>(epochs_.size())};
  std::vector<NamedTensor> state = {
      {"epochs", Tensor::from(std::vector<int32_t>(epochs_.begin(), epochs_.end()), shape)}};
  for (const auto& [name, values] : values_) state.push_back({"log/" + name, Tensor::from(values, shape)});
  for (const auto& [name, rows] : rows_) {
    size_t width = 0;
    for (const auto& row : rows) width = std::max(width, row.size());
    std::vector<double> all;
    for (std::vector<double> row : rows) {
      row.resize(width, std::numeric_limits<double>::quiet_NaN());  // of an epoch without it
      all.insert(all.end(), row.begin(), row.end());
    }
    state.push_back({"row/" + name, Tensor::from(all, {shape[0], static_cast<int64_t>(width)})});
  }
  if (bad_loss) state.push_back({"bad_loss", Tensor::from<int64_t>({bad_loss->epoch, bad_loss->step})});
  return state;
}

void History::set_state(const std::vector<NamedTensor>& state) {
  epochs_.clear();
  values_.clear();
  rows_.clear();
  for (const NamedTensor& tensor : state) {
    if (tensor.name == "epochs") {
      for (const int64_t epoch : tensor.value.to_vector<int64_t>()) {
        if (epoch < (epochs_.empty() ? 0 : int64_t{epochs_.back()} + 1) ||
            epoch > std::numeric_limits<int>::max())
          throw InvalidArgument("History: the saved epochs hold " + std::to_string(epoch) +
                                " where a later one was expected");
        epochs_.push_back(static_cast<int>(epoch));
      }
    } else if (tensor.name.rfind("log/", 0) == 0) {
      values_.emplace_back(tensor.name.substr(4), tensor.value.to_vector<double>());
    } else if (tensor.name.rfind("row/", 0) == 0) {
      if (tensor.value.rank() != 2) {
        throw InvalidArgument("History: the saved rows '" + tensor.name.substr(4) + "' are of shape " +
                              tensor.value.shape().str() + ", and one row for each epoch was expected");
      }
      const std::vector<double> all = tensor.value.to_vector<double>();
      const auto width = static_cast<std::ptrdiff_t>(tensor.value.shape()[1]);
      std::vector<std::vector<double>> rows;
      for (int64_t i = 0; i < tensor.value.shape()[0]; ++i)
        rows.emplace_back(all.begin() + i * width, all.begin() + (i + 1) * width);
      rows_.emplace_back(tensor.name.substr(4), std::move(rows));
    } else if (tensor.name == "bad_loss") {
      const std::vector<int64_t> place = detail::callback_numbers(tensor, "History", 2);
      bad_loss = BadLoss{detail::checked_int(place[0], "History: the saved epoch of a bad loss"), place[1]};
    }
  }
  for (const auto& [name, rows] : rows_) {
    if (rows.size() == epochs_.size() && contains(name)) continue;
    throw InvalidArgument("History: the saved rows '" + name + "' are " + std::to_string(rows.size()) + " for " +
                          std::to_string(epochs_.size()) + " epochs of " +
                          (contains(name) ? "that log" : "no log"));
  }
  for (const auto& [name, values] : values_) {
    if (values.size() == epochs_.size()) continue;
    throw InvalidArgument("History: the saved log '" + name + "' has " + std::to_string(values.size()) +
                          " values for " + std::to_string(epochs_.size()) + " epochs");
  }
}

}  // namespace lamina
