// One warning for everything that a file wants for training and that is missing here.
#include "lamina/nn/detail/load_notes.h"

#include <algorithm>
#include <exception>

#include "lamina/base/detail/text.h"
#include "lamina/base/log.h"

namespace lamina::detail {
namespace {

thread_local LoadNotes* outermost = nullptr;

}  // namespace

LoadNotes::LoadNotes(std::string name) : name_(std::move(name)), exceptions_(std::uncaught_exceptions()) {
  if (!outermost) outermost = this;
}

LoadNotes::~LoadNotes() {
  if (outermost != this) return;
  outermost = nullptr;
  if (notes_.empty() || std::uncaught_exceptions() > exceptions_) return;
  std::string list;
  for (const std::string& note : notes_) list = list.empty() ? note : continued(list, ";", note);
  try {
    warn(continued("'" + excerpt(name_, 500) +
                       "' is loaded; what only training needs is not known here: " + excerpt(list, 2000),
                   ".",
                   "Predictions do not need it; to train it, register what is missing before loading, or "
                   "compile it anew"));
  } catch (...) {  // of a sink: a destructor may not throw
  }
}

bool LoadNotes::add(std::string note) {
  if (!outermost) return false;
  std::vector<std::string>& notes = outermost->notes_;
  if (std::find(notes.begin(), notes.end(), note) == notes.end()) notes.push_back(std::move(note));
  return true;
}

}  // namespace lamina::detail
