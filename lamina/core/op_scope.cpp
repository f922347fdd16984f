// The places of a thread's ops.
#include "lamina/core/op_scope.h"

#include <utility>

#include "lamina/graph/number_watch.h"

namespace lamina::detail {
namespace {

thread_local std::shared_ptr<const std::string> innermost;
thread_local bool asked = false;

}  // namespace

OpScope::OpScope(std::string place)
    : outer_(std::exchange(innermost, std::make_shared<const std::string>(std::move(place)))) {}
OpScope::~OpScope() { innermost = std::move(outer_); }

OpScope::Asked::Asked() : outer_(std::exchange(asked, true)) {}
OpScope::Asked::~Asked() { asked = outer_; }
bool OpScope::wanted() { return asked || NumberWatch::wanted(); }

const std::shared_ptr<const std::string>& OpScope::current() { return innermost; }

std::string OpScope::described(const std::string& op, const std::shared_ptr<const std::string>& place) {
  return "op '" + op + "'" + (place ? " in " + *place : std::string());
}

}  // namespace lamina::detail
